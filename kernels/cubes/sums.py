"""Sums over the voxels of a cube, and how threads share them."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.threads import thread_count

# What is summed in each voxel: values times weights, weights, squares of errors times weights, and a count.
VALUE, WEIGHT, VARIANCE, COUNT = range(4)
NSUMS = 4

# So many chunks of planes for each thread: some are done sooner than others.
CHUNKS_PER_THREAD = 8


class Tiling(NamedTuple):
    """How a cube is cut into parts that one thread owns.

    Attributes
    ----------
    planes, rows : int
        Of a part; it has all columns.
    shape : tuple of int
        How many parts there are along planes, and along rows.
    """

    planes: int
    rows: int
    shape: tuple[int, int]


def no_sums(shape):
    """Sums of nothing.

    Parameters
    ----------
    shape : tuple of int
        Planes, rows and columns.

    Returns
    -------
    (nz, ny, nx, 4) float64 array
        On the backend.
    """
    return current_backend().xp.zeros((*shape, NSUMS), np.float64)


def usual_tiling(shape, tile=None):
    """Some planes for a thread of a CPU; one row of one plane on a device.

    Parameters
    ----------
    shape : tuple of int
        Planes, rows and columns.
    tile : tuple of int, optional
        Planes and rows of a part. Sums do not depend on it.

    Returns
    -------
    Tiling
    """
    nz, ny = shape[:2]
    if tile is None and current_backend().launcher == "grid":
        tile = 1, 1
    planes, rows = tile or (max(1, -(-nz // (thread_count() * CHUNKS_PER_THREAD))), max(1, ny))
    return Tiling(planes, rows, (-(-nz // planes), -(-ny // rows)))
