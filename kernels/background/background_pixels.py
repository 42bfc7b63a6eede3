"""Which pixels of images show background alone: neither bright sources nor bad pixels.

Source: the "outliers" part of the scene mask in the documentation of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.strips import in_a_row
from gpucal.kernels.statistics.sigma_clip import (
    BlockSums,
    SortedRows,
    clip_rows,
    clipped_spreads_below,
    clipped_statistics,
)

BYTES_PER_PIXEL = 64  # of temporaries, where the level of an image is found
HISTOGRAM_BINS = 2000
HISTOGRAM_REACH = 4.0


class Level(NamedTuple):
    """Where the values of the background lie, one for each image.

    Attributes
    ----------
    center, sigma : (nimages,) float64 array
        Their centre and spread, in units of the images; NaN for none.
    """

    center: np.ndarray
    sigma: np.ndarray


def whole_level(rows) -> Level:
    """Median and spread of sorted values, their outliers clipped."""
    kept = clip_rows(rows, BlockSums.of(rows))
    return Level(kept.median, kept.sigma)


def lower_half_level(rows) -> Level:
    """Median of sorted values, and the spread of those below it: sources add to the values above."""
    sums = BlockSums.of(rows)
    centers = clip_rows(rows, sums).median
    return Level(centers, clipped_spreads_below(rows, sums, centers))


def histogram_level(rows) -> Level:
    """Centre and spread of a Gaussian fitted to the histogram of sorted values.

    The histogram spans four clipped standard deviations about the clipped mean; where no Gaussian can be
    fitted, these two are the answer. The fit is that of a curve of 2000 points, on the host.
    """
    counts = current_backend().asnumpy(rows.counts).tolist()
    levels = [
        fitted_level(values[:count]) if count else (np.nan, np.nan)
        for values, count in zip(rows.values, counts, strict=True)
    ]
    return Level(*map(current_backend().asarray, np.array(levels).T))


def fitted_level(ordered):
    """Centre and spread, float, of the Gaussian fitted to the histogram of one sample."""
    from scipy.optimize import curve_fit

    statistics = clipped_statistics(ordered)
    reach = HISTOGRAM_REACH * statistics.sigma
    edges = np.linspace(statistics.mean - reach, statistics.mean + reach, HISTOGRAM_BINS + 1)
    counts = histogram(ordered, edges)
    values = (edges[1:] + edges[:-1]) / 2
    peak = counts.argmax()
    guess = counts[peak], values[peak], statistics.sigma
    bounds = (0, values[0], 0), (np.inf, values[-1], values[-1] - values[0])
    try:
        _, center, sigma = curve_fit(gaussian, values, counts, p0=guess, bounds=bounds)[0]
    except (RuntimeError, ValueError):
        return statistics.mean, statistics.sigma
    return float(center), float(sigma)


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
    edges = backend.asarray(edges)
    places = backend.asnumpy(xp.searchsorted(ordered, edges))
    places[-1:] = backend.asnumpy(xp.searchsorted(ordered, edges[-1:], side="right"))
    return np.diff(places)


def keep_background(
    images, masks, below=3.0, above=2.0, level: Callable[[SortedRows], Level] = whole_level
) -> Level:
    """Take the pixels that are not background out of masks.

    Parameters
    ----------
    images : (nimages, ny, nx) float array
        The images.
    masks : (nimages, ny, nx) bool array
        The pixels that may be background, edited: those further below or above the level are taken out. A pixel
        that is NaN stays, and so do all where the mask holds no finite value.
    below, above : float
        How far, in units of its spread.
    level : callable
        How the levels are found from the sorted values in the masks.

    Returns
    -------
    Level
        The levels.
    """
    found = level(SortedRows.of(in_a_row(images), in_a_row(masks)))
    low, high = found.center - below * found.sigma, found.center + above * found.sigma
    values = images.astype(np.float64, copy=False)
    # No value is below or above NaN.
    masks &= ~((values < low[:, None, None]) | (values > high[:, None, None]))
    return found
