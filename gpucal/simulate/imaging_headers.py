"""What the headers of imaging exposures say: names, times, and where each was pointed."""

from astropy.time import Time, TimeDelta

from gpucal.simulate.camera import Camera
from gpucal.simulate.distortion import orientation_of
from gpucal.simulate.metadata import PROGRAM, START, observation_keywords, readout_keywords, science_keywords
from gpucal.simulate.plan import SCIENCE, Plan, Visit
from gpucal.simulate.pointing import Attitude
from gpucal.simulate.projection import ABERRATION


class ImagingHeader:
    """An exposure of a detector, as its header describes it.

    Parameters
    ----------
    plan : Plan
    visit : Visit
    camera : Camera
    """

    def __init__(self, plan: Plan, visit: Visit, camera: Camera):
        self._plan, self._visit, self._camera = plan, visit, camera
        self.observation = 1 if visit.role == SCIENCE else 2
        readout = camera.readout
        self.duration = readout.nints * readout.integration_time
        start = START + TimeDelta(self.observation - 1, format="jd")
        self.start: Time = start + TimeDelta(visit.seconds, format="sec")
        self.pointing = Attitude(visit.pointing).pointing_at(*camera.middle)
        target = visit.pointing
        self.target = target.ra_ref, target.dec_ref

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rate.fits``."""
        detector = self._camera.readout.detector.name.lower()
        return f"jw{PROGRAM}{self.observation:03d}001_02101_{self._visit.number:05d}_{detector}_{suffix}.fits"

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        camera, visit = self._camera, self._visit
        keywords = observation_keywords(camera.readout, camera.band.filter, camera.exp_type, visit.number)
        name = f"{PROGRAM}{self.observation:03d}001"
        stop = self.start + TimeDelta(self.duration, format="sec")
        keywords |= readout_keywords(camera.readout) | {
            "OBSERVTN": f"{self.observation:03d}",
            "VISIT_ID": name,
            "OBS_ID": f"V{name}P0000000002101",
            "EXPOSURE": f"{visit.number:05d}",
            "TITLE": "Simulated observation",
            "DATE-OBS": self.start.isot[:10],
            "TIME-OBS": self.start.isot[11:],
            "DATE-BEG": self.start.isot,
            "DATE-END": stop.isot,
            "EXPSTART": self.start.mjd,
            "EXPMID": (self.start + 0.5 * (stop - self.start)).mjd,
            "EXPEND": stop.mjd,
            "TMEASURE": self.duration,
            "TARGTYPE": "MOVING" if self._plan.moves else "FIXED",
            "TARG_RA": self.target[0],
            "TARG_DEC": self.target[1],
            "PUPIL": camera.band.pupil,
            "PATT_NUM": visit.number,
            "NUMDTHPT": visit.of,
            "NEXPOSUR": visit.of,
            "XOFFSET": visit.offset[0],
            "YOFFSET": visit.offset[1],
            "BKGDTARG": visit.role != SCIENCE,
        }
        return {key: value for key, value in keywords.items() if value is not None}

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension: times and coordinates."""
        angle, parity = orientation_of(self._camera.readout.detector.name)
        boresight = Attitude(self.pointing).pointing_at(0, 0)
        keywords = {
            **science_keywords(self._camera.readout, self.start.mjd),
            "RADESYS": "ICRS",
            "RA_V1": boresight.ra_ref,
            "DEC_V1": boresight.dec_ref,
            "PA_V3": boresight.roll_ref,
            **{name.upper(): value for name, value in self.pointing._asdict().items()},
            "V3I_YANG": angle,
            "VPARITY": parity,
            "PA_APER": (self.pointing.roll_ref + angle) % 360,
            "VA_SCALE": ABERRATION,
        }
        if self._plan.moves:
            keywords |= {"MT_RA": self.target[0], "MT_DEC": self.target[1]}
        return keywords
