"""From sums over voxels to the planes of a cube: values, errors, counts, and flags."""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.cubes.sums import COUNT, NSUMS, VALUE, VARIANCE, WEIGHT
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE

# Flags of a voxel in the field that no pixel reaches, and of one outside of the field.
HOLE = DO_NOT_USE
OUTSIDE = DO_NOT_USE | NON_SCIENCE

# A plane with fewer good spaxels than this share of a low percentile of all planes is torn: a part of the slices ends.
TORN_SHARE, PERCENTILE = 0.75, 3


class CubePlanes(NamedTuple):
    """The arrays of a cube, all (nz, ny, nx).

    Attributes
    ----------
    data, err, weightmap : float32 array
        Values and errors, NaN where they are flagged; how many pixels contributed.
    dq : uint32 array
        Flags.
    """

    data: object
    err: object
    weightmap: object
    dq: object


def planes_of(sums, field=None):
    """The arrays of a cube.

    Parameters
    ----------
    sums : (nz, ny, nx, 4) float64 array
        See `gpucal.kernels.cubes.sums`.
    field : (nz, ny, nx) uint8 array, optional
        Not zero where the field of an exposure is; a voxel there that no pixel reaches is a hole, unless it touches
        what is outside. Without it there are no holes.

    Returns
    -------
    CubePlanes
        On the backend.
    """
    check_fit(sums=(sums, ("nz", "ny", "nx", NSUMS)), field=(field, "nz ny nx"))
    xp, shape = current_backend().xp, sums.shape[:3]
    made = CubePlanes(*(xp.empty(shape, np.float32) for _ in range(3)), xp.empty(shape, np.uint32))
    write_voxel(shape, sums, xp.zeros((0, 0, 0), np.uint8) if field is None else field, *made)
    if field is not None:
        join_holes(shape[:1], made.dq)
    return made


@pixel_kernel
def write_voxel(z, y, x, sums, field, data, err, weightmap, dq):
    """Write one voxel."""
    voxel = sums[z, y, x]
    weightmap[z, y, x] = voxel[COUNT]
    weight = voxel[WEIGHT]
    if weight > 0:
        data[z, y, x] = voxel[VALUE] / weight
        err[z, y, x] = math.sqrt(voxel[VARIANCE] / (weight * weight))
        dq[z, y, x] = 0
    else:
        data[z, y, x] = np.nan
        err[z, y, x] = np.nan
        dq[z, y, x] = HOLE if field.size and field[z, y, x] != 0 else OUTSIDE


@pixel_kernel
def join_holes(z, dq):
    """Count the holes of a plane as outside that are at its border, or touch what is outside.

    Spaxels are looked at one after another, each with what became of those before it; neighbours in the first row and
    the first column do not count. So does jwst.
    """
    ny, nx = dq.shape[1], dq.shape[2]
    for y in range(ny):
        for x in range(nx):
            if dq[z, y, x] == HOLE:
                at_border = y == 0 or y == ny - 1 or x == 0 or x == nx - 1
                if at_border or touches_outside(dq[z], y, x):
                    dq[z, y, x] = OUTSIDE


@pixel_function
def touches_outside(dq, y, x):
    """Whether a neighbour is outside of the field."""
    found = x > 1 and is_outside(dq[y, x - 1])
    found = found or is_outside(dq[y, x + 1])
    found = found or (y > 1 and is_outside(dq[y - 1, x]))
    return found or is_outside(dq[y + 1, x])


@pixel_function
def is_outside(flag):
    """Whether a flag says so."""
    return flag & NON_SCIENCE != 0


def torn_planes(planes):
    """The planes that some slices do not reach: those with far fewer good spaxels than the others.

    Parameters
    ----------
    planes : CubePlanes
        Of a cube.

    Returns
    -------
    (n,) int array
        Their numbers; on the host.
    """
    backend = current_backend()
    good = backend.asnumpy((planes.dq == 0).sum(axis=(1, 2)))
    if not (good > 0).any():
        return np.flatnonzero(good)
    return np.flatnonzero((good > 0) & (good < TORN_SHARE * np.percentile(good[good > 0], PERCENTILE)))


def blank(planes, numbers):
    """Empty planes of a cube, in place.

    Parameters
    ----------
    planes : CubePlanes
        Edited.
    numbers : sequence of int
        Which planes.
    """
    for number in numbers:
        planes.data[number] = planes.err[number] = np.nan
        planes.weightmap[number] = 0
        planes.dq[number] = OUTSIDE
