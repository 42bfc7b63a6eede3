"""The adaptive_trace_model step."""

import logging
import math

from gpucal.core import GpucalError, Step
from gpucal.data.slits import LISTS, Slits, slits_of
from gpucal.steps.parts.traces.models import Limits, trace_model
from gpucal.steps.parts.traces.oversampling import oversample
from gpucal.steps.parts.traces.settings import settings_of

log = logging.getLogger(__name__)

# What is saved on the way: the trace everywhere, about compact sources, and, of smaller pixels, the data interpolated
# linearly and what the trace leaves.
SUFFIXES = ("spline_full", "spline_used", "linear_interp", "spline_residual")

# Beyond these, memory would end before anything is gained.
MOST_SMALL_PIXELS = 50


class AdaptiveTraceModelStep(Step):
    """Model the trace of spectra: how the light is spread across the dispersion, from wavelength to wavelength.

    Splines are fitted to the pixels about each line, where a slit, or a slice of an integral field, has enough light,
    and evaluated about compact sources: that image is kept as the TRACEMODEL, which pixel_replace and extraction use.
    Data stay as they are, unless they are oversampled: then each pixel becomes several across the dispersion, by the
    trace where there is one, and else by linear interpolation.

    Notes
    -----
    The algorithms are `gpucal.kernels.spectra.trace_splines` and `oversampling`.
    """

    class_alias = "adaptive_trace_model"
    spec = """
        fit_threshold = float(default=10.0)  # signal over error of its profile that a slit needs; 0 or less for all
        oversample = float(default=1.0)  # pixels across the dispersion that are made of one
        slope_limit = float(default=0.1)  # steepness of the splines of compact sources; 0 or less for all places
        psf_optimal = boolean(default=False)  # model all slits and all places, as for one point source
        save_intermediate_results = boolean(default=False)  # save the splines everywhere, and about compact sources
        skip = boolean(default=True)  # it is left out unless it is asked for
        output_use_model = boolean(default=True)  # read for jwst's sake: products are named after their inputs
        maximum_cores = string(default='none')  # read for jwst's sake: all cores are used
    """
    input_types = ("MultiSlitModel", "SlitModel", "IFUImageModel")

    def process(self, exposure, references):
        """Model the traces of all slits.

        Raises
        ------
        GpucalError
            If the exposure is of no mode whose traces are modelled, or is a series that is to be oversampled.
        """
        if not 1 <= self.oversample <= MOST_SMALL_PIXELS:
            raise GpucalError(f"oversample is {self.oversample:g}; it can be 1 to {MOST_SMALL_PIXELS}")
        for name in ("fit_threshold", "slope_limit"):
            if not math.isfinite(value := getattr(self, name)):
                raise GpucalError(f"{name} is {value}, which is no number")
        limits = Limits(0.0, 0.0) if self.psf_optimal else Limits(self.fit_threshold, self.slope_limit)
        settings, slits = settings_of(exposure), slits_of(exposure)
        if self.oversample == 1:
            made = [self.modelled(slit, settings, limits) for slit in slits]
        else:
            self.check_is_no_series(exposure, slits)
            made = [
                oversample(slit, settings, limits, self.oversample, not self.psf_optimal) for slit in slits
            ]
        if self.save_intermediate_results:
            for suffix, images in zip(SUFFIXES, zip(*made, strict=True), strict=False):
                self.save_splines(exposure, slits, suffix, images)
        return exposure

    def modelled(self, slit, settings, limits) -> tuple:
        """Keep the model of a trace with its slit; the splines everywhere, and about compact sources."""
        model = trace_model(slit, settings, limits)
        slit.trace_model = model.compact
        return model.full, model.compact

    def check_is_no_series(self, exposure, slits) -> None:
        """See that there are no integrations.

        Raises
        ------
        GpucalError
            If there are.
        """
        if any(len(slit.shape_of("data")) > 2 for slit in slits):
            raise GpucalError(f"{exposure.source}: series of integrations are not oversampled; leave oversample at 1")

    def save_splines(self, exposure, slits, suffix: str, images) -> None:
        """Save an image of each slit as ``<exposure>_<suffix>``."""
        if exposure.model_type in LISTS:
            made = Slits.of_trees([dict(slit.values) for slit in slits])
            for slit, image in zip(made, images, strict=True):
                slit.data = image
            product = exposure.with_slits(made)
        else:
            product = exposure.blank(exposure.model_type, data=images[0])
        product.membership = exposure.membership
        self.save(product, suffix, output_file=exposure.source)
