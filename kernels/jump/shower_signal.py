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

from gpucal.backend import array_namespace, current_backend, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, Scratch, in_a_row
from gpucal.kernels.flags.dqflags import JUMP_DET, REFERENCE_PIXEL
from gpucal.kernels.ramps.first_differences import UNUSABLE, Counts, ReadNoise, fill_samples
from gpucal.kernels.statistics.clip_bounds import (
    COUNT,
    DEFAULT_ROUNDS,
    LOWER,
    STATE_ROWS,
    UPPER,
    find_bounds,
    place_of,
)
from gpucal.kernels.statistics.sorted_samples import LARGEST, sort_samples, sorted_median

FLAGGED = UNUSABLE | JUMP_DET
CLIPPING_REACH = 5.0  # standard deviations
RATIO, KNOWN = range(2)  # planes of a ratio image
RING_SCRATCH = Scratch(samples=1, state=1)  # a count and a sum


class Exposed(NamedTuple):
    """An exposure in which showers are looked for: counts, DN, flags of groups and pixels, and electrons per DN.

    Its arrays are those of `gpucal.kernels.jump.showers.flag_showers`, or these with the pixels of an image in a row.
    """

    ramp: np.ndarray
    groupdq: np.ndarray
    pixeldq: np.ndarray
    gain: np.ndarray


class Ring(NamedTuple):
    """The pixels of a ring, counted from its centre in the flattened image, and the rows and border of that."""

    places: np.ndarray
    row_length: int
    border: int


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
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        gain=(gain, "ny nx"),
        read_noise=(read_noise, "ny nx"),
    )
    xp = array_namespace(ramp)
    nints, ngroups, ny, nx = ramp.shape
    span = 1 if by_group else ngroups - 1
    nplanes = (ngroups - 1) // span
    center, spread = (xp.empty((nplanes, ny, nx), dtype=xp.float32) for _ in range(2))
    counts, noise = Counts(*map(in_a_row, (ramp, groupdq, gain))), ReadNoise(in_a_row(read_noise), nframes)
    typical = TypicalDifferences(in_a_row(center), in_a_row(spread))
    find_typical((nplanes, ny * nx), Scratch(nints * span, STATE_ROWS), counts, noise, typical, span, by_group)
    return TypicalDifferences(center, spread)


@strip_kernel
def find_typical(plane, begin, end, samples, state, counts, read_noise, typical, span, by_group):
    """Typical differences of ``span`` groups of a strip of pixels, and their noise."""
    ramp, groupdq, gain = counts
    center, spread = typical
    first_group, width = 1 + plane * span, end - begin
    groups = first_group, first_group + span
    nvalues = fill_samples(begin, end, samples, ramp, groupdq, gain, *groups, JUMP_DET)
    sort_samples(samples, nvalues, width, state[COUNT])
    if by_group:
        find_bounds(samples, nvalues, width, state, CLIPPING_REACH, DEFAULT_ROUNDS)
    for lane in range(width):
        x, first, last = begin + lane, 0, int(state[COUNT, lane])
        if by_group:
            first, last = (
                place_of(samples, lane, 0, last, state[LOWER, lane], False),
                place_of(samples, lane, 0, last, state[UPPER, lane], True),
            )
        center[plane, x] = median = np.float32(sorted_median(samples, lane, first, last))
        electrons = read_noise.cds[x] * gain[x]
        spread[plane, x] = math.sqrt(abs(median) + electrons * electrons / np.float32(read_noise.nframes))
    if by_group:
        fill_samples(begin, end, samples, ramp, groupdq, gain, *groups, JUMP_DET)
        for lane in range(width):
            bounds = state[LOWER, lane], state[UPPER, lane]
            spread[plane, begin + lane] = deviation_in_order(samples, nvalues, lane, *bounds)


@pixel_function
def is_void(flags):
    """Whether a group does not count: it cannot be used, or has a jump and no other flag.

    In agreement with the pipeline, a group with a jump counts if it carries another flag.
    """
    return flags & UNUSABLE != 0 or flags == JUMP_DET


@pixel_function
def deviation_in_order(samples, nvalues, lane, lower, upper):
    """Population standard deviation of the values within bounds, summed in float32 one after another."""
    total, count = np.float32(0), 0
    for place in range(nvalues):
        value = samples[place, lane]
        if lower <= value and value <= upper:
            total += value
            count += 1
    if count == 0:
        return np.float32(math.nan)
    mean = np.float32(total / np.float32(count))
    squares = np.float32(0)
    for place in range(nvalues):
        value = samples[place, lane]
        if lower <= value and value <= upper:
            residual = value - mean
            squares += residual * residual
    return np.float32(math.sqrt(np.float32(squares / np.float32(count))))


def ratio_space(like, nimages, offsets):
    """Memory for the ratios of images, in a border as wide as a ring reaches: zeros, which count.

    Parameters
    ----------
    like : (ny, nx) array
        An image of the backend.
    nimages : int
        Number of images.
    offsets : (n, 2) int array
        The ring, see `ring_offsets`.

    Returns
    -------
    (nimages, 2, ny + 2 border, nx + 2 border) float32 array
        Zeros for the ratios, plane ``RATIO``, and ones, plane ``KNOWN``: zero there where a ratio does not count.
    """
    xp = array_namespace(like)
    border = int(abs(offsets).max(initial=0))
    space = xp.zeros((nimages, 2, *(size + 2 * border for size in like.shape)), np.float32)
    space[:, KNOWN] = 1
    return space


def border_of(ratio, image):
    """Width of the border that the ratios of an image have."""
    return (ratio.shape[-2] - image.shape[-2]) // 2


def ratio_shape(ratio, image):
    """The shape that the ratios of images have, their border included."""
    border = border_of(ratio, image)
    return "nints", 2, image.shape[-2] + 2 * border, image.shape[-1] + 2 * border


def measure_ratio(group, ramp, groupdq, pixeldq, gain, center, spread, ratio):
    """Measure how far the differences of a group are from the typical ones, in units of their noise.

    Parameters
    ----------
    group : int
        Which differences, of all integrations.
    ramp, groupdq, gain
        As in `typical_differences`.
    pixeldq : (ny, nx) uint32 array
        Pixel flags.
    center, spread : (ny, nx) float32 array
        Typical differences and their noise, electrons.
    ratio : array
        Memory of `ratio_space`, filled but for its border.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        pixeldq=(pixeldq, "ny nx"),
        gain=(gain, "ny nx"),
        center=(center, "ny nx"),
        spread=(spread, "ny nx"),
        ratio=(ratio, ratio_shape(ratio, pixeldq)),
    )
    exposed, typical = Exposed(ramp, groupdq, pixeldq, gain), TypicalDifferences(center, spread)
    measure_strip((ramp.shape[0], *pixeldq.shape), NO_SCRATCH, group, exposed, typical, ratio)


@strip_kernel
def measure_strip(integration, y, begin, end, samples, state, group, exposed, differences, ratio):
    """Distances of a strip of differences between two groups from the typical ones, in units of their noise."""
    ramp, groupdq, pixeldq, gain = exposed
    center, spread = differences
    border = (ratio.shape[2] - pixeldq.shape[0]) // 2
    before, after = ramp[integration, group - 1, y, begin:end], ramp[integration, group, y, begin:end]
    flags_before, flags_after = groupdq[integration, group - 1, y, begin:end], groupdq[integration, group, y, begin:end]
    factor, pixel_flags = gain[y, begin:end], pixeldq[y, begin:end]
    typical, noise = center[y, begin:end], spread[y, begin:end]
    ratios = ratio[integration, RATIO, y + border, begin + border : end + border]
    known = ratio[integration, KNOWN, y + border, begin + border : end + border]
    for lane in range(end - begin):
        distance = abs(after[lane] * factor[lane] - before[lane] * factor[lane] - typical[lane]) / noise[lane]
        flagged = (flags_after[lane] | pixel_flags[lane]) & FLAGGED != 0 or pixel_flags[lane] == REFERENCE_PIXEL
        void = flagged or is_void(flags_before[lane]) or is_void(flags_after[lane])
        counts_here = not void and distance <= LARGEST
        ratios[lane] = distance if counts_here else np.float32(0)
        known[lane] = np.float32(1) if counts_here else np.float32(0)


def find_bright(ratio, offsets, threshold, bright):
    """Find the pixels where the mean ratio over a ring around them exceeds a threshold.

    Pixels beyond the edge of their image count as zeros. A pixel without a ratio of its own is not bright.

    Parameters
    ----------
    ratio : (nimages, 2, ny + 2 border, nx + 2 border) float32 array
        Memory of `ratio_space` with the ratios.
    offsets : (n, 2) int array
        The ring, see `ring_offsets`.
    threshold : float
        The threshold.
    bright : (nimages, ny, nx) bool array
        Filled.
    """
    check_fit(bright=(bright, "nints ny nx"), ratio=(ratio, ratio_shape(ratio, bright)), offsets=(offsets, ("n", 2)))
    row_length = ratio.shape[-1]
    places = current_backend().asarray(offsets[:, 0] * row_length + offsets[:, 1])
    ring = Ring(places, row_length, border_of(ratio, bright))
    find_bright_strip(bright.shape, RING_SCRATCH, in_a_row(ratio), ring, threshold, bright)


@strip_kernel
def find_bright_strip(image, y, begin, end, samples, state, planes, ring, threshold, bright):
    """Find the bright pixels of a strip."""
    places, row_length, border = ring
    ratios, weights = planes[image, RATIO], planes[image, KNOWN]
    width, count, total = end - begin, samples[0], state[0]
    start = (y + border) * row_length + begin + border
    for lane in range(width):
        total[lane], count[lane] = 0.0, 0.0
    together = places.size // 3 * 3
    for place in range(0, together, 3):
        first, second, third = start + places[place], start + places[place + 1], start + places[place + 2]
        add_three(total, ratios, first, second, third, width)
        add_three(count, weights, first, second, third, width)
    for place in range(together, places.size):
        first = start + places[place]
        for lane in range(width):
            total[lane] += ratios[first + lane]
            count[lane] += weights[first + lane]
    known, found = weights[start : start + width], bright[image, y, begin:end]
    for lane in range(width):
        found[lane] = known[lane] > 0 and total[lane] / np.float64(count[lane]) > threshold


@pixel_function
def add_three(sums, values, first, second, third, width):
    """Add to sums the values from three places on, one after another: that spares reading and writing the sums."""
    one, two, three = values[first : first + width], values[second : second + width], values[third : third + width]
    for lane in range(width):
        sums[lane] = sums[lane] + one[lane] + two[lane] + three[lane]


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
