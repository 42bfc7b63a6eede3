"""Sources as connected pixels above a threshold, which are taken apart where they blend; by photutils.

Source: the documentation of `photutils.segmentation`, https://photutils.readthedocs.io.
"""

import warnings

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.sources.blends import may_be_blends
from gpucal.kernels.sources.star_profile import SIGMA_OF_FWHM
from gpucal.startup.deferred import import_segmentation

KRON_PARAMETERS = (2.5, 1.4, 0.0)

# What is measured, with the names that photutils has for it.
MEASURED = {
    "x": "x_centroid",
    "y": "y_centroid",
    "flux": "segment_flux",
    "flux_err": "segment_flux_err",
    "area": "area",
    "semimajor": "semimajor_axis",
    "semiminor": "semiminor_axis",
    "orientation": "orientation",
    "ellipticity": "ellipticity",
    "first_x": "bbox_xmin",
    "last_x": "bbox_xmax",
    "first_y": "bbox_ymin",
    "last_y": "bbox_ymax",
}


def find_segments(signal, mask, least, parameters, err=None):
    """Find sources in an image that is smoothed for it, and measure them in the image.

    Parameters
    ----------
    signal : (ny, nx) float array
        Without background, on the backend.
    mask : (ny, nx) bool array
        Pixels that belong to no source.
    least : (ny, nx) float array
        What a pixel of a source exceeds.
    parameters : object
        Has these as attributes: ``kernel_fwhm`` of the Gaussian to smooth with, 0 for none; ``npixels``,
        ``connectivity``, ``deblend``, ``nlevels``, ``contrast``, ``multithresh_mode``, ``localbkg_width``,
        ``apermask_method``, ``kron_params``, as in the documentation of photutils.
    err : (ny, nx) float array, optional
        Errors, for those of fluxes.

    Returns
    -------
    columns : dict of str to (nsources,) array
        On the host: see `MEASURED`; pixels, degrees, and the unit of the image. ``flux_err`` is NaN without errors.
    segments : (ny, nx) int array or None
        The number of the source, from 1, that a pixel belongs to, or 0; None if there is no source.
    """
    import_segmentation()
    from astropy.utils.exceptions import AstropyUserWarning
    from photutils.segmentation import SourceCatalog
    from photutils.utils.exceptions import NoDetectionsWarning

    asnumpy = current_backend().asnumpy
    signal, mask, least = asnumpy(signal), asnumpy(mask), asnumpy(least)
    with warnings.catch_warnings():  # of NaN in the image, and of no sources
        warnings.simplefilter("ignore", AstropyUserWarning)
        warnings.simplefilter("ignore", NoDetectionsWarning)
        smooth = _smoothed(signal, mask, parameters.kernel_fwhm)
        segments = _segments_of(smooth, mask, least, parameters)
        if segments is None:
            return {name: np.zeros(0) for name in MEASURED}, None
        catalog = SourceCatalog(
            signal,
            segments,
            convolved_data=smooth,
            mask=mask,
            error=None if err is None else asnumpy(err),
            local_bkg_width=parameters.localbkg_width,
            aperture_mask_method=parameters.apermask_method,
            kron_params=tuple(parameters.kron_params or KRON_PARAMETERS),
        )
        columns = {name: _plain(getattr(catalog, theirs)) for name, theirs in MEASURED.items()}
    return columns, segments.data


def _segments_of(smooth, mask, least, parameters):
    """The sources of a smooth image, taken apart if that is asked for; None where there is none.

    Only those are looked at closely that fall apart at some level: to others it makes no difference.
    """
    from photutils.segmentation import deblend_sources, detect_sources

    npixels, connectivity = parameters.npixels, int(parameters.connectivity)
    segments = detect_sources(smooth, least, npixels, connectivity=connectivity, mask=mask)
    if segments is None or not parameters.deblend:
        return segments
    blends = may_be_blends(smooth, segments.data, npixels, connectivity)
    if not blends.size:
        return segments
    return deblend_sources(
        smooth,
        segments,
        npixels,
        labels=blends,
        n_levels=parameters.nlevels,
        contrast=parameters.contrast,
        mode=parameters.multithresh_mode,
        connectivity=connectivity,
        progress_bar=False,
    )


def _smoothed(signal, mask, fwhm):
    """An image convolved with a Gaussian, whose missing pixels are interpolated."""
    if not fwhm > 0:
        return signal
    from astropy.convolution import Gaussian2DKernel, convolve

    return convolve(signal, Gaussian2DKernel(fwhm * SIGMA_OF_FWHM), mask=mask)


def _plain(column):
    """A column of photutils as an array, without its unit."""
    return np.atleast_1d(getattr(column, "value", column))
