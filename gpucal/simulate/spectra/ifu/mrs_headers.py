"""What the headers of exposures with MIRI's medium-resolution spectrometer say."""

from gpucal.simulate.readout import Readout
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, SCIENCE
from gpucal.simulate.spectra.ifu.mrs_plans import MrsPlan
from gpucal.simulate.spectra.ifu.mrs_settings import CHANNELS, LETTERS, MrsSetting
from gpucal.simulate.spectra.slit_headers import SlitHeader

REFERENCE_POINT = (
    -503.65,
    -318.74,
    8.2,
    -1,
)  # V2 and V3, arcsec, V3I_YANG, degrees, and VPARITY, of all channels
GROUPS = {SCIENCE: 2, BACKGROUND: 5}  # VISITGRP of the first band


class MrsHeader(SlitHeader):
    """An exposure of a plan, as its header describes it.

    Parameters
    ----------
    plan : MrsPlan
    setting : MrsSetting
    readout : Readout
        Of its detector.
    role : str
    number : int
        Of the exposure among those of its role in its band, from 1.
    """

    def __init__(self, plan: MrsPlan, setting: MrsSetting, readout: Readout, role: str, number: int):
        self._setting, self._role = setting, role
        self._source_type = "POINT" if role == SCIENCE and plan.is_point else "EXTENDED"
        super().__init__(plan.pointing_plan(setting.detector, role), readout, number)

    @property
    def _group(self):
        """VISITGRP: one for each band and role."""
        return f"{GROUPS[self._role] + list(LETTERS).index(self._setting.band):02d}"

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rate.fits``."""
        return super().file_name(suffix).replace("_02101_", f"_{self._group}101_")

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        return super().primary_keywords() | {
            "CHANNEL": CHANNELS[self._setting.detector],
            "BAND": self._setting.band,
            "DITHOPFR": f"{self._source_type}-SOURCE",
            "SRCTYAPT": self._source_type,
            "BKGDTARG": self._role == BACKGROUND,
            "VISITGRP": self._group,
        }

    def _reference_point(self):
        return REFERENCE_POINT
