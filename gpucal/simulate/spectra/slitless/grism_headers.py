"""What the headers of exposures without slits say."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from astropy.time import TimeDelta

from gpucal.simulate.detectors import DETECTORS
from gpucal.simulate.distortion import distortion_model, orientation_of
from gpucal.simulate.metadata import PROGRAM, START, observation_keywords, readout_keywords, science_keywords
from gpucal.simulate.pointing import Attitude
from gpucal.simulate.projection import ABERRATION, projection_of
from gpucal.simulate.readout import Readout
from gpucal.simulate.spectra.slit_headers import OVERHEAD, VELOCITY
from gpucal.simulate.spectra.slitless.grisms import Grism
from gpucal.simulate.subarrays import full_frame
from gpucal.wcs.telescope import Pointing, to_telescope

MIDDLE = 1023.5, 1023.5  # of a detector, pixels from 0


@dataclass(frozen=True)
class Turn:
    """Which exposure of an observation it is.

    Attributes
    ----------
    activity : str
        Visit group, sequence and activity, as file names have them.
    number, count : int
        Of the dither, from 1, and how many there are.
    offset : tuple of float
        Arcsec along the ideal axes of the aperture.
    segment, segments : int
        Of a series: which file it is, from 1, and how many there are; 0 otherwise.
    first : int
        Integration of the segment, from 1.
    """

    activity: str = "02101"
    number: int = 1
    count: int = 1
    offset: tuple[float, float] = (0.0, 0.0)
    segment: int = 0
    segments: int = 0
    first: int = 1


class GrismHeader:
    """An exposure, as its header describes it.

    Parameters
    ----------
    plan : GrismFieldPlan or GrismSeriesPlan
    grism : Grism
    readout : Readout
        Of the whole exposure.
    turn : Turn
    nints : int
        Of the segment.
    distortion : node
        Of the detector.

    Attributes
    ----------
    projection : Projection
        From the direct image, which nothing disperses, to the sky.
    """

    def __init__(self, plan, grism: Grism, readout: Readout, turn: Turn, nints: int, distortion):
        self._plan, self._grism, self._whole, self.turn = plan, grism, readout, turn
        self.readout = replace(readout, nints=nints)
        self.duration = readout.nints * readout.integration_time
        self._begin = START + TimeDelta((turn.number - 1) * (self.duration + OVERHEAD), format="sec")
        self.start = self._begin + TimeDelta((turn.first - 1) * readout.integration_time, format="sec")
        x, y = MIDDLE if not turn.segments else (place - 1 for place in plan.place)
        self.v2, self.v3 = (float(one) for one in distortion_model(grism.detector)(x, y))
        self.angle, self.parity = orientation_of(grism.detector)
        wcsinfo = SimpleNamespace(v2_ref=self.v2, v3_ref=self.v3, v3yangle=self.angle, vparity=self.parity)
        target = Pointing(*to_telescope(*turn.offset, wcsinfo), plan.ra, plan.dec, plan.roll)
        self.pointing = Attitude(target).pointing_at(self.v2, self.v3)
        whole, optics = full_frame(DETECTORS[grism.detector]), SimpleNamespace(filter="CLEAR", pupil="CLEAR")
        self.projection = projection_of(whole, optics, self.pointing, distortion, [])

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rate.fits``."""
        turn = self.turn
        segment = f"-seg{turn.segment:03d}" if turn.segments else ""
        name = f"jw{PROGRAM}001001_{turn.activity}_{turn.number:05d}{segment}"
        return f"{name}_{self._grism.detector.lower()}_{suffix}.fits"

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        plan, turn, whole = self._plan, self.turn, self._whole
        optics = self._grism.keywords(plan.band)
        name, stop = f"{PROGRAM}001001", self._begin + TimeDelta(self.duration, format="sec")
        keywords = observation_keywords(whole, optics["FILTER"], plan.exp_type, turn.number) | readout_keywords(whole)
        keywords |= optics | {
            "OBSERVTN": "001",
            "VISIT_ID": name,
            "OBS_ID": f"V{name}P00000000{turn.activity}",
            "VISITGRP": turn.activity[:2],
            "SEQ_ID": turn.activity[2],
            "ACT_ID": turn.activity[3:],
            "EXPOSURE": f"{turn.number:05d}",
            "TITLE": "Simulated spectra",
            "TARGNAME": "SIMULATED FIELD",
            "DATE-OBS": self._begin.isot[:10],
            "TIME-OBS": self._begin.isot[11:],
            "DATE-BEG": self._begin.isot,
            "DATE-END": stop.isot,
            "EXPSTART": self._begin.mjd,
            "EXPMID": (self._begin + 0.5 * (stop - self._begin)).mjd,
            "EXPEND": stop.mjd,
            "TMEASURE": self.duration,
            "TARG_RA": plan.ra,
            "TARG_DEC": plan.dec,
            "TSOVISIT": bool(turn.segments),
            "PATT_NUM": turn.number,
            "NUMDTHPT": turn.count,
            "NEXPOSUR": turn.count,
            "XOFFSET": turn.offset[0],
            "YOFFSET": turn.offset[1],
            "INTSTART": turn.first,
            "INTEND": turn.first + self.readout.nints - 1,
            "BKGDTARG": False,
        }
        if turn.segments:
            keywords |= {"EXSEGNUM": turn.segment, "EXSEGTOT": turn.segments}
        return {key: value for key, value in keywords.items() if value is not None}

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension: times and coordinates."""
        boresight = Attitude(self.pointing).pointing_at(0, 0)
        keywords = {
            **science_keywords(self._whole, self._begin.mjd),
            "RADESYS": "ICRS",
            "WCSAXES": 3,
            "CTYPE1": "RA---TAN",
            "CTYPE2": "DEC--TAN",
            "CTYPE3": "WAVE",
            "CRVAL1": self.pointing.ra_ref,
            "CRVAL2": self.pointing.dec_ref,
            "RA_V1": boresight.ra_ref,
            "DEC_V1": boresight.dec_ref,
            "PA_V3": boresight.roll_ref,
            **{name.upper(): value for name, value in self.pointing._asdict().items()},
            "V3I_YANG": self.angle,
            "VPARITY": self.parity,
            "VA_SCALE": ABERRATION,
            "VELOSYS": VELOCITY,
        }
        if self.turn.segments:
            return keywords | dict(zip(("XREF_SCI", "YREF_SCI"), self._plan.place, strict=True))
        return keywords | {"S_REGION": self._region()}

    def _region(self):
        """The corners of the direct image on the sky, as S_REGION tells them."""
        first, last = -0.5, 2 * MIDDLE[0] + 0.5
        corners = self.projection.to_sky(np.array([first, last, last, first]), np.array([first, first, last, last]))
        return "POLYGON ICRS  " + " ".join(f"{value:.9f}" for value in corners.T.ravel()) + " "
