"""What the headers of interferometric exposures say."""

from astropy.time import Time, TimeDelta

from gpucal.simulate.distortion import orientation_of
from gpucal.simulate.metadata import PROGRAM, START, observation_keywords, readout_keywords, science_keywords
from gpucal.simulate.plan import SCIENCE, SLEW
from gpucal.simulate.pointing import Attitude
from gpucal.simulate.projection import ABERRATION
from gpucal.wcs.telescope import Pointing

REFERENCE_STAR = 1.5  # degrees to the north of the star


class InterferometryHeader:
    """An exposure through the mask, as its header describes it.

    Parameters
    ----------
    plan : InterferometryPlan
    camera : Camera
    role : str
        ``science`` or ``psf``.
    number : int
        Of the exposures of this role, from 1.
    """

    def __init__(self, plan, camera, role: str, number: int):
        self._camera, self.role, self.number = camera, role, number
        is_science = role == SCIENCE
        self.observation = 1 if is_science else 2
        readout = camera.readout
        self.duration = readout.nints * readout.integration_time
        index = number if is_science else plan.exposures + number
        self.start: Time = START + TimeDelta(index * (self.duration + 10 * SLEW), format="sec")
        self.target = plan.ra, plan.dec + (0 if is_science else REFERENCE_STAR)
        self.pointing = Pointing(*camera.middle, *self.target, plan.roll)

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rateints.fits``."""
        return f"jw{PROGRAM}{self.observation:03d}001_03102_{self.number:05d}_nis_{suffix}.fits"

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        camera = self._camera
        keywords = observation_keywords(camera.readout, camera.band.filter, camera.exp_type, self.number)
        name = f"{PROGRAM}{self.observation:03d}001"
        stop = self.start + TimeDelta(self.duration, format="sec")
        is_science = self.role == SCIENCE
        title = "SIMULATED BINARY" if is_science else "SIMULATED REFERENCE"
        keywords |= readout_keywords(camera.readout) | {
            "OBSERVTN": f"{self.observation:03d}",
            "VISIT_ID": name,
            "OBS_ID": f"V{name}P0000000003102",
            "VISITGRP": "03",
            "EXPOSURE": f"{self.number:05d}",
            "TITLE": "Simulated interferometry",
            "PI_NAME": "Simulator",
            "DATE-OBS": self.start.isot[:10],
            "TIME-OBS": self.start.isot[11:],
            "DATE-BEG": self.start.isot,
            "DATE-END": stop.isot,
            "VSTSTART": self.start.iso,
            "EXPSTART": self.start.mjd,
            "EXPMID": (self.start + 0.5 * (stop - self.start)).mjd,
            "EXPEND": stop.mjd,
            "TMEASURE": self.duration,
            "TARGNAME": title,
            "TARGPROP": title.replace(" ", "-"),
            "TARG_RA": self.target[0],
            "TARG_DEC": self.target[1],
            "TARGURA": 0.01,
            "TARGUDEC": 0.01,
            "MU_RA": 0.0,
            "MU_DEC": 0.0,
            "PUPIL": camera.band.pupil,
            "IS_PSF": not is_science,
        }
        return {key: value for key, value in keywords.items() if value is not None}

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension: times and coordinates."""
        angle, parity = orientation_of(self._camera.readout.detector.name)
        boresight = Attitude(self.pointing).pointing_at(0, 0)
        ny, nx = self._camera.readout.subarray.shape
        return {
            **science_keywords(self._camera.readout, self.start.mjd),
            "RADESYS": "ICRS",
            "CRPIX1": (nx + 1) / 2,
            "CRPIX2": (ny + 1) / 2,
            "XPOSURE": self.duration,
            "RA_V1": boresight.ra_ref,
            "DEC_V1": boresight.dec_ref,
            "PA_V3": boresight.roll_ref,
            **{name.upper(): value for name, value in self.pointing._asdict().items()},
            "V3I_YANG": angle,
            "VPARITY": parity,
            "PA_APER": (self.pointing.roll_ref + angle) % 360,
            "VA_SCALE": ABERRATION,
        }
