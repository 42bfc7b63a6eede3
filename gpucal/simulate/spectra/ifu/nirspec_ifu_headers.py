"""What the headers of exposures with NIRSpec's integral field unit say."""

from gpucal.simulate.readout import Readout
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, IMPRINT, SCIENCE
from gpucal.simulate.spectra.ifu.nirspec_ifu_plans import NirspecIfuPlan
from gpucal.simulate.spectra.slit_headers import SlitHeader

ACTIVITIES = {SCIENCE: "02101", IMPRINT: "02103", BACKGROUND: "03101"}  # group, sequence and activity of file names


class NirspecIfuHeader(SlitHeader):
    """An exposure of a plan, as its header describes it.

    Parameters
    ----------
    plan : NirspecIfuPlan
    readout : Readout
        Of one of its detectors.
    role : str
    number : int
        Of the exposure among those of its role, from 1.
    """

    def __init__(self, plan: NirspecIfuPlan, readout: Readout, role: str, number: int):
        super().__init__(plan.pointing_plan(readout.detector.name, role), readout, number)
        self._role = role
        self._source_type = "POINT" if role == SCIENCE and plan.is_point else "EXTENDED"

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rate.fits``."""
        return super().file_name(suffix).replace(ACTIVITIES[SCIENCE], ACTIVITIES[self._role])

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        activity = ACTIVITIES[self._role]
        return super().primary_keywords() | {
            "SRCTYAPT": self._source_type,
            "BKGDTARG": self._role == BACKGROUND,
            "IS_IMPRT": self._role == IMPRINT,
            "VISITGRP": activity[:2],
            "SEQ_ID": activity[2],
            "ACT_ID": activity[3:],
        }
