"""The adaptive_trace_model step."""

import logging

from gpucal.core import GpucalError, Step
from gpucal.data.slits import LISTS, Slits, slits_of
from gpucal.steps.parts.trace_models import Limits, trace_model
from gpucal.steps.parts.trace_settings import settings_of

log = logging.getLogger(__name__)


class AdaptiveTraceModelStep(Step):
    """Model the trace of slit spectra: how the light is spread across the dispersion, from wavelength to wavelength.

    Splines are fitted to the pixels about each line, where a slit has enough light, and evaluated about compact
    sources: that image is kept with the slit as its TRACEMODEL, which pixel_replace and extraction use. Data stay as
    they are.

    Notes
    -----
    The algorithm is `gpucal.kernels.spectra.trace_splines`. Spectra are not oversampled yet.
    """

    class_alias = "adaptive_trace_model"
    spec = """
        fit_threshold = float(default=10.0)  # signal over error of its profile that a slit needs; 0 or less for all
        oversample = float(default=1.0)  # pixels across the dispersion that are made of one; 1 alone
        slope_limit = float(default=0.1)  # steepness of the splines of compact sources; 0 or less for all places
        psf_optimal = boolean(default=False)  # model all slits and all places, as for one point source
        save_intermediate_results = boolean(default=False)  # save the splines everywhere, and about compact sources
        skip = boolean(default=True)  # it is left out unless it is asked for
        output_use_model = boolean(default=True)  # read for jwst's sake: products are named after their inputs
        maximum_cores = string(default='none')  # read for jwst's sake: all cores are used
    """
    input_types = ("MultiSlitModel", "SlitModel")

    def process(self, exposure, references):
        """Model the traces of all slits.

        Raises
        ------
        GpucalError
            If the exposure is of no mode that has slits, or is to be oversampled.
        """
        if self.oversample != 1:
            raise GpucalError(f"oversample is {self.oversample:g}; gpucal does not oversample yet: leave it at 1")
        limits = Limits(0.0, 0.0) if self.psf_optimal else Limits(self.fit_threshold, self.slope_limit)
        settings, slits = settings_of(exposure), slits_of(exposure)
        full = []
        for slit in slits:
            model = trace_model(slit, settings, limits)
            slit.trace_model = model.compact
            full.append(model.full)
        if self.save_intermediate_results:
            self.save_splines(exposure, slits, "spline_full", full)
            self.save_splines(exposure, slits, "spline_used", [slit.trace_model for slit in slits])
        return exposure

    def save_splines(self, exposure, slits, suffix: str, images) -> None:
        """Save an image of each slit as ``<exposure>_<suffix>``."""
        if exposure.model_type in LISTS:
            made = Slits.of_trees([dict(slit.values) for slit in slits])
            for slit, image in zip(made, images, strict=True):
                slit.data = image
            product = exposure.with_slits(made)
        else:
            product = exposure.blank("SlitModel", data=images[0])
        product.membership = exposure.membership
        self.save(product, suffix, output_file=exposure.source)
