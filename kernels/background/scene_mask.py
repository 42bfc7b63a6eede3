"""The mask of the pixels of a rate image that show background: the scene mask.

Source: "creation of a scene mask" in the documentation of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

from gpucal.backend import array_namespace, row_tiles
from gpucal.kernels.background.background_pixels import (
    BYTES_PER_PIXEL,
    histogram_level,
    keep_background,
    whole_level,
)

BAD_BELOW = 3.0
"""Pixels this far below the background are bad, in units of its spread."""


def scene_mask(rates, science=None, n_sigma=2.0, fit_histogram=False):
    """Find the pixels that show background.

    Parameters
    ----------
    rates : (ny, nx) or (nints, ny, nx) float32 array
        Rates, DN/s. Those that are NaN or zero count as missing.
    science : (ny, nx) or (nints, ny, nx) bool array, optional
        Pixels known to show sources, or nothing of use.
    n_sigma : float
        Pixels this far above the background show sources, in units of its spread; zero for no limits.
    fit_histogram : bool
        Take background and spread from a Gaussian fitted to the histogram of the rates.

    Returns
    -------
    bool array in the shape of the rates
        True where the background shows.
    """
    xp = array_namespace(rates)
    mask = ~(xp.isnan(rates) | (rates == 0))
    if science is not None:
        mask &= ~science
    if n_sigma > 0:
        level = histogram_level if fit_histogram else whole_level
        images, masks = planes(rates), planes(mask)
        for part in row_tiles(len(images), BYTES_PER_PIXEL * images[0].size):
            keep_background(images[part], masks[part], BAD_BELOW, n_sigma, level)
    return mask


def planes(array):
    """The images of an array, views of it."""
    return array.reshape(-1, *array.shape[-2:])
