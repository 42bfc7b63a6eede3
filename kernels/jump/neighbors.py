"""Jumps spread to the four nearest pixels, which interpixel capacitance couples to the one that was hit.

Source: the ``jump`` step of the JWST pipeline documentation,
https://stcal.readthedocs.io/en/latest/stcal/jump/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, row_tiles, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, Scratch, in_a_row
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.jump.medians import PIXEL, jump_medians, list_jumps
from gpucal.kernels.ramps.first_differences import (
    UNUSABLE,
    Counts,
    ReadNoise,
    difference_noise,
    first_difference,
)


class Sizes(NamedTuple):
    """Jumps that spread are above the smallest and below the largest of these sizes, in units of the noise."""

    smallest: float
    largest: float


def flag_neighbors(ramp, groupdq, gain, read_noise, nframes, smallest, largest, medians=None):
    """Flag, in place, the pixels above, below, left and right of each jump of a certain size.

    The size is the distance of the difference from the median of all differences of the pixel, in units of
    the expected noise. Neighbours that are SATURATED or DO_NOT_USE in that group stay as they are.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags with the jumps that were found; JUMP_DET is added.
    gain : (ny, nx) float32 array
        Electrons per DN.
    read_noise : (ny, nx) float32 array
        Noise of the difference of two reads, DN.
    nframes : int
        Frames averaged into a group.
    smallest, largest : float
        The jumps that spread are above ``smallest`` and below ``largest``.
    medians : (ny, nx) float64 array, optional
        Median differences, electrons, as far as they are known: those of pixels with jumps. Found here by default.

    Notes
    -----
    The work goes in blocks of rows. The row after a block is judged with it, before it can change; the
    row before a block has changed, and its judgement is kept from the block before.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        gain=(gain, "ny nx"),
        read_noise=(read_noise, "ny nx"),
        medians=(medians, "ny nx"),
    )
    xp = array_namespace(ramp)
    nints, ngroups, ny, nx = ramp.shape
    planes = groupdq.reshape(-1, ny, nx)
    nplanes = planes.shape[0]
    medians = jump_medians(ramp, groupdq, gain) if medians is None else medians
    counts, noise = Counts(*map(in_a_row, (ramp, groupdq, gain))), ReadNoise(in_a_row(read_noise), nframes)
    medians, sizes = in_a_row(medians), Sizes(smallest, largest)
    spreads = None
    for rows in row_tiles(ny, nplanes * nx):
        nrows = rows.stop - rows.start
        if spreads is None:
            spreads = xp.empty((nplanes, nrows + 2, nx + 2), dtype=xp.uint8)
            row_before = 0
        spreads[:, 0] = row_before
        spreads[:, 1:] = 0
        npixels = (min(rows.stop + 1, ny) - rows.start) * nx
        judge_strip((npixels,), Scratch(1, 1), rows.start, counts, noise, medians, sizes, spreads)
        flag_beside((nplanes, nrows, nx), NO_SCRATCH, rows.start, planes, spreads)
        row_before = spreads[:, nrows].copy()


@strip_kernel
def judge_strip(begin, end, samples, state, first_row, counts, read_noise, medians, sizes, spreads):
    """Mark the jumps that spread, of a strip of the pixels from a row on."""
    ramp, groupdq, gain = counts
    (nints, ngroups, _), nx = ramp.shape, spreads.shape[2] - 2
    first = first_row * nx
    for lane in range(list_jumps(first + begin, first + end, samples[0], state[PIXEL], groupdq)):
        x = int(state[PIXEL, lane])
        median = medians[x]
        noise = difference_noise(median, read_noise.cds[x], gain[x], read_noise.nframes)
        row, column = x // nx - first_row + 1, x % nx + 1
        for integration in range(nints):
            for group in range(1, ngroups):
                if not groupdq[integration, group, x] & JUMP_DET:
                    continue
                difference = first_difference(ramp, groupdq, gain, integration, group, x)
                size = abs(difference - median) / noise
                if sizes.smallest < size and size < sizes.largest:
                    spreads[integration * ngroups + group, row, column] = JUMP_DET


@strip_kernel
def flag_beside(plane, row, begin, end, samples, state, first_row, planes, spreads):
    """Flag the usable pixels of a strip that have a spreading jump above, below, left or right of them."""
    flags = planes[plane, first_row + row, begin:end]
    above = spreads[plane, row, begin + 1 : end + 1]
    below = spreads[plane, row + 2, begin + 1 : end + 1]
    left, right = spreads[plane, row + 1, begin:end], spreads[plane, row + 1, begin + 2 : end + 2]
    for lane in range(end - begin):
        near = above[lane] | below[lane] | left[lane] | right[lane]
        flags[lane] |= near if flags[lane] & UNUSABLE == 0 else np.uint8(0)
