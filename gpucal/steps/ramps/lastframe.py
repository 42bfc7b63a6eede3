"""The lastframe step."""

from gpucal.core import SkipStep, Step
from gpucal.kernels.ramps.lastframe import flag_last_group
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

    def process(self, exposure, references):
        """Flag the groups; raises `SkipStep` if too few would be left, or for other instruments."""
        check_detector(exposure)
        ngroups = exposure.data.shape[1]
        if ngroups < MINIMUM_GROUPS:
            raise SkipStep(f"an integration has {ngroups} groups, and {MINIMUM_GROUPS} are needed")
        flag_last_group(exposure.groupdq)
        return exposure
