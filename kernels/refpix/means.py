"""Drift of the outputs: clipped means of sections of reference pixels.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.statistics.pairwise_sum import DEPTH, LANES, pairwise_sum, rounded


def column_signal(frames, sections, siglimit, dtype=np.float64):
    """Drift of each detector column.

    Parameters
    ----------
    frames : (nframes, ny * nx) float32 array
        Flattened stored images, DN.
    sections : Sections
        Pixels to average, on the backend.
    siglimit : float
        Pixels further than this from the mean, in standard deviations, are left out.
    dtype : type
        The precision of sums, limits and means. In single precision, whether a pixel at a limit is kept depends on the
        order of summation; so sums are pairwise, as those of NumPy.

    Returns
    -------
    (nframes, nfast) array of dtype
        Average over the edges of the clipped means, DN; NaN where a reference pixel is NaN,
        zero for a column that has no reference pixels.
    """
    check_fit(
        frames=(frames, "nframes npixels"),
        columns=(sections.columns, (2, "nfast")),
        pixels=(sections.pixels, (int(sections.starts[-1]),)),
    )
    xp = array_namespace(frames)
    nframes, nsections = len(frames), len(sections.starts) - 1
    kept = xp.ascontiguousarray(frames[:, sections.pixels], np.float64)
    means = xp.empty((nframes, nsections))
    partial = xp.empty((nframes * nsections, DEPTH + LANES))
    pending = xp.empty((nframes * nsections, DEPTH), np.int32)
    clipped_mean(
        means.shape, kept, xp.empty_like(kept), sections.starts, float(dtype(siglimit)), means, partial, pending,
        dtype is np.float32,
    )  # fmt: skip
    means = means.astype(dtype)
    return dtype(0.5) * (means[:, sections.columns[0]] + means[:, sections.columns[1]])


@pixel_kernel
def clipped_mean(frame, section, kept, squares, starts, siglimit, means, partial, pending, single):
    """Mean of one section of one frame, clipped until no more values leave; zero for an empty section.

    The values that stay are moved to the front of their section. Equal values are their own mean.
    """
    begin = starts[section]
    count = starts[section + 1] - begin
    scratch = frame * means.shape[1] + section
    if count == 0:
        means[frame, section] = 0
        return
    before = -1
    mean = kept[frame, begin]
    if not all_equal(kept, frame, begin, count):
        while count != before and count > 0:
            total = pairwise_sum(kept, frame, begin, count, partial, pending, scratch, single)
            mean = rounded(total / count, single)
            for index in range(begin, begin + count):
                deviation = rounded(kept[frame, index] - mean, single)
                squares[frame, index] = rounded(deviation * deviation, single)
            total = pairwise_sum(squares, frame, begin, count, partial, pending, scratch, single)
            deviation = rounded(math.sqrt(rounded(total / count, single)), single)
            reach = rounded(siglimit * deviation, single)
            before = count
            low, high = rounded(mean - reach, single), rounded(mean + reach, single)
            count = keep_within(kept, frame, begin, count, low, high)
        if count == 0:
            mean = math.nan
    means[frame, section] = mean


@pixel_function
def all_equal(values, frame, begin, count):
    """Whether the values of a section are one and the same."""
    for index in range(begin + 1, begin + count):
        if values[frame, index] != values[frame, begin]:
            return False
    return True


@pixel_function
def keep_within(values, frame, begin, count, low, high):
    """Move the values within limits to the front; returns how many there are. A NaN is within none."""
    end = begin
    for index in range(begin, begin + count):
        value = values[frame, index]
        if low <= value <= high:
            values[frame, end] = value
            end += 1
    return end - begin
