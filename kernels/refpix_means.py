"""Drift of the outputs: clipped means of sections of reference pixels.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.pairwise_sum import DEPTH, LANES, pairwise_sum


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
        The precision of sums, limits and means. In single precision the order of the sums tells whether a pixel at
        a limit is kept, so that they are pairwise.

    Returns
    -------
    (nframes, nfast) array of dtype
        Average over the edges of the clipped means, DN; NaN where a reference pixel is NaN,
        zero for a column that has no reference pixels.
    """
    xp = array_namespace(frames)
    nframes, nsections = len(frames), len(sections.starts) - 1
    kept = frames[:, sections.pixels].astype(dtype)
    means = xp.empty((nframes, nsections), dtype)
    partial = xp.empty((nframes * nsections, DEPTH + LANES), dtype)
    pending = xp.empty((nframes * nsections, DEPTH), np.int32)
    clipped_mean(
        means.shape, kept, xp.empty_like(kept), sections.starts, dtype(siglimit), means, partial, pending
    )
    return dtype(0.5) * (means[:, sections.columns[0]] + means[:, sections.columns[1]])


@pixel_kernel
def clipped_mean(frame, section, kept, squares, starts, siglimit, means, partial, pending):
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
            mean = pairwise_sum(kept, frame, begin, count, partial, pending, scratch) / kept.dtype.type(count)
            for index in range(begin, begin + count):
                squares[frame, index] = (kept[frame, index] - mean) * (kept[frame, index] - mean)
            variance = pairwise_sum(
                squares, frame, begin, count, partial, pending, scratch
            ) / kept.dtype.type(count)
            reach = siglimit * math.sqrt(variance)
            before = count
            count = keep_within(kept, frame, begin, count, mean - reach, mean + reach)
        if count == 0:
            mean = kept.dtype.type(math.nan)
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
