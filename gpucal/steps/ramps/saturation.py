"""Detection of saturation."""

import logging

import numpy as np

from gpucal.backend import array_namespace
from gpucal.core import Step
from gpucal.data import InputError
from gpucal.kernels.flags.dqflags import AD_FLOOR, SATURATED
from gpucal.kernels.ramps.saturation import (
    blank_saturated_zeroframe,
    flag_saturation,
    flags_of_pixels,
    saturation_limits,
)
from gpucal.kernels.ramps.saturation_irs2 import (
    blank_saturated_zeroframe_irs2,
    flag_saturation_irs2,
    flag_second_group_irs2,
)
from gpucal.kernels.ramps.saturation_readpatt import flag_partial_saturation, flag_second_group
from gpucal.kernels.readout.irs2_layout import is_irs2
from gpucal.readouts.irs2 import normal_array, normal_rows_of
from gpucal.readouts.stripes import detector_regions

log = logging.getLogger(__name__)


class SaturationStep(Step):
    """Flag groups that are saturated, that charge from saturated neighbours spoils, or at the A/D floor.

    Notes
    -----
    Parameters are described in `spec`; the algorithm in `gpucal.kernels.ramps.saturation` and, for groups that
    average several frames, in `gpucal.kernels.ramps.saturation_readpatt`; that for the IRS2 readout in
    `gpucal.kernels.ramps.saturation_irs2`.
    """

    class_alias = "saturation"
    spec = """
        n_pix_grow_sat = integer(default=1)  # layers of neighbours to flag round a saturated pixel
        use_readpatt = boolean(default=True)  # find saturation within groups of several frames
    """
    reference_file_types = ("saturation", "superbias")
    optional_references = ("superbias",)
    input_types = ("RampModel", "SuperstripeRampModel")
    timing_keywords = ("NFRAMES",)
    by_integration = True

    def process(self, exposure, references):
        """Flag the ramps, blank what is saturated in zero frames; raises `InputError` if NFRAMES is missing."""
        nframes = exposure.meta.exposure.nframes
        if self.use_readpatt and nframes is None:
            raise InputError(
                f"{exposure.source}: keyword NFRAMES is missing; without it, use_readpatt must be off"
            )
        flag = self.flag_irs2 if is_irs2(exposure.data.shape) else self.flag
        flag(exposure, references["saturation"], references["superbias"], nframes)
        flags = flags_of_pixels(exposure.groupdq)
        log.info("%d pixels saturate", (flags & SATURATED != 0).sum())
        log.info("%d pixels reach the A/D floor", (flags & AD_FLOOR != 0).sum())
        return exposure

    def flag(self, exposure, saturation, superbias, nframes):
        """Flag an exposure of any other readout than IRS2."""
        limit, limit_dq = saturation_limits(
            saturation.array("data", exposure), saturation.array("dq", exposure)
        )
        has_bias = self.use_readpatt and superbias is not None
        bias = superbias.array("data", exposure) if has_bias else _zeros_like(limit)
        exposure.pixeldq |= limit_dq
        for region, integrations in detector_regions(exposure):
            ramp, groupdq = exposure.data[integrations], exposure.groupdq[integrations]
            self.flag_ramps(ramp, groupdq, limit[region], limit_dq[region], bias[region], nframes)
        if exposure.meta.exposure.zero_frame and exposure.has("zeroframe"):
            for region, integrations in detector_regions(exposure):
                blank_saturated_zeroframe(
                    exposure.zeroframe[integrations], limit[region], self.n_pix_grow_sat
                )

    def flag_ramps(self, ramp, groupdq, limit, limit_dq, bias, nframes):
        """Flag integrations that look at one region of the detector."""
        flag_saturation(ramp, groupdq, limit, self.n_pix_grow_sat)
        if self.use_readpatt:
            flag_partial_saturation(ramp, groupdq, limit, limit_dq, nframes, self.n_pix_grow_sat)
            flag_second_group(ramp, groupdq, limit, bias, nframes)

    def flag_irs2(self, exposure, saturation, superbias, nframes):
        """Flag an IRS2 exposure: its normal pixels, for which the saturation reference is made."""
        rows, radius = normal_rows_of(exposure), self.n_pix_grow_sat
        threshold, flags = (normal_array(saturation, name, exposure) for name in ("data", "dq"))
        limit, limit_dq = saturation_limits(threshold, flags)
        exposure.pixeldq[rows] |= limit_dq
        flag_saturation_irs2(exposure.data, exposure.groupdq, limit, rows, radius)
        if self.use_readpatt:
            bias = self._raw_bias(exposure, superbias)
            flag_second_group_irs2(exposure.data, exposure.groupdq, limit, bias, nframes, rows, radius)
        if exposure.meta.exposure.zero_frame and exposure.has("zeroframe"):
            blank_saturated_zeroframe_irs2(exposure.zeroframe, limit, rows, radius)

    def _raw_bias(self, exposure, superbias):
        if superbias is None:
            return array_namespace(exposure.data).zeros(exposure.data.shape[-2:], np.float32)
        return superbias.array("data", exposure)


def _zeros_like(array):
    return array_namespace(array).zeros_like(array)
