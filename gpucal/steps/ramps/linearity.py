"""Correction for non-linear response."""

import logging

from gpucal.core import Step
from gpucal.kernels.ramps.linearity import flag_uncorrectable, linearize, linearize_zeroframe
from gpucal.kernels.ramps.linearity_reads import linearize_averaged_groups

log = logging.getLogger(__name__)


class LinearityStep(Step):
    """Correct the counts for the detector's non-linear response.

    Groups that average several frames are corrected through their frames if the reference has inverse
    coefficients.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.linearity` and `gpucal.kernels.ramps.linearity_reads`.
    """

    class_alias = "linearity"
    reference_file_types = ("linearity",)
    input_types = ("RampModel",)
    timing_keywords = ("NFRAMES",)
    by_integration = True

    def process(self, exposure, references):
        """Correct the ramps and the zero frames, and flag the pixels that have no correction."""
        reference = references["linearity"]
        coefficients = reference.array("coeffs", exposure)
        flags = reference.array("dq", exposure)
        if flags.ndim > 2:  # zeros that stand for absent flags, in the shape of the coefficients
            flags = flags[0]
        flag_uncorrectable(exposure.pixeldq, coefficients, flags)
        if _rebuilds_frames(exposure):
            inverse = reference.array("inv_coeffs", exposure)
        else:
            inverse = None
        if inverse is None:
            linearize(exposure.data, exposure.groupdq, coefficients, flags)
        else:
            nframes = exposure.meta.exposure.nframes
            log.info("Correcting each of the %d frames averaged in a group", nframes)
            flag_uncorrectable(exposure.pixeldq, inverse, flags)
            linearize_averaged_groups(exposure.data, exposure.groupdq, coefficients, inverse, flags, nframes)
        if exposure.meta.exposure.zero_frame and exposure.has("zeroframe"):
            linearize_zeroframe(exposure.zeroframe, coefficients, flags)
        return exposure


def _rebuilds_frames(exposure) -> bool:
    """Whether groups average evenly spaced frames, and there are enough groups to know the rate."""
    meta = exposure.meta.exposure
    return (meta.nframes or 1) > 1 and not meta.read_times and exposure.data.shape[1] > 1
