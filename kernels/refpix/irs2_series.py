"""From a stored IRS2 frame to series in time, and back.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH

EDGE = 4


class Offsets(NamedTuple):
    """What is taken off the samples of a frame.

    Attributes
    ----------
    mean : (nrows, nx) float64 array
        Mean of the frames of the integration, DN.
    intercepts, slopes : (5,) float32 array
        The line through the samples at the edges, of each output: see `edge_lines`.
    """

    mean: np.ndarray
    intercepts: np.ndarray
    slopes: np.ndarray


class Kept(NamedTuple):
    """The samples of an output that are stored again.

    Attributes
    ----------
    places : (n,) int array
        Where they are among all samples of the output.
    sources, targets : (n,) int array
        Rows of the mean frame, and of the frame to be stored.
    with_mean : (n,) bool array
        Whether they get their mean back.
    """

    places: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    with_mean: np.ndarray


def time_series(frame, mean, layout):
    """Lay out a frame output by output in the order of reading, less its mean and its drift.

    The drift of each output is the line, in time, through its samples in the first and the last four detector
    rows. A sample that equals its mean counts as missing: no part in the line, and zero in the series.

    Parameters
    ----------
    frame : (nrows, nx) float32 array
        A stored frame, DN.
    mean : (nrows, nx) float64 array
        Mean of the frames of the integration, DN.
    layout : Irs2Layout
        On the backend.

    Returns
    -------
    (5, nsamples, nslow) float32 array
        The samples, DN.
    """
    check_fit(
        rows=(layout.rows, "outputs nsamples"),
        times=(layout.times, "nsamples"),
        frame=(frame, (layout.rows.size, "nx")),
        mean=(mean, (layout.rows.size, "nx")),
    )
    offsets = Offsets(mean, *edge_lines(frame, mean, layout))
    samples = array_namespace(frame).empty((*layout.rows.shape, frame.shape[-1]), np.float32)
    lay_out(samples.shape, NO_SCRATCH, frame, offsets, layout, samples)
    return samples


def edge_lines(frame, mean, layout):
    """Line through the samples at the edges, of each output.

    Parameters
    ----------
    frame, mean, layout
        As in `time_series`.

    Returns
    -------
    intercepts, slopes : (5,) float32 arrays
        In DN, and DN in a pixel time; the time counts from the middle of the frame. Zero without samples.
    """
    xp = array_namespace(frame)
    nx = frame.shape[-1]
    columns = xp.arange(2 * EDGE)
    columns = xp.where(columns < EDGE, columns, columns + nx - 2 * EDGE)
    detector_rows = nx - 1 - columns if layout.turned else columns
    there = layout.rows[..., None], columns
    values = (frame[there] - mean[there]).astype(np.float32).astype(np.float64)
    time = detector_rows * layout.period + layout.times[:, None] - 0.5 * (nx * layout.period - 1)
    used = values != 0
    count = used.sum(axis=(1, 2))
    number = xp.maximum(count, 1)
    mean_time = (used * time).sum(axis=(1, 2)) / number
    mean_value = values.sum(axis=(1, 2)) / number
    spread = (used * time**2).sum(axis=(1, 2)) - number * mean_time**2
    covariance = (values * time).sum(axis=(1, 2)) - number * mean_time * mean_value
    slopes = covariance / xp.where(count > 0, spread, 1)
    return (mean_value - slopes * mean_time).astype(np.float32), slopes.astype(np.float32)


@strip_kernel
def lay_out(output, sample, begin, end, scratch, state, frame, offsets, layout, samples):
    """Take a strip of samples from the stored frame, less their mean and the drift of their output."""
    mean, period, turned = offsets.mean, layout.period, layout.turned
    nx, row, own = frame.shape[1], layout.rows[output, sample], samples[output, sample, begin:end]
    counts, means = frame[row, begin:end], mean[row, begin:end]
    if turned:
        counts, means = frame[row, nx - end : nx - begin], mean[row, nx - end : nx - begin]
    last = np.uint64(end - begin - 1)
    for lane in range(end - begin):
        place = last - np.uint64(lane) if turned else np.uint64(lane)
        own[lane] = counts[place] - means[place]
    intercept, slope = offsets.intercepts[output], offsets.slopes[output]
    first = layout.times[sample] + begin * period - 0.5 * (nx * period - 1)
    for lane in range(end - begin):
        line = intercept + np.float32(first + lane * period) * slope
        own[lane] -= line if own[lane] != 0 else np.float32(0)


@pixel_kernel
def put_back(sample, slow, samples, shown, mean, kept, turned, stored):
    """Store one sample without what others show of its noise; a normal pixel gets its mean back."""
    x = mean.shape[1] - 1 - slow if turned else slow
    value = samples[kept.places[sample], slow] - shown[sample, slow]
    if kept.with_mean[sample]:
        value = np.float32(value + mean[kept.sources[sample], x])
    stored[kept.targets[sample], x] = value


def mean_frame(ramp):
    """The mean of all groups: (nrows, nx) float64 from (ngroups, nrows, nx) float32."""
    mean = array_namespace(ramp).empty(ramp.shape[1:])
    average_groups(mean.shape, ramp, mean)
    return mean


@pixel_kernel
def average_groups(row, x, ramp, mean):
    """Average the groups of one pixel, in their order."""
    total = np.float64(0)
    for group in range(ramp.shape[0]):
        total += ramp[group, row, x]
    mean[row, x] = total / ramp.shape[0]
