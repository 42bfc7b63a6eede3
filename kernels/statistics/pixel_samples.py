"""Scratch memory for samples of values, one sample a pixel, and their median.

Samples are laid out block of rows by block of rows, with `LANES` neighbouring pixels side by side: threads of a CUDA
warp then touch adjacent memory, and on a CPU the samples of a strip of pixels share their cache lines. A pixel's
statistics may put its sample in another order.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function

LANES = 32


def sample_bytes_per_row(nx, nvalues):
    """Bytes of scratch memory for the samples of one row of pixels."""
    return -(-nx // LANES) * nvalues * LANES * np.dtype(np.float32).itemsize


def sample_space(like, nrows, nx, nvalues):
    """Scratch memory for a sample of ``nvalues`` values in each pixel of a block of rows.

    Parameters
    ----------
    like : array
        An array of the backend to use.
    nrows, nx : int
        Size of the block of rows.
    nvalues : int
        Size of a sample.

    Returns
    -------
    (nrows * ceil(nx / LANES), nvalues, LANES) float32 array
        Not initialized. The sample of pixel ``(row, x)`` is ``[sample_strip(row, x, nx), :, x % LANES]``.
    """
    xp = array_namespace(like)
    return xp.empty((nrows * -(-nx // LANES), nvalues, LANES), dtype=xp.float32)


@pixel_function
def sample_strip(row, x, nx):
    """The strip of the scratch memory that holds a pixel of a block of rows."""
    return row * ((nx + LANES - 1) // LANES) + x // LANES


@pixel_function
def keep_within(samples, strip, lane, count, lower, upper):
    """Move what lies within bounds, among the first ``count`` values, to the front; return how many."""
    kept = 0
    for place in range(count):
        value = samples[strip, place, lane]
        if lower <= value and value <= upper:
            samples[strip, kept, lane] = value
            kept += 1
    return kept


@pixel_function
def known_median(samples, strip, lane):
    """Median of the values of a sample that are not NaN; NaN when there are none."""
    count = keep_within(samples, strip, lane, samples.shape[1], -math.inf, math.inf)
    return sample_median(samples, strip, lane, count)


@pixel_function
def sample_median(samples, strip, lane, count):
    """Median of the first ``count`` values of a sample; NaN when there is none."""
    if count == 0:
        return math.nan
    middle = count // 2
    upper = np.float64(select(samples, strip, lane, count, middle))
    if count % 2:
        return upper
    lower = samples[strip, 0, lane]
    for place in range(1, middle):
        lower = max(lower, samples[strip, place, lane])
    return 0.5 * (np.float64(lower) + upper)


@pixel_function
def select(samples, strip, lane, count, rank):
    """The value of a rank among the first ``count`` of a sample; no larger ones stay before it.

    Source: C. A. R. Hoare (1961), Algorithm 65: Find, Communications of the ACM 4, 321.
    """
    low, high = 0, count - 1
    while low < high:
        pivot = samples[strip, rank, lane]
        left, right = low, high
        while left <= right:
            while samples[strip, left, lane] < pivot:
                left += 1
            while pivot < samples[strip, right, lane]:
                right -= 1
            if left <= right:
                swapped = samples[strip, left, lane]
                samples[strip, left, lane] = samples[strip, right, lane]
                samples[strip, right, lane] = swapped
                left += 1
                right -= 1
        if right < rank:
            low = left
        if rank < left:
            high = right
    return samples[strip, rank, lane]
