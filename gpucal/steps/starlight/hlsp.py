"""The hlsp step."""

import logging
import warnings

import numpy as np

from gpucal.core import Step
from gpucal.data import Exposure
from gpucal.kernels.starlight.contrast import ring_scatter

log = logging.getLogger(__name__)

DEPRECATED = "jwst 3.0.0 calls the step hlsp deprecated, and will not have it any more in a later version"


class HlspStep(Step):
    """Make of an image without its star the map of its signal over noise, and the noise of rings about the middle.

    Products are ``snr``, the image divided by its errors, and ``contrast``, a table of the standard deviation of the
    pixels in each ring. It is no part of a pipeline; ``contrast`` of ``klip`` tells more: what would be found.

    Notes
    -----
    Rings lie about the pixel left and below of the middle of the image, as in jwst.
    """

    class_alias = "hlsp"
    input_types = ("ImageModel",)
    spec = """
        annuli_width = integer(default=2, min=1)  # width of a ring, pixels
        save_results = boolean(default=true)  # save the results
    """

    def process(self, exposure, references):
        """Make the products; both are saved by the step itself."""
        warnings.warn(DEPRECATED, DeprecationWarning, stacklevel=2)
        log.warning(DEPRECATED)
        exposure.meta.cal_step.hlsp = "COMPLETE"
        for suffix, product in (("snr", self.snr(exposure)), ("contrast", self.contrast(exposure))):
            if self.saves:
                self.save(product, suffix)
        return None

    def snr(self, exposure: Exposure) -> Exposure:
        """The image over its errors."""
        made = exposure.copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            made.data = exposure.data / exposure.err
        return made

    def contrast(self, exposure: Exposure) -> Exposure:
        """The noise of each ring."""
        made = exposure.blank("ContrastModel")
        rows = ring_scatter(exposure.data, self.annuli_width)
        made.model.contrast_table = np.array(rows, made.model.get_dtype("contrast_table"))
        return made
