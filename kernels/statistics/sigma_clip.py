"""Centre and spread of values among which there are outliers.

Source: iterative sigma clipping as the astropy documentation describes it (astropy.stats.sigma_clip): values
further than so many standard deviations from the median are dropped, round by round.

Values are sorted once; what a round keeps is then a part of them, its median one of its elements, and its spread
follows from sums over blocks. So many samples, each a row, are clipped in one launch, and a large one in few steps.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.backend.threads import run_rows

REACH = 3.0
ROUNDS = 5


class Statistics(NamedTuple):
    """Mean, median and standard deviation of values, float."""

    mean: float
    median: float
    sigma: float


class SortedRows(NamedTuple):
    """Samples, one a row, in order.

    Attributes
    ----------
    values : (nrows, size) float64 array
        Finite values, sorted, and inf behind them.
    counts : (nrows,) int64 array
        The number of finite values.
    """

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, values, mask) -> "SortedRows":
        """The finite ones of the values in a mask, both (nrows, n) arrays."""
        xp = array_namespace(values)
        usable = mask & xp.isfinite(values)
        ordered = _sorted(xp.where(usable, values, values.dtype.type(np.inf)))
        counts = usable.sum(axis=1)
        return cls(ordered[:, : int(counts.max())].astype(np.float64), counts)

    @classmethod
    def of_one(cls, ordered) -> "SortedRows":
        """A single sample: sorted finite values."""
        xp = array_namespace(ordered)
        return cls(ordered[None], xp.full(1, ordered.size))


def _sorted(rows):
    """Rows in order; sorted in place by all threads, on the host."""
    if array_namespace(rows) is not np:
        rows.sort(axis=1)
    elif len(rows):
        run_rows(lambda first, stop: rows[first:stop].sort(axis=1), len(rows), rows.size, tuple)
    return rows


class BlockSums(NamedTuple):
    """Sums of the distances from the middle of a row, and of their squares, over blocks of neighbouring values.

    The sum over any part of the row is that of few numbers, and no outlier is in it that does not lie in the part.

    Attributes
    ----------
    middles : (nrows,) float64 array
        The values that distances are measured from.
    first, second : (nrows, nblocks) float64 array
        Sums of distances and of squares.
    length : int
        Values in a block.
    """

    middles: np.ndarray
    first: np.ndarray
    second: np.ndarray
    length: int

    @classmethod
    def of(cls, rows) -> "BlockSums":
        """The sums of sorted rows, in blocks that have about as many values as there are blocks."""
        xp = array_namespace(rows.values)
        nrows, size = rows.values.shape
        length = max(1, math.isqrt(size))
        middles, blocks = xp.zeros((nrows, 1)), xp.zeros((nrows, -(-size // length), length))
        if size:
            middles = xp.take_along_axis(rows.values, rows.counts[:, None] // 2, axis=1)
            middles[rows.counts == 0] = 0
            distances = blocks.reshape(nrows, -1)[:, :size]
            xp.subtract(rows.values, middles, out=distances)
            distances[xp.arange(size) >= rows.counts[:, None]] = 0
        first = blocks.sum(axis=2)
        blocks *= blocks
        return cls(middles[:, 0], first, blocks.sum(axis=2), length)


def check_sums(rows, sums) -> None:
    """See that sums are those of rows, as far as shapes tell, and that rows are as long as they say.

    Raises
    ------
    ValueError
        If they are not.
    """
    nrows, size = rows.values.shape
    blocks = nrows, -(-size // sums.length)
    check_fit(
        counts=(rows.counts, (nrows,)),
        middles=(sums.middles, (nrows,)),
        first=(sums.first, blocks),
        second=(sums.second, blocks),
    )
    check_indices(rows.counts - 1, size)


class Kept(NamedTuple):
    """The part of each row that clipping keeps.

    Attributes
    ----------
    bounds : (nrows, 2) int64 array
        The first place of the part, and the place after its last.
    median, sigma : (nrows,) float64 array
        Median and standard deviation; NaN where there is none.
    """

    bounds: np.ndarray
    median: np.ndarray
    sigma: np.ndarray


def clip_rows(rows, sums, reach=REACH, rounds=ROUNDS) -> Kept:
    """Drop the outliers of each row.

    Parameters
    ----------
    rows : SortedRows
        Samples.
    sums : BlockSums
        The sums of these.
    reach : float
        Standard deviations from the median within which values are kept; a value at the limit is kept.
    rounds : int
        How often at most.

    Returns
    -------
    Kept
        The values within the last limits.
    """
    check_sums(rows, sums)
    xp = array_namespace(rows.values)
    nrows = len(rows.values)
    kept = Kept(xp.zeros((nrows, 2), np.int64), xp.full(nrows, np.nan), xp.full(nrows, np.nan))
    clip_row((nrows,), rows, sums, reach, rounds, kept)
    return kept


@pixel_kernel
def clip_row(row, rows, sums, reach, rounds, kept):
    """Drop the outliers of one row."""
    ordered, own = rows.values[row], (sums.middles[row], sums.first[row], sums.second[row], sums.length)
    begin, end = 0, rows.counts[row]
    if end == 0:
        return
    for _ in range(rounds):
        median, sigma = middle_of(ordered, begin, end), spread_of(ordered, *own, begin, end)
        low, high = median - reach * sigma, median + reach * sigma
        count = end - begin
        begin, end = place_from(ordered, begin, end, low), place_behind(ordered, begin, end, high)
        if end - begin == count:
            break
    begin, end = place_from(ordered, 0, rows.counts[row], low), place_behind(ordered, 0, rows.counts[row], high)
    kept.bounds[row, 0], kept.bounds[row, 1] = begin, end
    kept.median[row], kept.sigma[row] = middle_of(ordered, begin, end), spread_of(ordered, *own, begin, end)


@pixel_function
def middle_of(ordered, begin, end):
    """Median of a part of sorted values."""
    half = begin + (end - begin) // 2
    return ordered[half] if (end - begin) % 2 else (ordered[half - 1] + ordered[half]) / 2


@pixel_function
def spread_of(ordered, middle, firsts, seconds, length, begin, end):
    """Standard deviation of a part of sorted values."""
    first, second = sums_of(ordered, middle, firsts, seconds, length, begin, end)
    mean = first / (end - begin)
    return math.sqrt(max(second / (end - begin) - mean * mean, 0.0))


@pixel_function
def sums_of(ordered, middle, firsts, seconds, length, begin, end):
    """Sums of the distances from the middle, and of their squares, over a part of sorted values."""
    first, second = 0.0, 0.0
    place = begin
    while place < end:
        if place % length == 0 and place + length <= end:
            first += firsts[place // length]
            second += seconds[place // length]
            place += length
        else:
            distance = ordered[place] - middle
            first += distance
            second += distance * distance
            place += 1
    return first, second


@pixel_function
def place_from(ordered, begin, end, value):
    """The first place of a part of sorted values with this value or a larger one; its end if there is none."""
    while begin < end:
        half = (begin + end) // 2
        if ordered[half] < value:
            begin = half + 1
        else:
            end = half
    return begin


@pixel_function
def place_behind(ordered, begin, end, value):
    """The first place of a part of sorted values with a larger value; its end if there is none."""
    while begin < end:
        half = (begin + end) // 2
        if ordered[half] <= value:
            begin = half + 1
        else:
            end = half
    return begin


@pixel_function
def place_within(ordered, begin, end, center, distance):
    """The first place of a part of sorted values that is no further below a centre; its end if there is none."""
    while begin < end:
        half = (begin + end) // 2
        if center - ordered[half] > distance:
            begin = half + 1
        else:
            end = half
    return begin


def clipped_spreads_below(rows, sums, centers, reach=REACH, rounds=ROUNDS):
    """Spread of values that are as likely below a centre as above it, from those below alone.

    The values up to the centre and their mirror images are clipped about the centre.

    Parameters
    ----------
    rows, sums
        As in `clip_rows`.
    centers : (nrows,) float64 array
        The centres.
    reach, rounds
        As in `clip_rows`.

    Returns
    -------
    (nrows,) float64 array
        Root mean square distances from the centres of those kept; NaN where no value is below the centre.
    """
    check_sums(rows, sums)
    check_fit(centers=(centers, (len(rows.values),)))
    xp = array_namespace(rows.values)
    spreads = xp.full(len(centers), np.nan)
    clip_below(spreads.shape, rows, sums, centers, reach, rounds, spreads)
    return spreads


@pixel_kernel
def clip_below(row, rows, sums, centers, reach, rounds, spreads):
    """Clip the values of one row that are not above a centre, about it."""
    ordered, center = rows.values[row], centers[row]
    own = sums.middles[row], sums.first[row], sums.second[row], sums.length
    end = place_behind(ordered, 0, rows.counts[row], center)
    begin, before, shift = 0, -1, center - sums.middles[row]
    for _ in range(rounds + 1):
        if begin == end or begin == before:
            break
        # Squares about the centre, from the sums about the middle of the row.
        first, second = sums_of(ordered, *own, begin, end)
        square = (second - 2 * shift * first) / (end - begin) + shift * shift
        spreads[row] = math.sqrt(max(square, 0.0))
        before = begin
        begin = place_within(ordered, begin, end, center, reach * spreads[row])


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


def clipped_statistics(ordered, reach=REACH, rounds=ROUNDS) -> Statistics:
    """Statistics of values without their outliers.

    Parameters
    ----------
    ordered : (n,) float64 array
        Sorted finite values, at least one.
    reach, rounds
        As in `clip_rows`.

    Returns
    -------
    Statistics
        Of the values within the last limits.
    """
    rows = SortedRows.of_one(ordered)
    kept = clip_rows(rows, BlockSums.of(rows), reach, rounds)
    begin, end = current_backend().asnumpy(kept.bounds)[0].tolist()
    mean = float(ordered[begin:end].mean())
    return Statistics(mean, float(kept.median[0]), float(kept.sigma[0]))
