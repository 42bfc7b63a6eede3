"""Scale of count rates that were read with a gain other than the standard one."""

import logging

from gpucal.core import SkipStep, Step
from gpucal.kernels.images.gain_scale import rescale_rates

log = logging.getLogger(__name__)


class GainScaleStep(Step):
    """Bring count rates to the detector's standard gain.

    The factor is the exposure's keyword GAINFACT or, where that is missing, the gain reference's.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.images.gain_scale`.
    """

    class_alias = "gain_scale"
    reference_file_types = ("gain",)

    def uses(self, exposure):
        """The gain only where the exposure has no factor."""
        return self.reference_file_types if exposure.meta.exposure.gain_factor is None else ()

    def process(self, exposure, references):
        """Rescale rates, errors and variances; raises `SkipStep` if no factor is known."""
        gain_factor = exposure.meta.exposure.gain_factor
        if gain_factor is None:
            gain_factor = references["gain"].meta.exposure.gain_factor
        if gain_factor is None:
            raise SkipStep("keyword GAINFACT is missing from the exposure and from the gain reference")
        log.info("Rescaling by the gain factor %g", gain_factor)
        variances = [getattr(exposure, name) for name in ("var_poisson", "var_rnoise") if exposure.has(name)]
        rescale_rates([exposure.data, exposure.err], variances, gain_factor)
        exposure.meta.exposure.gain_factor = gain_factor
        return exposure
