"""First differences of ramps, in electrons, and statistics of a pixel's sample of them.

A first difference is what a pixel gained from one group to the next. It is NaN where one of the two groups
cannot be used, or where the data or the gain is NaN. The differences are float32, as the ramp is; their
median and their noise are float64.

Samples are laid out in scratch memory, block of rows by block of rows, with `LANES` neighbouring pixels side by
side: threads of a CUDA warp then touch adjacent memory, and on a CPU the samples of a strip of pixels share
their cache lines. A pixel's statistics may put its sample in another order.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, row_tiles
from gpucal.kernels.dqflags import DO_NOT_USE, SATURATED

LANES = 32
UNUSABLE = DO_NOT_USE | SATURATED
LARGEST = float(np.finfo(np.float32).max)


@pixel_function
def first_difference(ramp, groupdq, gain, integration, group, y, x):
    """Electrons gained between the group before and ``group``; NaN where either is unusable."""
    if (groupdq[integration, group - 1, y, x] | groupdq[integration, group, y, x]) & UNUSABLE:
        return np.float32(math.nan)
    before = ramp[integration, group - 1, y, x] * gain[y, x]
    return ramp[integration, group, y, x] * gain[y, x] - before


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


def fill_samples(ramp, groupdq, gain, rows, samples, groups=None):
    """Write the first differences of a block of rows into its samples, the integrations one after another.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    gain : (ny, nx) float32 array
        Electrons per DN.
    rows : slice
        The block.
    samples : array
        Scratch memory of `sample_space`, filled.
    groups : range, optional
        The later groups of the differences; by default all from the second on.
    """
    xp = array_namespace(ramp)
    nints, ngroups, _, nx = ramp.shape
    groups = groups or range(1, ngroups)
    nrows, strips = rows.stop - rows.start, -(-nx // LANES)
    used = samples[: nrows * strips].reshape(nrows, strips, nints, len(groups), LANES)
    by_group = used.transpose(3, 2, 0, 1, 4)
    # Pixels beyond the last column fill up the last strip.
    before, after = (xp.full((nints, nrows, strips * LANES), xp.nan, dtype=xp.float32) for _ in range(2))
    with np.errstate(invalid="ignore", over="ignore"):
        for group in range(groups.start - 1, groups.stop):
            before, after = after, before
            xp.multiply(ramp[:, group, rows], gain[rows], out=after[..., :nx])
            after[..., :nx][groupdq[:, group, rows] & UNUSABLE != 0] = xp.nan
            if group >= groups.start:
                shape = nints, nrows, strips, LANES
                xp.subtract(after.reshape(shape), before.reshape(shape), out=by_group[group - groups.start])


def sample_blocks(ramp, groupdq, gain, groups=None):
    """Blocks of rows of a ramp with the first differences of each pixel.

    Parameters
    ----------
    ramp, groupdq, gain, groups
        As in `fill_samples`.

    Yields
    ------
    first_row, nrows : int
        The block.
    samples : array
        Its samples, in memory that the next block uses again.
    """
    ny, nx = ramp.shape[2:]
    nvalues = ramp.shape[0] * len(groups or range(1, ramp.shape[1]))
    samples = None
    for rows in row_tiles(ny, sample_bytes_per_row(nx, nvalues)):
        if samples is None:
            samples = sample_space(ramp, rows.stop - rows.start, nx, nvalues)
        fill_samples(ramp, groupdq, gain, rows, samples, groups)
        yield rows.start, rows.stop - rows.start, samples


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
def median_difference(samples, strip, lane):
    """Median of a sample but for NaN, electrons; NaN when there is nothing else."""
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
