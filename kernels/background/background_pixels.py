"""Which pixels of an image show background alone: neither bright sources nor bad pixels.

Source: the "outliers" part of the scene mask in the documentation of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.kernels.statistics.sigma_clip import (
    clipped_spread_below,
    clipped_statistics,
    place,
    sorted_finite,
)

HISTOGRAM_BINS = 2000
HISTOGRAM_REACH = 4.0


class Level(NamedTuple):
    """Where the values of the background lie.

    Attributes
    ----------
    center, sigma : float
        Their centre and spread, in units of the image.
    """

    center: float
    sigma: float


def whole_level(ordered) -> Level:
    """Median and spread of sorted values, their outliers clipped."""
    statistics = clipped_statistics(ordered)
    return Level(statistics.median, statistics.sigma)


def lower_half_level(ordered) -> Level:
    """Median of sorted values, and the spread of those below it: sources add to the values above."""
    center = clipped_statistics(ordered).median
    return Level(center, clipped_spread_below(ordered, center))


def histogram_level(ordered) -> Level:
    """Centre and spread of a Gaussian fitted to the histogram of sorted values.

    The histogram spans four clipped standard deviations about the clipped mean; where no Gaussian can be
    fitted, these two are the answer. The fit is that of a curve of 2000 points, on the host.
    """
    from scipy.optimize import curve_fit

    statistics = clipped_statistics(ordered)
    clipped = Level(statistics.mean, statistics.sigma)
    reach = HISTOGRAM_REACH * clipped.sigma
    edges = np.linspace(clipped.center - reach, clipped.center + reach, HISTOGRAM_BINS + 1)
    counts = histogram(ordered, edges)
    values = (edges[1:] + edges[:-1]) / 2
    peak = counts.argmax()
    guess = counts[peak], values[peak], clipped.sigma
    bounds = (0, values[0], 0), (np.inf, values[-1], values[-1] - values[0])
    try:
        _, center, sigma = curve_fit(gaussian, values, counts, p0=guess, bounds=bounds)[0]
    except (RuntimeError, ValueError):
        return clipped
    return Level(float(center), float(sigma))


def gaussian(x, height, center, sigma):
    """A Gaussian of a given height."""
    return height * np.exp(-0.5 * ((x - center) / sigma) ** 2)


def histogram(ordered, edges):
    """Count the sorted values between edges, the last edge included.

    Returns
    -------
    (nedges - 1,) int array
        On the host.
    """
    xp, backend = array_namespace(ordered), current_backend()
    places = backend.asnumpy(xp.searchsorted(ordered, backend.asarray(edges)))
    places[-1] = place(ordered, edges[-1], "right")
    return np.diff(places)


def keep_background(
    image, mask, below=3.0, above=2.0, level: Callable[[np.ndarray], Level] = whole_level
) -> Level | None:
    """Take the pixels that are not background out of a mask.

    Parameters
    ----------
    image : (ny, nx) float array
        The image.
    mask : (ny, nx) bool array
        The pixels that may be background, edited: those further below or above the level are taken out. A pixel
        that is NaN stays.
    below, above : float
        How far, in units of its spread.
    level : callable
        How the level is found from the sorted values in the mask.

    Returns
    -------
    Level or None
        The level; None, and nothing is taken out, where the mask holds no finite value.
    """
    ordered = sorted_finite(image[mask])
    if ordered.size == 0:
        return None
    found = level(ordered)
    values = image.astype(np.float64, copy=False)
    low, high = found.center - below * found.sigma, found.center + above * found.sigma
    if not math.isnan(found.sigma):
        mask &= ~((values < low) | (values > high))
    return found
