"""How bright the faint extended light of cosmic-ray showers stands out in each group.

A shower lifts many neighbouring pixels a little. Each difference between groups is set against the typical one
of its pixel and the noise, in absolute value, and averaged over a ring of pixels around.

Source: Regan (2023), JWST-STScI-008545, and the ``jump`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/description.html.

The arithmetic is float32 where the pipeline's is.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel, row_tiles
from gpucal.kernels.dqflags import JUMP_DET, REFERENCE_PIXEL
from gpucal.kernels.first_differences import (
    LANES,
    UNUSABLE,
    keep_within,
    median_difference,
    sample_bytes_per_row,
    sample_space,
    sample_strip,
)
from gpucal.kernels.sigma_clip_jumps import clipping_bounds

FLAGGED = UNUSABLE | JUMP_DET
CLIPPING_REACH = 5.0  # standard deviations


class TypicalDifferences(NamedTuple):
    """Differences between groups without showers.

    Attributes
    ----------
    center, spread : (nplanes, ny, nx) float32 array
        Typical difference and its noise, electrons; one plane for all groups, or one for each group from the
        second on.
    """

    center: np.ndarray
    spread: np.ndarray

    def of_group(self, group):
        """Centre and spread of a group, from 1 on, (ny, nx) arrays."""
        plane = min(group, self.center.shape[0]) - 1
        return self.center[plane], self.spread[plane]


def typical_differences(ramp, groupdq, gain, read_noise, nframes, by_group):
    """Find the typical difference of each pixel between groups, and its noise.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    gain : (ny, nx) float32 array
        Electrons per DN.
    read_noise : (ny, nx) float32 array
        Noise of the difference of two reads, DN.
    nframes : int
        Frames averaged into a group.
    by_group : bool
        Whether the differences of each group are judged apart, by sigma clipping over the integrations,
        rather than those of all groups together, by their median and the expected noise.

    Returns
    -------
    TypicalDifferences
        NaN where a pixel has no difference.
    """
    xp = array_namespace(ramp)
    nints, ngroups, ny, nx = ramp.shape
    planes = [range(group, group + 1) for group in range(1, ngroups)] if by_group else [range(1, ngroups)]
    center, spread = (xp.empty((len(planes), ny, nx), dtype=xp.float32) for _ in range(2))
    nvalues = nints * len(planes[0])
    blocks = list(row_tiles(ny, sample_bytes_per_row(nx, nvalues)))
    samples = sample_space(ramp, blocks[0].stop, nx, nvalues)
    for plane, groups in enumerate(planes):
        results = samples, center[plane], spread[plane]
        for rows in blocks:
            grid = rows.stop - rows.start, nx
            if by_group:
                clip_pixel(grid, rows.start, groups.start, ramp, groupdq, gain, *results)
            else:
                noise = read_noise, nframes
                judge_pixel(grid, rows.start, ramp, groupdq, gain, *noise, *results)
    return TypicalDifferences(center, spread)


@pixel_kernel
def judge_pixel(row, x, first_row, ramp, groupdq, gain, read_noise, nframes, samples, center, spread):
    """Median of all differences of one pixel, and the noise that it and the read noise predict."""
    y = first_row + row
    strip, lane = sample_strip(row, x, ramp.shape[3]), x % LANES
    fill_sample(ramp, groupdq, gain, 1, ramp.shape[1], y, x, samples, strip, lane)
    median = np.float32(median_difference(samples, strip, lane))
    electrons = read_noise[y, x] * gain[y, x]
    center[y, x] = median
    spread[y, x] = math.sqrt(abs(median) + electrons * electrons / np.float32(nframes))


@pixel_kernel
def clip_pixel(row, x, first_row, group, ramp, groupdq, gain, samples, center, spread):
    """Median and standard deviation of one pixel's differences of one group, after sigma clipping."""
    y = first_row + row
    strip, lane = sample_strip(row, x, ramp.shape[3]), x % LANES
    fill_sample(ramp, groupdq, gain, group, group + 1, y, x, samples, strip, lane)
    lower, upper = clipping_bounds(samples, strip, lane, samples.shape[1], CLIPPING_REACH)
    fill_sample(ramp, groupdq, gain, group, group + 1, y, x, samples, strip, lane)
    kept = keep_within(samples, strip, lane, samples.shape[1], lower, upper)
    spread[y, x] = deviation_in_order(samples, strip, lane, kept)
    for place in range(kept, samples.shape[1]):
        samples[strip, place, lane] = math.nan
    center[y, x] = median_difference(samples, strip, lane)


@pixel_function
def fill_sample(ramp, groupdq, gain, begin, end, y, x, samples, strip, lane):
    """Write one pixel's differences of groups ``begin`` to ``end - 1`` into its sample."""
    place = 0
    for integration in range(ramp.shape[0]):
        for group in range(begin, end):
            samples[strip, place, lane] = valid_difference(ramp, groupdq, gain, integration, group, y, x)
            place += 1


@pixel_function
def valid_difference(ramp, groupdq, gain, integration, group, y, x):
    """Electrons gained between the group before and ``group``; NaN where either is void."""
    if is_void(groupdq[integration, group - 1, y, x]) or is_void(groupdq[integration, group, y, x]):
        return np.float32(math.nan)
    before = ramp[integration, group - 1, y, x] * gain[y, x]
    return ramp[integration, group, y, x] * gain[y, x] - before


@pixel_function
def is_void(flags):
    """Whether a group does not count: it cannot be used, or has a jump and no other flag.

    In agreement with the pipeline, a group with a jump counts if it carries another flag.
    """
    return flags & UNUSABLE != 0 or flags == JUMP_DET


@pixel_function
def deviation_in_order(samples, strip, lane, count):
    """Population standard deviation of the first values of a sample, summed in float32 one after another."""
    if count == 0:
        return np.float32(math.nan)
    total = np.float32(0)
    for place in range(count):
        total += samples[strip, place, lane]
    mean = np.float32(total / np.float32(count))
    squares = np.float32(0)
    for place in range(count):
        residual = samples[strip, place, lane] - mean
        squares += residual * residual
    return np.float32(math.sqrt(np.float32(squares / np.float32(count))))


@pixel_kernel
def measure_ratio(y, x, integration, group, ramp, groupdq, pixeldq, gain, center, spread, ratio):
    """Distance of one difference from the typical one, in units of its noise; NaN where it does not count."""
    flags = groupdq[integration, group, y, x] | pixeldq[y, x]
    if flags & FLAGGED or pixeldq[y, x] == REFERENCE_PIXEL:
        ratio[y, x] = math.nan
        return
    difference = valid_difference(ramp, groupdq, gain, integration, group, y, x)
    ratio[y, x] = abs(difference - center[y, x]) / spread[y, x]


@pixel_kernel
def find_bright(y, x, ratio, ring, threshold, bright):
    """Whether the mean ratio over the ring around a pixel exceeds a threshold.

    Pixels beyond the edge of the image count as zeros. A pixel without a ratio of its own is not bright.
    """
    ny, nx = ratio.shape
    total, count = 0.0, 0
    for place in range(ring.shape[0]):
        row, column = y + ring[place, 0], x + ring[place, 1]
        if row < 0 or row >= ny or column < 0 or column >= nx:
            count += 1
        elif math.isfinite(ratio[row, column]):
            total += np.float64(ratio[row, column])
            count += 1
    bright[y, x] = count > 0 and math.isfinite(ratio[y, x]) and total / count > threshold


def ring_offsets(inner_radius, width):
    """Offsets of the pixels whose centres lie on a ring, its outlines included.

    Parameters
    ----------
    inner_radius : float
        Pixels.
    width : float
        Distance from the inner to the outer outline, pixels.

    Returns
    -------
    (n, 2) int array
        Rows and columns, on the host.
    """
    reach = math.ceil(inner_radius + width)
    places = np.arange(-reach, reach + 1)
    rows, columns = np.meshgrid(places, places, indexing="ij")
    squares = rows**2 + columns**2
    inside = (squares >= inner_radius**2) & (squares <= (inner_radius + width) ** 2)
    return np.stack([rows[inside], columns[inside]], axis=1)
