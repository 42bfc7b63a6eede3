"""Drift of the outputs: clipped means of sections of reference pixels.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel


def column_signal(frames, sections, siglimit):
    """Drift of each detector column.

    Parameters
    ----------
    frames : (nframes, ny * nx) float32 array
        Flattened stored images, DN.
    sections : Sections
        Pixels to average, on the backend.
    siglimit : float
        Pixels further than this from the mean, in standard deviations, are left out.

    Returns
    -------
    (nframes, nfast) float64 array
        Average over the edges of the clipped means, DN; NaN where a reference pixel is NaN,
        zero for a column that has no reference pixels.
    """
    nframes, nsections = len(frames), len(sections.starts) - 1
    means = array_namespace(frames).empty((nframes, nsections), np.float64)
    clipped_mean(means.shape, frames, sections.pixels, sections.starts, siglimit, means)
    return 0.5 * (means[:, sections.columns[0]] + means[:, sections.columns[1]])


@pixel_kernel
def clipped_mean(frame, section, frames, pixels, starts, siglimit, means):
    """Mean of one section of one frame, clipped until no more pixels leave; zero for an empty section.

    What is left after each pass lies within all the limits so far, so that the limits alone are kept.
    """
    first = starts[section]
    last = starts[section + 1]
    low = -math.inf
    high = math.inf
    before = -1
    kept, mean = mean_within(frames, frame, pixels, first, last, low, high)
    while kept != before and kept > 0:
        reach = siglimit * deviation_within(frames, frame, pixels, first, last, low, high, mean)
        low = max(low, mean - reach)
        high = min(high, mean + reach)
        before = kept
        kept, mean = mean_within(frames, frame, pixels, first, last, low, high)
    means[frame, section] = 0.0 if first == last else mean


@pixel_function
def mean_within(frames, frame, pixels, first, last, low, high):
    """Number and mean of the values within limits; a NaN counts as within, and no values have a NaN mean."""
    kept = 0
    total = np.float64(0)
    for index in range(first, last):
        value = frames[frame, pixels[index]]
        if not (value < low or value > high):
            kept += 1
            total += value
    return kept, total / kept if kept else math.nan


@pixel_function
def deviation_within(frames, frame, pixels, first, last, low, high, mean):
    """Standard deviation of the values within limits about their mean; there is at least one."""
    kept = 0
    total = np.float64(0)
    for index in range(first, last):
        value = frames[frame, pixels[index]]
        if not (value < low or value > high):
            kept += 1
            total += (value - mean) ** 2
    return math.sqrt(total / kept)
