"""What the headers of coronagraphic exposures say."""

from astropy.time import Time, TimeDelta

from gpucal.simulate.distortion import orientation_of
from gpucal.simulate.metadata import PROGRAM, START, observation_keywords, readout_keywords, science_keywords
from gpucal.simulate.plan import SCIENCE, SLEW
from gpucal.simulate.pointing import Attitude
from gpucal.simulate.projection import ABERRATION
from gpucal.wcs.telescope import Pointing

REFERENCE_STAR = 1.5  # degrees to the north of the star


class CoronagraphyHeader:
    """An exposure with a coronagraph, as its header describes it.

    Parameters
    ----------
    plan : CoronagraphyPlan
    camera : Camera
        With the place of the star, in V2 and V3, as its middle.
    role : str
        ``science`` or ``psf``.
    number : int
        Of the exposures of this role, from 1.
    """

    def __init__(self, plan, camera, role: str, number: int):
        self._plan, self._camera, self.role, self.number = plan, camera, role, number
        is_science = role == SCIENCE
        # a roll is an observation of its own; the small grid of the reference star is one
        self.observation = number if is_science else len(plan.rolls) + 1
        self.exposure = 1 if is_science else number
        readout = camera.readout
        self.duration = readout.nints * readout.integration_time
        index = number if is_science else len(plan.rolls) + number
        self.start: Time = START + TimeDelta(index * (self.duration + 10 * SLEW), format="sec")
        self.target = plan.ra, plan.dec + (0 if is_science else REFERENCE_STAR)
        roll = plan.rolls[number - 1] if is_science else plan.rolls[0]
        self.pointing = Pointing(*camera.middle, *self.target, roll)

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rateints.fits``."""
        detector = self._camera.readout.detector.name.lower()
        return f"jw{PROGRAM}{self.observation:03d}001_03102_{self.exposure:05d}_{detector}_{suffix}.fits"

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        camera, coronagraph = self._camera, self._plan.coronagraph
        keywords = observation_keywords(
            camera.readout, camera.band.filter, coronagraph.exp_type, self.exposure
        )
        name = f"{PROGRAM}{self.observation:03d}001"
        stop = self.start + TimeDelta(self.duration, format="sec")
        is_science = self.role == SCIENCE
        keywords |= readout_keywords(camera.readout) | {
            "OBSERVTN": f"{self.observation:03d}",
            "VISIT_ID": name,
            "OBS_ID": f"V{name}P0000000003102",
            "VISITGRP": "03",
            "EXPOSURE": f"{self.exposure:05d}",
            "TITLE": "Simulated coronagraphy",
            "DATE-OBS": self.start.isot[:10],
            "TIME-OBS": self.start.isot[11:],
            "DATE-BEG": self.start.isot,
            "DATE-END": stop.isot,
            "EXPSTART": self.start.mjd,
            "EXPMID": (self.start + 0.5 * (stop - self.start)).mjd,
            "EXPEND": stop.mjd,
            "TMEASURE": self.duration,
            "TARGNAME": "SIMULATED STAR" if is_science else "SIMULATED REFERENCE",
            "TARG_RA": self.target[0],
            "TARG_DEC": self.target[1],
            "PUPIL": camera.band.pupil,
            "CORONMSK": coronagraph.mask,
            "IS_PSF": not is_science,
            "PATT_NUM": self.exposure,
            "NUMDTHPT": 1 if is_science else self._plan.references,
            "NEXPOSUR": 1 if is_science else self._plan.references,
        }
        return {key: value for key, value in keywords.items() if value is not None}

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension: times and coordinates."""
        angle, parity = orientation_of(self._camera.readout.detector.name)
        boresight = Attitude(self.pointing).pointing_at(0, 0)
        x, y = star_place(self._camera.readout.subarray.shape)
        return {
            **science_keywords(self._camera.readout, self.start.mjd),
            "RADESYS": "ICRS",
            "CRPIX1": x + 1,
            "CRPIX2": y + 1,
            "RA_V1": boresight.ra_ref,
            "DEC_V1": boresight.dec_ref,
            "PA_V3": boresight.roll_ref,
            **{name.upper(): value for name, value in self.pointing._asdict().items()},
            "V3I_YANG": angle,
            "VPARITY": parity,
            "PA_APER": (self.pointing.roll_ref + angle) % 360,
            "VA_SCALE": ABERRATION,
        }


def star_place(shape: tuple[int, int]) -> tuple[float, float]:
    """Where the mask is in an image, x and y from 0: near its middle, between pixels."""
    return (shape[1] - 1) / 2 + 0.2, (shape[0] - 1) / 2 - 0.3
