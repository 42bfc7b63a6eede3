"""Sums and histograms of the pixels of a region, between two bounds."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch

# Rows that are summed before their sums are: a number of its own, so that no other number of threads adds otherwise.
ROWS = 256

# What is kept of each column; the last two are the smallest and the largest value.
COUNT, TOTAL, SQUARES, SMALLEST, LARGEST, NUMBERS = range(6)

# Counters that the parts of a histogram have together, at most.
COUNTERS = 2**20


class Moments(NamedTuple):
    """What the values of a region sum up to.

    Attributes
    ----------
    count : int
        How many there are.
    total, squares : float
        The sum of their distances from the pivot, and of the squares of these.
    smallest, largest : float
        The range that they cover; infinite where there are none.
    """

    count: int
    total: float
    squares: float
    smallest: float
    largest: float


class Bounds(NamedTuple):
    """The values that count: from the lowest to the highest, float32."""

    low: np.float32
    high: np.float32


def region_moments(values, spans, low, high, pivot) -> Moments:
    """Sum up the values of a region that are within bounds.

    Parameters
    ----------
    values : (ny, nx) float32 array
        NaN where a pixel is not to be used.
    spans : (ny, nspans, 2) int32 array
        The region; see `gpucal.kernels.sky.spans.polygon_spans`.
    low, high : float32
        The bounds, which are within.
    pivot : float
        What distances are measured from: near to the mean, for precision.

    Returns
    -------
    Moments
        Of double precision; a device is waited for.
    """
    check_fit(values=(values, "ny nx"), spans=(spans, ("ny", "nspans", 2)))
    ny, nx = values.shape
    xp = array_namespace(values)
    columns = xp.empty((NUMBERS, -(-ny // ROWS), nx), np.float64)
    sum_columns(columns.shape[1:], Scratch(state=NUMBERS), values, spans, Bounds(low, high), pivot, columns)
    sums = xp.stack([*columns[:SMALLEST].sum(axis=(1, 2)), columns[SMALLEST].min(), columns[LARGEST].max()])
    count, *numbers = sums.tolist()
    return Moments(int(count), *numbers)


@strip_kernel
def sum_columns(band, begin, end, samples, state, values, spans, bounds, pivot, columns):
    """The numbers of the columns of a strip, over the rows of a band."""
    low, high = bounds
    count, total, squares = state[COUNT], state[TOTAL], state[SQUARES]
    smallest, largest = state[SMALLEST], state[LARGEST]
    for lane in range(end - begin):
        count[lane] = total[lane] = squares[lane] = 0.0
        smallest[lane], largest[lane] = np.inf, -np.inf
    for y in range(band * ROWS, min((band + 1) * ROWS, values.shape[0])):
        row = values[y, begin:end]
        for span in range(spans.shape[1]):
            first, last = max(spans[y, span, 0], begin) - begin, min(spans[y, span, 1] + 1, end) - begin
            for lane in range(np.uint64(first), np.uint64(max(first, last))):
                value = row[lane]
                kept = low <= value and value <= high
                distance = np.float64(value) - pivot if kept else 0.0
                count[lane] += 1.0 if kept else 0.0
                total[lane] += distance
                squares[lane] += distance * distance
                low_value, high_value = (np.float64(value), np.float64(value)) if kept else (np.inf, -np.inf)
                smallest[lane] = low_value if low_value < smallest[lane] else smallest[lane]
                largest[lane] = high_value if high_value > largest[lane] else largest[lane]
    for number in range(NUMBERS):
        for lane in range(end - begin):
            columns[number, band, begin + lane] = state[number, lane]


def region_histogram(values, spans, first, width, nbins):
    """Count the values of a region in bins.

    Parameters
    ----------
    values : (ny, nx) float32 array
        NaN where a pixel is not to be used.
    spans : (ny, nspans, 2) int32 array
        The region; see `gpucal.kernels.sky.spans.polygon_spans`.
    first, width : float32
        Where the first bin begins, and how wide each one is. A value's bin is found in single precision, by a product
        with the inverse of the width.
    nbins : int
        How many there are.

    Returns
    -------
    (nbins,) int64 array
        On the host.
    """
    check_fit(values=(values, "ny nx"), spans=(spans, ("ny", "nspans", 2)))
    xp = array_namespace(values)
    parts = xp.zeros((max(1, min(values.shape[0], COUNTERS // nbins)), nbins), np.int32)
    count_part(parts.shape[:1], values, spans, first, np.float32(1) / width, first + width * np.float32(nbins), parts)
    return np.array(parts.sum(axis=0).tolist(), np.int64)


@pixel_kernel(heavy=True)
def count_part(part, values, spans, first, inverse, beyond, parts):
    """The histogram of every so many-th row."""
    for y in range(part, values.shape[0], parts.shape[0]):
        for span in range(spans.shape[1]):
            for x in range(max(spans[y, span, 0], 0), min(spans[y, span, 1] + 1, values.shape[1])):
                value = values[y, x]
                if first <= value and value < beyond:
                    place = int((value - first) * inverse)
                    if place < parts.shape[1]:
                        parts[part, place] += 1
