"""Scale of groups that were not divided by their number of frames on board."""

import logging

from gpucal.core import SkipStep, Step
from gpucal.kernels.ramps.group_scale import rescale_groups

log = logging.getLogger(__name__)


class GroupScaleStep(Step):
    """Rescale groups that were summed on board and divided by something other than their number of frames.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.group_scale`.
    """

    class_alias = "group_scale"
    input_types = ("RampModel", "SuperstripeRampModel")
    timing_keywords = ("NFRAMES", "FRMDIVSR")
    by_integration = True

    def check_applies(self, exposure):
        """Not if the groups are averages already, or if nobody says."""
        nframes = exposure.meta.exposure.nframes
        frame_divisor = exposure.meta.exposure.frame_divisor
        if nframes is None or frame_divisor is None:
            raise SkipStep("keyword NFRAMES or FRMDIVSR is missing")
        if nframes == frame_divisor:
            raise SkipStep(f"groups of {nframes} frames were divided by {frame_divisor} on board")

    def process(self, exposure, references):
        nframes = exposure.meta.exposure.nframes
        frame_divisor = exposure.meta.exposure.frame_divisor
        log.info("Rescaling groups by %d/%d", frame_divisor, nframes)
        rescale_groups(exposure.data, nframes, frame_divisor)
        return exposure
