"""The pixel_replace step."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import Step
from gpucal.data.slits import slits_of
from gpucal.errors import GpucalError
from gpucal.kernels.flags.dqflags import FLUX_ESTIMATED
from gpucal.kernels.spectra.least_gradient import replace_by_gradient
from gpucal.kernels.spectra.lines import ALONG_X, lines_of
from gpucal.kernels.spectra.replaced import PLANES, Pixels
from gpucal.kernels.spectra.replaced_profile import replace_by_profile
from gpucal.kernels.spectra.trace_fill import replace_by_trace
from gpucal.kernels.spectra.windows import packing_of
from gpucal.steps.parts.field_slices import field_slices
from gpucal.steps.parts.traces.models import Limits, trace_model
from gpucal.steps.parts.traces.settings import settings_of

log = logging.getLogger(__name__)


class PixelReplaceStep(Step):
    """Estimate pixels that are not to be used, so that sums of an extraction do not lack them.

    They are estimated from the two neighbours between which the light changes least (``mingrad``), from the profile
    of the lines beside theirs (``fit_profile``), or from a model of the trace (``trace_model``), which is made if it is
    not there. What is estimated is flagged FLUX_ESTIMATED and no longer DO_NOT_USE; errors and variances are estimated
    in the same way.

    Notes
    -----
    The algorithms are `gpucal.kernels.spectra.least_gradient`, `replaced_profile` and `trace_fill`. All slits, all
    integrations of a series, and all slices of an integral field, whose profiles are fitted by themselves, are worked
    on at once.
    """

    class_alias = "pixel_replace"
    spec = """
        algorithm = option("fit_profile", "mingrad", "trace_model", default="mingrad")  # how pixels are estimated
        n_adjacent_cols = integer(default=3)  # of fit_profile: lines to either side whose profile is used
        skip = boolean(default=True)  # it is left out unless it is asked for
        output_use_model = boolean(default=True)  # read for jwst's sake: products are named after their inputs
    """
    input_types = ("MultiSlitModel", "SlitModel", "ImageModel", "CubeModel", "IFUImageModel")

    def process(self, exposure, references):
        """Replace the pixels of an exposure.

        Raises
        ------
        GpucalError
            If the number of lines is below 0, or lines of an integral field without coordinates are to be fitted.
        """
        if self.n_adjacent_cols < 0:
            raise GpucalError(f"n_adjacent_cols is {self.n_adjacent_cols}; it cannot be below 0")
        by_slice = self.algorithm == "fit_profile" and exposure.model_type == "IFUImageModel"
        slits = list(field_slices(exposure)) if by_slice else slits_of(exposure)
        windows, directions = images_of(slits)
        pixels = packed_pixels(slits)
        given = known_estimates(pixels)
        if self.algorithm == "fit_profile":
            replace_by_profile(pixels, lines_of(windows, directions), self.n_adjacent_cols)
        else:
            if self.algorithm == "trace_model":
                self.fill_from_trace(exposure, slits, pixels, windows, directions)
            replace_by_gradient(pixels, packing_of(windows))
        give_back(slits, pixels)
        log.info("%d pixels were estimated", int((known_estimates(pixels) & ~given).sum()))
        return exposure

    def fill_from_trace(self, exposure, slits, pixels, windows, directions) -> None:
        """Fill pixels from the models of traces, which are made if there are none."""
        if exposure.meta.cal_step.adaptive_trace_model != "COMPLETE" and not model_traces(exposure, slits):
            return
        xp = current_backend().xp
        repeats = [int(np.prod(slit.shape_of("data")[:-2])) for slit in slits]
        models = [xp.tile(trace_of(slit).reshape(-1), n) for slit, n in zip(slits, repeats, strict=True)]
        replace_by_trace(pixels, xp.concatenate(models), lines_of(windows, directions))


def model_traces(exposure, slits) -> bool:
    """Model the traces of slits, with the usual limits; whether that could be done."""
    try:
        settings = settings_of(exposure)
    except GpucalError as reason:
        log.warning("%s; pixels are estimated from their neighbours", reason)
        return False
    for slit in slits:
        slit.trace_model = trace_model(slit, settings, Limits()).compact
    exposure.meta.cal_step.adaptive_trace_model = "COMPLETE"
    return True


def trace_of(slit):
    """The model of the trace of a slit; NaN where it has none."""
    if slit.has("trace_model"):
        return slit.trace_model
    return current_backend().xp.full(slit.shape_of("data")[-2:], np.nan, np.float32)


def images_of(slits) -> tuple[np.ndarray, list[int]]:
    """The windows of all images of slits, an integration being one, and along which axis each is dispersed."""
    windows, directions, begin = [], [], 0
    for slit in slits:
        *integrations, rows, columns = slit.shape_of("data")
        for _ in range(int(np.prod(integrations))):
            windows.append((begin, rows, columns))
            directions.append(slit["meta.wcsinfo.dispersion_direction"] or ALONG_X)
            begin += rows * columns
    return np.array(windows, np.int64).reshape(-1, 3), directions


def packed_pixels(slits) -> Pixels:
    """The planes of slits, copied to one array, and their flags."""
    backend = current_backend()
    count = sum(int(np.prod(slit.shape_of("data"))) for slit in slits)
    planes = backend.xp.zeros((len(PLANES), count), np.float32)
    held = [all(slit.shape_of(name) == slit.shape_of("data") for slit in slits) for name in PLANES]
    for number, name in enumerate(PLANES):
        if held[number]:
            planes[number] = backend.xp.concatenate([getattr(slit, name).reshape(-1) for slit in slits])
    dq = [
        slit.dq.reshape(-1) if slit.has("dq") else backend.xp.zeros(int(np.prod(slit.shape_of("data"))), np.uint32)
        for slit in slits
    ]
    return Pixels(planes, backend.xp.concatenate(dq), backend.asarray(np.array(held)))


def give_back(slits, pixels: Pixels) -> None:
    """Give slits their planes and flags."""
    backend = current_backend()
    end = 0
    held = backend.asnumpy(pixels.held)
    for slit in slits:
        shape = slit.shape_of("data")
        begin, end = end, end + int(np.prod(shape))
        for number, name in enumerate(PLANES):
            if held[number]:
                setattr(slit, name, pixels.planes[number, begin:end].reshape(shape))
        slit.dq = pixels.dq[begin:end].reshape(shape)


def known_estimates(pixels: Pixels):
    """Where fluxes are estimates, and finite; (npixels,) bool array."""
    return (pixels.dq & np.uint32(FLUX_ESTIMATED) != 0) & current_backend().xp.isfinite(pixels.planes[0])
