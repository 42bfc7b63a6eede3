"""The lastframe step."""

from gpucal.core import Step
from gpucal.kernels.ramps.lastframe import flag_last_group
from gpucal.readouts.groups import check_groups
from gpucal.readouts.miri import check_detector

MINIMUM_GROUPS = 3


class LastFrameStep(Step):
    """Flag the last group of each integration DO_NOT_USE (MIRI).

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.lastframe`.
    """

    class_alias = "lastframe"
    input_types = ("RampModel",)
    by_integration = True

    def check_applies(self, exposure):
        """Only for MIRI, and if enough groups are left."""
        check_detector(exposure)
        check_groups(exposure, MINIMUM_GROUPS)

    def process(self, exposure, references):
        flag_last_group(exposure.groupdq)
        return exposure
