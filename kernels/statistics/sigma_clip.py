"""Centre and spread of values among which there are outliers.

Source: iterative sigma clipping as the astropy documentation describes it (astropy.stats.sigma_clip): values
further than so many standard deviations from the median are dropped, round by round.

Values are sorted once; what a round keeps is then a slice, and its median one element of it.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace

REACH = 3.0
ROUNDS = 5


class Statistics(NamedTuple):
    """Mean, median and standard deviation of values, float."""

    mean: float
    median: float
    sigma: float


def sorted_finite(values):
    """The finite ones of some values, in order.

    Parameters
    ----------
    values : float array
        Of any shape.

    Returns
    -------
    (n,) float64 array
        Sorted.
    """
    xp = array_namespace(values)
    return xp.sort(values[xp.isfinite(values)]).astype(np.float64)


def clipped_statistics(ordered, reach=REACH, rounds=ROUNDS):
    """Statistics of values without their outliers.

    Parameters
    ----------
    ordered : (n,) float64 array
        Sorted finite values, at least one.
    reach : float
        Standard deviations from the median within which values are kept; a value at the limit is kept.
    rounds : int
        How often at most.

    Returns
    -------
    Statistics
        Of the values within the last limits.
    """
    kept = ordered
    limits = -math.inf, math.inf
    for _ in range(rounds):
        statistics = statistics_of(kept)
        limits = statistics.median - reach * statistics.sigma, statistics.median + reach * statistics.sigma
        count = kept.size
        kept = within(kept, *limits)
        if kept.size == count:
            break
    return statistics_of(within(ordered, *limits))


def clipped_spread_below(ordered, center, reach=REACH, rounds=ROUNDS):
    """Spread of values that are as likely below a centre as above it, from those below alone.

    The values up to the centre and their mirror images are clipped about the centre.

    Parameters
    ----------
    ordered : (n,) float64 array
        Sorted finite values.
    center : float
        The centre.
    reach, rounds
        As in `clipped_statistics`.

    Returns
    -------
    float
        Root mean square distance from the centre of those kept; NaN if no value is below the centre.
    """
    xp = array_namespace(ordered)
    distances = (center - ordered[: place(ordered, center, "right")])[::-1]
    squares = xp.cumsum(distances * distances)
    count, before = distances.size, -1
    sigma = math.nan
    for _ in range(rounds + 1):
        if count in (0, before):
            break
        sigma = math.sqrt(float(squares[count - 1]) / count)
        before, count = count, place(distances[:count], reach * sigma, "right")
    return sigma


def statistics_of(ordered):
    """Statistics of sorted values; NaN if there are none."""
    if ordered.size == 0:
        return Statistics(math.nan, math.nan, math.nan)
    mean = float(ordered.mean())
    deviations = ordered - mean
    sigma = math.sqrt(float(deviations @ deviations) / ordered.size)
    return Statistics(mean, float(middle(ordered)), sigma)


def middle(ordered):
    """Median of sorted values."""
    half = ordered.size // 2
    return ordered[half] if ordered.size % 2 else (ordered[half - 1] + ordered[half]) / 2


def within(ordered, low, high):
    """The part of sorted values between two limits, these included."""
    return ordered[place(ordered, low, "left") : place(ordered, high, "right")]


def place(ordered, value, side):
    """Where a value belongs among sorted values, before (left) or after (right) its equals."""
    xp = array_namespace(ordered)
    return int(xp.searchsorted(ordered, xp.full(1, value), side=side)[0])
