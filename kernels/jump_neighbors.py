"""Jumps spread to the four nearest pixels, which interpixel capacitance couples to the one that was hit.

Source: the ``jump`` step of the JWST pipeline documentation,
https://stcal.readthedocs.io/en/latest/stcal/jump/description.html.
"""

from gpucal.backend import array_namespace, pixel_kernel, row_tiles
from gpucal.kernels.dqflags import JUMP_DET
from gpucal.kernels.first_differences import (
    LANES,
    UNUSABLE,
    difference_noise,
    fill_samples,
    first_difference,
    median_difference,
    sample_bytes_per_row,
    sample_space,
    sample_strip,
)
from gpucal.kernels.group_flags import has_flag

MASKS = 4  # masks of a block that are held at once


def flag_neighbors(ramp, groupdq, gain, read_noise, nframes, smallest, largest):
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

    Notes
    -----
    The work goes in blocks of rows. The row after a block is judged with it, before it can change; the
    row before a block has changed, and its judgement is kept from the block before.
    """
    xp = array_namespace(ramp)
    nints, ngroups, ny, nx = ramp.shape
    planes = groupdq.reshape(-1, ny, nx)
    nplanes, nvalues = planes.shape[0], nints * (ngroups - 1)
    spreads, samples = None, None
    for rows in row_tiles(ny, sample_bytes_per_row(nx, nvalues) + MASKS * nplanes * nx):
        nrows = rows.stop - rows.start
        if spreads is None:
            samples = sample_space(ramp, nrows + 1, nx, nvalues)
            spreads = xp.empty((nplanes, nrows + 2, nx), dtype=xp.uint8)
            row_before = 0
        judged = slice(rows.start, min(rows.stop + 1, ny))
        fill_samples(ramp, groupdq, gain, judged, samples)
        spreads[:, 0] = row_before
        spreads[:, 1:] = 0
        judge_pixel(
            (judged.stop - judged.start, nx), rows.start, ramp, groupdq, gain, read_noise, nframes,
            smallest, largest, samples, spreads,
        )  # fmt: skip
        flag_beside(planes[:, rows], spreads[:, : nrows + 2])
        row_before = spreads[:, nrows].copy()


@pixel_kernel
def judge_pixel(
    row, x, first_row, ramp, groupdq, gain, read_noise, nframes, smallest, largest, samples, spreads
):
    """Mark the jumps of one pixel that spread."""
    y = first_row + row
    if not has_flag(groupdq, JUMP_DET, y, x):
        return
    nints, ngroups, _, nx = ramp.shape
    strip, lane = sample_strip(row, x, nx), x % LANES
    median = median_difference(samples, strip, lane)
    noise = difference_noise(median, read_noise[y, x], gain[y, x], nframes)
    for integration in range(nints):
        for group in range(1, ngroups):
            if not groupdq[integration, group, y, x] & JUMP_DET:
                continue
            difference = first_difference(ramp, groupdq, gain, integration, group, y, x)
            size = abs(difference - median) / noise
            if smallest < size and size < largest:
                spreads[integration * ngroups + group, row + 1, x] = JUMP_DET


def flag_beside(flags, spreads):
    """Flag the usable pixels beside those that spread.

    Parameters
    ----------
    flags : (nplanes, nrows, nx) uint8 array
        Flags of a block of rows, edited.
    spreads : (nplanes, nrows + 2, nx) uint8 array
        JUMP_DET where a jump spreads, in the block and in the rows before and after it.
    """
    own = spreads[:, 1:-1]
    beside = spreads[:, :-2] | spreads[:, 2:]
    beside[..., 1:] |= own[..., :-1]
    beside[..., :-1] |= own[..., 1:]
    beside *= flags & UNUSABLE == 0
    flags |= beside
