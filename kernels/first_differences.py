"""First differences of a pixel's ramp, in electrons, and statistics of a sorted sample of them.

A first difference is what a pixel gained from one group to the next. It is NaN where one of the two groups
cannot be used, or where the data or the gain is NaN. The differences are float32, as the ramp is; their
median and their noise are float64.

Samples are sorted in scratch memory that holds `LANES` neighbouring pixels side by side: threads of a
CUDA warp then touch adjacent memory, and on a CPU the sample of a pixel lies in a few cache lines.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, row_tiles
from gpucal.kernels.dqflags import DO_NOT_USE, SATURATED

LANES = 32
UNUSABLE = DO_NOT_USE | SATURATED
LARGEST = float(np.finfo(np.float32).max)


def sample_bytes_per_row(nx, nvalues):
    """Bytes of the scratch memory that `sample_space` needs for one row of pixels."""
    return -(-nx // LANES) * nvalues * LANES * np.dtype(np.float32).itemsize


def sample_space(like, nrows, nx, nvalues):
    """Scratch memory for a sample of up to ``nvalues`` values in each pixel of a block of rows.

    Parameters
    ----------
    like : array
        An array of the backend to use.
    nrows, nx : int
        Size of the block of rows.
    nvalues : int
        The largest sample.

    Returns
    -------
    (nrows * ceil(nx / LANES), nvalues, LANES) float32 array
        Not initialized. The sample of pixel ``(row, x)`` is ``[sample_strip(row, x, nx), :, x % LANES]``.
    """
    xp = array_namespace(like)
    return xp.empty((nrows * -(-nx // LANES), nvalues, LANES), dtype=xp.float32)


def sample_blocks(ramp, nvalues):
    """Blocks of rows of a ramp, with scratch memory for a sample in each pixel.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) array
        The ramp to cut up.
    nvalues : int
        The largest sample.

    Yields
    ------
    first_row, nrows : int
        The block.
    sample : array
        Its scratch memory, which the next block uses again.
    """
    ny, nx = ramp.shape[2:]
    sample = None
    for rows in row_tiles(ny, sample_bytes_per_row(nx, nvalues)):
        if sample is None:
            sample = sample_space(ramp, rows.stop - rows.start, nx, nvalues)
        yield rows.start, rows.stop - rows.start, sample


@pixel_function
def sample_strip(row, x, nx):
    """The strip of the scratch memory that holds a pixel of a block of rows."""
    return row * ((nx + LANES - 1) // LANES) + x // LANES


@pixel_function
def first_difference(ramp, groupdq, gain, integration, group, y, x):
    """Electrons gained between the group before and ``group``; NaN where either is unusable."""
    if (groupdq[integration, group - 1, y, x] | groupdq[integration, group, y, x]) & UNUSABLE:
        return np.float32(math.nan)
    before = ramp[integration, group - 1, y, x] * gain[y, x]
    return ramp[integration, group, y, x] * gain[y, x] - before


@pixel_function
def difference_range(ramp, groupdq, gain, y, x, magnitudes):
    """Smallest and largest difference of a pixel, or of their absolute values; infinite when there is none.

    Returns
    -------
    lowest, highest : float64
        The range of the differences that are not NaN.
    """
    lowest, highest = np.float32(math.inf), np.float32(-math.inf)
    for integration in range(ramp.shape[0]):
        for group in range(1, ramp.shape[1]):
            difference = first_difference(ramp, groupdq, gain, integration, group, y, x)
            if magnitudes:
                difference = abs(difference)
            if difference < lowest:
                lowest = difference
            if difference > highest:
                highest = difference
    return np.float64(lowest), np.float64(highest)


@pixel_function
def gather_sample(ramp, groupdq, gain, y, x, start, stop, magnitudes, sample, strip, lane):
    """Sort a pixel's differences of groups ``start <= group < stop`` of all integrations into its sample.

    With ``magnitudes``, absolute values are taken. NaN is left out.

    Returns
    -------
    int
        Size of the sample.
    """
    count = 0
    for integration in range(ramp.shape[0]):
        for group in range(start, stop):
            difference = first_difference(ramp, groupdq, gain, integration, group, y, x)
            if not math.isnan(difference):
                sample[strip, count, lane] = abs(difference) if magnitudes else difference
                count += 1
    sort_sample(sample, strip, lane, count)
    return count


@pixel_function
def sort_sample(sample, strip, lane, count):
    """Sort the first ``count`` values of a sample in ascending order (shell sort)."""
    gap = count
    while gap > 1:
        gap = max(1, (5 * gap - 1) // 11)
        for place in range(gap, count):
            value = sample[strip, place, lane]
            hole = place
            while hole >= gap and sample[strip, hole - gap, lane] > value:
                sample[strip, hole, lane] = sample[strip, hole - gap, lane]
                hole -= gap
            sample[strip, hole, lane] = value


@pixel_function
def sorted_median(sample, strip, lane, first, last):
    """Median of the values ``first`` to ``last - 1`` of a sorted sample; NaN when there is none."""
    if last <= first:
        return math.nan
    middle = (first + last) // 2
    upper = np.float64(sample[strip, middle, lane])
    if (last - first) % 2:
        return upper
    return 0.5 * (np.float64(sample[strip, middle - 1, lane]) + upper)


@pixel_function
def cut_below(sample, strip, lane, first, count):
    """A value that parts a sorted sample ahead of its value number ``first``; infinite at the ends.

    Halfway between two different values, it tells them apart whatever the rounding of either, and infinite
    values from all others.
    """
    if first <= 0:
        return -math.inf
    if first >= count:
        return math.inf
    lower = np.float64(sample[strip, first - 1, lane])
    return min(0.5 * (lower + np.float64(sample[strip, first, lane])), LARGEST)


@pixel_function
def difference_noise(median, read_noise, gain, nframes):
    """Expected noise of a first difference, electrons: Poisson noise of its median, and read noise.

    Parameters
    ----------
    median : float64
        Typical difference, electrons.
    read_noise : float32
        Noise of the difference of two reads (correlated double sampling), DN.
    gain : float32
        Electrons per DN.
    nframes : int
        Frames averaged into a group.

    Returns
    -------
    float64
        The noise; NaN rather than zero, so that no pixel without noise has jumps.
    """
    electrons = read_noise * gain
    variance = abs(median) + np.float64(electrons * electrons) / np.float64(nframes)
    return math.sqrt(variance) if variance != 0 else math.nan
