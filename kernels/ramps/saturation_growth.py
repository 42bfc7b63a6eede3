"""Growth of flags into neighbouring pixels: charge spills out of a saturated pixel."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, row_tiles, strip_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.backend.strips import NO_SCRATCH, in_a_row

MASKS_AT_ONCE = 3


class Bits(NamedTuple):
    """Bits of some planes of flags.

    Attributes
    ----------
    planes : (nplanes, ny, nx) uint8 array
        Flags.
    which : (n,) int array
        The planes.
    bits : int
        The bits.
    """

    planes: np.ndarray
    which: np.ndarray
    bits: int


def grow(mask, radius):
    """Dilate each plane of a mask by a box of ``2 * radius + 1`` pixels.

    A box is separable: its rows grow first, then its columns.

    Parameters
    ----------
    mask : (..., ny, nx) bool array
        Where a flag is set.
    radius : int
        Layers of neighbours to reach; zero or less leaves the mask as it is.

    Returns
    -------
    (..., ny, nx) bool array
        True within the box around each true pixel; ``mask`` itself where nothing grows.
    """
    if radius <= 0:
        return mask
    xp = array_namespace(mask)
    for axis in (-1, -2):
        source = xp.swapaxes(mask, axis, -1)
        mask = mask.copy()
        target = xp.swapaxes(mask, axis, -1)
        for shift in range(1, min(radius, source.shape[-1] - 1) + 1):
            target[..., shift:] |= source[..., :-shift]
            target[..., :-shift] |= source[..., shift:]
    return mask


def grow_flag(groupdq, flag, radius):
    """Set a flag, in place, on the neighbours of the pixels that carry it, within each group.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, C-contiguous.
    flag : int
        The flag that spreads.
    radius : int
        Layers of neighbours to reach.
    """
    if radius <= 0:
        return
    planes = groupdq.reshape(-1, *groupdq.shape[-2:])
    flagged = planes_with(planes, flag)
    for block in plane_blocks(flagged, planes):
        spread_flag(planes, flagged[block], flag, planes, flagged[block], flag, radius)


def planes_with(planes, flag):
    """Find the planes in which any pixel carries a flag.

    Parameters
    ----------
    planes : (nplanes, ny, nx) uint8 array
        Flags.
    flag : int
        The flag.

    Returns
    -------
    (n,) int64 array
        Their numbers, in order.
    """
    xp = array_namespace(planes)
    found = xp.zeros(len(planes), bool)
    flags = in_a_row(planes)
    find_plane(flags.shape, NO_SCRATCH, flags, flag, found)
    return xp.flatnonzero(found)


@strip_kernel
def find_plane(plane, begin, end, samples, state, planes, flag, found):
    """Mark a plane if a strip of it holds a flag; all strips of a plane write the same."""
    flags = planes[plane, begin:end]
    if any_flag(flags, flag):
        found[plane] = True


@pixel_function
def any_flag(flags, flag):
    """Whether any element of a row of flags carries a flag."""
    together = np.uint8(0)
    for lane in range(flags.size):
        together |= flags[lane]
    return together & flag != 0


def spread_flag(sources, which, bits, planes, targets, flag, radius):
    """Set a flag, in place, in the boxes round the pixels of some planes that carry certain bits.

    Parameters
    ----------
    sources : (nsources, ny, nx) uint8 array
        Where the bits are.
    which : (n,) int array
        The planes of ``sources`` to look at.
    bits : int
        Any of these counts.
    planes : (nplanes, ny, nx) uint8 array
        Flags, edited.
    targets : (n,) int array
        The planes of ``planes`` that go with them.
    flag : int
        The flag to set.
    radius : int
        Layers of neighbours to reach.
    """
    check_fit(
        sources=(sources, "nsources ny nx"),
        which=(which, "n"),
        planes=(planes, "nplanes ny nx"),
        targets=(targets, "n"),
    )
    check_indices(which, len(sources))
    check_indices(targets, len(planes))
    near = array_namespace(planes).empty((len(which), *planes.shape[1:]), np.uint8)
    spread_along_rows(near.shape, NO_SCRATCH, Bits(sources, which, bits), radius, near)
    flag_along_columns(near.shape, NO_SCRATCH, near, radius, Bits(planes, targets, flag))


@strip_kernel
def spread_along_rows(place, y, begin, end, samples, state, source, radius, near):
    """Find the bits in reach of a strip of pixels, in their own row."""
    nx, bits = near.shape[2], source.bits
    row, reached = source.planes[source.which[place], y], near[place, y]
    own, here = row[begin:end], reached[begin:end]
    for lane in range(end - begin):
        here[lane] = own[lane] & bits
    for shift in range(1, min(radius, nx - 1) + 1):
        first, last = max(begin, shift), min(end, nx - shift)
        before, here = row[first - shift : end - shift], reached[first:end]
        for lane in range(end - first):
            here[lane] |= before[lane] & bits
        after, here = row[begin + shift : last + shift], reached[begin:last]
        for lane in range(last - begin):
            here[lane] |= after[lane] & bits


@strip_kernel
def flag_along_columns(place, y, begin, end, samples, state, near, radius, target):
    """Flag the pixels of a strip that have a bit in reach, in their own row or in those above and below."""
    flags, flag = target.planes[target.which[place], y, begin:end], target.bits
    for row in range(max(0, y - radius), min(near.shape[1], y + radius + 1)):
        reached = near[place, row, begin:end]
        for lane in range(end - begin):
            flags[lane] |= flag if reached[lane] else 0


def plane_blocks(which, planes):
    """Blocks of planes whose masks fit the scratch memory.

    Parameters
    ----------
    which : sequence
        What is to be cut into blocks, one element a plane.
    planes : (..., ny, nx) array
        Planes of the same size.

    Returns
    -------
    iterator of slice
        Consecutive blocks along the first axis.
    """
    ny, nx = planes.shape[-2:]
    return row_tiles(len(which), MASKS_AT_ONCE * ny * nx)
