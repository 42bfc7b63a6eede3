"""Growth of flags into neighbouring pixels: charge spills out of a saturated pixel."""

from gpucal.backend import array_namespace, row_tiles


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
    ny, nx = groupdq.shape[-2:]
    planes = groupdq.reshape(-1, ny, nx)
    for block in plane_blocks(planes):
        spread = grow((planes[block] & flag) != 0, radius)
        planes[block] |= spread * groupdq.dtype.type(flag)


def plane_blocks(planes):
    """Blocks of planes whose masks, while they grow, fit the scratch memory.

    Parameters
    ----------
    planes : (nplanes, ny, nx) array
        The planes to cut up.

    Returns
    -------
    iterator of slice
        Consecutive blocks along the first axis.
    """
    masks_at_once = 3
    nplanes, ny, nx = planes.shape
    return row_tiles(nplanes, masks_at_once * ny * nx)
