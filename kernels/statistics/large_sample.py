"""Clipped statistics of one large sample, whose values are not all put in order.

The rule is that of `gpucal.kernels.statistics.sigma_clip`. Each round needs the median of what is kept, and sums over
it: values are in order only near to the median, and are summed up between bounds in one pass.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_kernel
from gpucal.kernels.statistics.sigma_clip import REACH, ROUNDS

# Values that are summed by themselves before their sums are: no other number of threads adds otherwise.
CHUNK = 4096

# About so many values tell where others are, and so large a part of all on either side of a place is put in order.
TELLING = 2**15
ASIDE = 1 / 64


class KeptStatistics(NamedTuple):
    """Mean, median and standard deviation of what clipping keeps, and how many values these are."""

    mean: float
    median: float
    sigma: float
    count: int


def clipped_statistics_of(values, reach=REACH, rounds=ROUNDS) -> KeptStatistics:
    """Statistics of values without their outliers.

    Parameters
    ----------
    values : (n,) float array
        Finite, at least one, in any order.
    reach, rounds
        As in `gpucal.kernels.statistics.sigma_clip.clip_rows`.

    Returns
    -------
    KeptStatistics
        Of the values within the last limits.

    Raises
    ------
    ValueError
        If there is no value, or there are several axes.
    """
    if values.ndim != 1 or not values.size:
        raise ValueError(f"statistics are those of at least one value in a row, not of {values.shape}")
    ordered = _Ordered(values)
    middle = ordered.at(values.size // 2)
    least, most = -math.inf, math.inf  # of all rounds
    kept = _Part(values, middle, least, most)
    for _ in range(rounds):
        median, sigma = kept.median(ordered), kept.sigma
        low, high = median - reach * sigma, median + reach * sigma
        least, most = max(least, low), min(most, high)
        before, kept = kept.count, _Part(values, middle, least, most)
        if kept.count == before:
            break
    if rounds and (least, most) != (low, high):
        kept = _Part(values, middle, low, high)
    return KeptStatistics(middle + kept.first / kept.count, kept.median(ordered), kept.sigma, kept.count)


def median_of(values) -> float:
    """The median of finite values, (n,) float array with at least one; that of float32 is of single precision."""
    ordered, half = _Ordered(values), values.size // 2
    if values.size % 2:
        return ordered.at(half)
    number = values.dtype.type
    return float((number(ordered.at(half - 1)) + number(ordered.at(half))) / number(2))


def percentiles_of(values, percents) -> list[float]:
    """Percentiles of finite values, (n,) float array with at least one; between two values it is interpolated.

    Parameters
    ----------
    values : (n,) float array
        In any order.
    percents : sequence of float
        From 0 to 100.
    """
    ordered, found = _Ordered(values), []
    for percent in percents:
        place = percent / 100 * (values.size - 1)
        below = min(int(place), values.size - 1)
        low = ordered.at(below)
        found.append(low + (place - below) * (ordered.at(min(below + 1, values.size - 1)) - low))
    return found


class _Ordered:
    """Values by their places in order; those about a place are sorted when one is asked for."""

    def __init__(self, values):
        self._values = values
        self._telling = array_namespace(values).sort(values[:: max(1, values.size // TELLING)])
        self._first, self._sorted = 0, values[:0]

    def at(self, place: int) -> float:
        """The value at a place, from 0."""
        if not self._first <= place < self._first + self._sorted.size:
            self._sort_about(place)
        return float(self._sorted[place - self._first])

    def _sort_about(self, place: int) -> None:
        xp, values, telling = array_namespace(self._values), self._values, self._telling
        about, aside = place * telling.size // values.size, math.ceil(ASIDE * telling.size)
        least, most = telling[max(about - aside, 0)], telling[min(about + aside, telling.size - 1)]
        piece, self._first = values[(least <= values) & (values <= most)], int((values < least).sum())
        if not self._first <= place < self._first + piece.size:
            piece, self._first = values, 0
        self._sorted = xp.sort(piece)


class _Part:
    """The values between two bounds, which are within: how many are below and in it, and sums over it."""

    def __init__(self, values, middle: float, low: float, high: float):
        xp = array_namespace(values)
        nchunks = -(-values.size // CHUNK)
        counts, sums = xp.empty((nchunks, 2), np.int64), xp.empty((nchunks, 2), np.float64)
        sum_chunk((nchunks,), values, middle, low, high, counts, sums)
        asnumpy = current_backend().asnumpy
        self.below, self.count = asnumpy(counts).sum(axis=0).tolist()
        self.first, self._second = asnumpy(sums).sum(axis=0).tolist()

    def median(self, ordered: _Ordered) -> float:
        """The middle value, or the mean of both."""
        half = self.below + self.count // 2
        return ordered.at(half) if self.count % 2 else (ordered.at(half - 1) + ordered.at(half)) / 2

    @property
    def sigma(self) -> float:
        """The standard deviation."""
        mean = self.first / self.count
        return math.sqrt(max(self._second / self.count - mean * mean, 0.0))


@pixel_kernel(heavy=True)
def sum_chunk(chunk, values, middle, low, high, counts, sums):
    """Count the values of a chunk below and between bounds, and sum up distances from the middle, and their squares."""
    below, inside, first, second = 0, 0, 0.0, 0.0
    for place in range(chunk * CHUNK, min((chunk + 1) * CHUNK, values.size)):
        value = float(values[place])
        kept = low <= value and value <= high
        distance = value - middle if kept else 0.0
        below += 1 if value < low else 0
        inside += 1 if kept else 0
        first += distance
        second += distance * distance
    counts[chunk, 0], counts[chunk, 1] = below, inside
    sums[chunk, 0], sums[chunk, 1] = first, second
