"""Outliers of slit spectra: compared with the median of all exposures of a source, resampled or pixel by pixel."""

from contextlib import ExitStack

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.data.slits import slits_of
from gpucal.errors import GpucalError, SkipStep
from gpucal.kernels.outliers.flag_rules import flag_plain, flag_resampled
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.outliers.weights import drop_light, weight_threshold
from gpucal.kernels.resample.blot import blot
from gpucal.kernels.resample.sums import means, weights
from gpucal.steps.parts.bit_flags import bad_bits
from gpucal.steps.parts.mosaics.drizzling import weighted
from gpucal.steps.parts.mosaics.mosaic import fill_value
from gpucal.steps.parts.mosaics.slit_drizzling import SlitDrizzling, SlitImage
from gpucal.steps.parts.mosaics.slit_output import OutputOptions, output_of
from gpucal.steps.parts.outliers.images import check_axes, limits_of, sky_of
from gpucal.steps.parts.outliers.marks import error_of, mark
from gpucal.steps.parts.outliers.products import save_slit_blot, save_slit_drizzled, save_slit_median


def flag_spectra(members, step) -> None:
    """Flag the outliers of exposures of one source.

    Exposures that were taken at the same time are combined before the median is taken. Differences are told by the
    median of the errors, which an outlier has no part in.

    Parameters
    ----------
    members : Members
        Edited.
    step : OutlierDetectionStep
        With its parameters.

    Raises
    ------
    SkipStep
        If there is but one.
    GpucalError
        If a parameter or a header will not do, one has no spectrum of one slit, or those that are compared by pixels
        differ in shape.
    """
    check_axes(members, 2, "the spectrum of one slit")
    if len(members) < 2:
        raise SkipStep("a single exposure has none to be compared with")
    with ExitStack() as leases:
        exposures = [leases.enter_context(members.lease(place)) for place in range(len(members))]
        for exposure in exposures:
            error_of(exposure)
        images = [SlitImage(slits_of(exposure)[0], exposure) for exposure in exposures]
        if step.resample_data:
            _flag_resampled(members, images, step)
        else:
            _flag_by_pixels(members, images, step)


def _flag_resampled(members, images, step) -> None:
    core, rim = limits_of(step)
    fill = fill_value(step.fillval)
    pixels = output_of(images, OutputOptions()).pixels
    bad = bad_bits(step.good_bits, "good_bits")
    drizzling = SlitDrizzling.onto(pixels, step.kernel, step.pixfrac, step.weight_type, bad)
    layers = []
    for places in members.groups:
        sums = drizzling.no_sums(2)
        for place in places:
            drizzling.add(sums, images[place], None, ("err",))
        layers.append(Layer(means(sums, 0), means(sums, 1), weights(sums)))
        if step.save_intermediate_results:
            save_slit_drizzled(step, images[places[0]].exposure, pixels.wcs, layers[-1], fill)
    median, error = _medians(layers, step.maskpt)
    if step.save_intermediate_results:
        save_slit_median(step, images[0].exposure, pixels.wcs, median, error)
    for place, image in enumerate(images):
        where = drizzling.places_of(image)
        expected, scatter = (blot(one, where, np.nan) for one in (median, error))
        if step.save_intermediate_results:
            save_slit_blot(step, image.exposure, expected, scatter)
        background = sky_of(image.exposure, step.backg)
        mark(members, place, flag_resampled(image.data, scatter, expected, core, rim, background))


def _flag_by_pixels(members, images, step) -> None:
    (core, _), shape = limits_of(step), images[0].shape_of("data")
    for image in images:
        if image.shape_of("data") != shape:
            raise GpucalError(
                f"{image.source} has shape {image.shape_of('data')}, and {images[0].source} {shape}: spectra of "
                "different shapes cannot be compared by pixels; set resample_data to true"
            )
    bad = bad_bits(step.good_bits, "good_bits")
    layers = [Layer(one.data.copy(), one.err.copy(), weighted(one, step.weight_type, bad)[1]) for one in images]
    median, error = _medians(layers, step.maskpt)
    if step.save_intermediate_results:
        save_slit_median(step, images[0].exposure, images[0].slit.get_wcs(), median, error)
    for place, image in enumerate(images):
        mark(members, place, flag_plain(image.data[None], error[None], median[None], core.snr)[0])


class Layer:
    """One exposure, or those of a group, of which medians are taken.

    Parameters
    ----------
    image, error, weight : (ny, nx) float32 array
        Edited later.
    """

    def __init__(self, image, error, weight):
        self.image, self.error, self.weight = image, error, weight


def _medians(layers, fraction: float):
    """The medians of images and of errors, (ny, nx) float32 arrays; pixels of little weight do not count."""
    xp = current_backend().xp
    images, errors = (xp.stack([getattr(layer, name) for layer in layers]) for name in ("image", "error"))
    for number, layer in enumerate(layers):
        threshold = _threshold(layer.weight, fraction)
        drop_light(images[number], layer.weight, threshold)
        drop_light(errors[number], layer.weight, threshold)
    return median_image(images), median_image(errors)


def _threshold(weight, fraction: float) -> float:
    """The weight below which a pixel does not count; see `gpucal.kernels.outliers.weights.weight_threshold`.

    jwst 3.0.0 clips outliers of weights in float32, which weights of fluxes in MJy are too large for: it clips none.
    """
    if as_peer():
        counted = weight[(weight != 0) & current_backend().xp.isfinite(weight)].astype(np.float64)
        if counted.size and float(((counted - counted.mean()) ** 2).sum()) > np.finfo(np.float32).max:
            return float(counted.mean()) * fraction
    return weight_threshold(weight, fraction)
