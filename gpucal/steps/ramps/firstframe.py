"""The firstframe step."""

import logging

from gpucal.core import Step
from gpucal.kernels.ramps.firstframe import flag_first_group
from gpucal.readouts.groups import check_groups
from gpucal.readouts.miri import check_detector

log = logging.getLogger(__name__)

MINIMUM_GROUPS = 4


class FirstFrameStep(Step):
    """Flag the first group of each integration DO_NOT_USE (MIRI).

    Since jwst 2.0 the rscd step does this, and this one is left out unless asked for.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.firstframe`.
    """

    class_alias = "firstframe"
    spec = """
        bright_use_group1 = boolean(default=True)  # keep the first group of pixels that saturate in the third
        skip = boolean(default=True)  # leave this step out
    """
    input_types = ("RampModel",)
    by_integration = True

    def check_applies(self, exposure):
        """Only for MIRI, and if enough groups are left."""
        check_detector(exposure)
        check_groups(exposure, MINIMUM_GROUPS)

    def process(self, exposure, references):
        kept = flag_first_group(exposure.groupdq, exposure.pixeldq, self.bright_use_group1)
        log.info("%d pixels saturate in the third group and keep the first", kept)
        return exposure
