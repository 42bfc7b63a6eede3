"""The level of the sky in a region: mean, median, midpoint or mode of its pixels, after clipping.

Pixels further from the mean than so many standard deviations are left out, a given number of times. Midpoint and mode
come from a histogram of what is left, whose bins are a part of the standard deviation wide: the midpoint is the place
that halves it, and the mode the top of a parabola through its highest bin and the two beside that.

Source: `gstatistics` of IRAF, as the package stsci.imagestats has it, https://stsciimagestats.readthedocs.io. As
there, the histogram is stretched so that the last bin begins at the largest value, and places in it are told in bins of
their nominal width; it begins at the smallest value, or at that of the first pixel. What was left out and falls into
its last bin is counted.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.sky.region_sums import Moments, region_histogram, region_moments

# A range of values, and a width of bins, that is too small to tell values apart.
NARROW = 10 * float(np.finfo(np.float32).eps)


class SkyStatistic(NamedTuple):
    """How the level of the sky is found.

    Attributes
    ----------
    kind : {"mean", "median", "midpt", "mode"}
        Which number of the distribution is the level.
    lower, upper : float or None
        The range of values that may be sky.
    nclip : int
        How many times outliers are left out.
    lsigma, usigma : float
        What is an outlier below and above the mean, in standard deviations.
    binwidth : float
        Width of bins, in standard deviations.
    """

    kind: str = "mode"
    lower: float | None = None
    upper: float | None = None
    nclip: int = 5
    lsigma: float = 4.0
    usigma: float = 4.0
    binwidth: float = 0.1


class SkyLevel(NamedTuple):
    """The level of the sky, in the unit of the image, and the number of pixels after clipping."""

    value: float
    npixels: int


class Clipped(NamedTuple):
    """What clipping leaves: bounds, mean and standard deviation in single precision, and the last sums."""

    low: np.float32
    high: np.float32
    mean: float
    sigma: float
    moments: Moments


def sky_level(values, spans, statistic) -> SkyLevel | None:
    """The level of the sky in a region of an image.

    Parameters
    ----------
    values : (ny, nx) float32 array
        NaN where a pixel is not to be used.
    spans : (ny, nspans, 2) int32 array
        The region; see `gpucal.kernels.sky.spans`.
    statistic : SkyStatistic
        How it is found.

    Returns
    -------
    SkyLevel or None
        None where no pixel, or too few, tell a level.
    """
    clipped = _clip(values, spans, statistic)
    if clipped is None:
        return None
    if statistic.kind == "mean":
        level = clipped.mean
    elif statistic.kind == "median":
        level = _median(values, spans, clipped)
    else:
        level = _of_histogram(values, spans, clipped, statistic)
    return SkyLevel(level, clipped.moments.count) if math.isfinite(level) else None


def _clip(values, spans, statistic) -> Clipped | None:
    """Leave out outliers; None if nothing is left."""
    least = -np.inf if statistic.lower is None else statistic.lower
    most = np.inf if statistic.upper is None else statistic.upper
    low, high, pivot = least, most, 0.0
    for round_number in range(statistic.nclip + 1):
        bounds = np.float32(low), np.float32(high)
        moments = region_moments(values, spans, *bounds, pivot)
        if not moments.count:
            return None
        mean, sigma = _mean_and_sigma(moments, pivot)
        if round_number < statistic.nclip:
            low, high = least, most
            if sigma == sigma:  # one pixel has no deviation, and clips none
                low, high = max(low, mean - statistic.lsigma * sigma), min(high, mean + statistic.usigma * sigma)
        pivot = mean
    return Clipped(*bounds, mean, sigma, moments)


def _mean_and_sigma(moments, pivot) -> tuple[float, float]:
    """The mean in single precision, and the deviation from it, NaN of a single value."""
    mean = float(np.float32(pivot + moments.total / moments.count))
    away = mean - pivot
    squares = moments.squares - 2 * away * moments.total + moments.count * away * away
    if moments.count < 2:
        return mean, math.nan
    return mean, float(np.float32(math.sqrt(max(0.0, squares) / (moments.count - 1))))


def _median(values, spans, clipped) -> float:
    """The median of what is within bounds."""
    xp = array_namespace(values)
    x = xp.arange(values.shape[1], dtype=np.int32)
    inside = (clipped.low <= values) & (values <= clipped.high)
    inside &= ((spans[..., :1] <= x) & (x <= spans[..., 1:])).any(axis=1)
    return float(xp.median(values[inside]))


def _of_histogram(values, spans, clipped, statistic) -> float:
    """Midpoint or mode of what is within bounds."""
    # The range has the first pixel in it, taken to the nearest bound if it is clipped.
    beginning = min(max(_first_value(values, spans), clipped.low), clipped.high)
    first = float(min(clipped.moments.smallest, beginning))
    last = float(max(clipped.moments.largest, beginning))
    width, reach = statistic.binwidth * clipped.sigma, last - first
    if not width >= NARROW or reach < NARROW or width > reach:
        return first + 0.5 * width
    nbins = int(reach / width) + 1
    stretched = np.float32(reach / (nbins - 1))
    bins = region_histogram(values, spans, np.float32(first), stretched, nbins)
    place = _mode(bins) if statistic.kind == "mode" else _midpoint(bins)
    return first + place * width


def _first_value(values, spans) -> np.float32:
    """The first value of a region, from its first row on; it has one."""
    for y in range(values.shape[0]):
        for first, last in spans[y].tolist():
            if first <= last:
                run = values[y, first : last + 1]
                usable = ~array_namespace(run).isnan(run)
                if usable.any():
                    return np.float32(float(run[usable.argmax()]))
    raise ValueError("the region has no value")


def _mode(bins) -> float:
    """The top of a histogram, in bins from the beginning of the first."""
    top = int(bins.argmax())
    if len(bins) == 2 and bins[0] == bins[1]:
        return 1.0
    if top in (0, len(bins) - 1):
        return top + 0.5
    before, after = bins[top] - bins[top - 1], bins[top] - bins[top + 1]
    if before + after == 0:
        return top + 0.5
    return top + 0.5 + 0.5 * float(before - after) / float(before + after)


def _midpoint(bins) -> float:
    """The place that halves a histogram, in bins from the beginning of the first."""
    below = np.cumsum(bins) / bins.sum()
    place = int((below >= 0.5).argmax())
    before = below[place - 1] if place else 0.0
    here = below[place] - before
    return place + (float((0.5 - before) / here) if here else 0.0)
