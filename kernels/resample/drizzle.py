"""Drizzling: add images, or rectangles of them, to sums over output pixels.

Source: Fruchter & Hook (2002), PASP 114, 144, https://doi.org/10.1086/338393, and the documentation of the package
drizzle, https://spacetelescope-drizzle.readthedocs.io.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.backend.threads import thread_count
from gpucal.kernels.resample.drops import SQUARE
from gpucal.kernels.resample.walk import LANES, Block, Marks, Tiling, add_to_tiles, find_reach
from gpucal.kernels.resample.work import CELLS

# Of the bands that a block reaches, so many for each thread: some are done sooner than others.
BANDS_PER_THREAD = 4
FEWEST_ROWS = 8

# What a map may take, of the scratch memory of the backend: on a CPU it is to be in a cache when it is used.
MAP_SHARE = 8

# Rows and columns of a tile of a device, which has a thread for each.
DEVICE_TILE = (8, 16)

# What stands for a last row or column that is not in the map.
BEYOND = 2**31


class Part(NamedTuple):
    """A rectangle of an input image.

    Attributes
    ----------
    values : (nplanes, nrows, ncolumns) float32 array
        Planes. NaN goes into the sums unless its weight is zero.
    weight : (nrows, ncolumns) float32 array
        Weights.
    pixel_map : (2, ...) float64 array
        x and y in the output of the centres of these pixels, and of those about them in the image: see `map_about`.
        Where it is NaN, pixels go nowhere.
    limits : (nrows, 2) int64 array
        Columns of the image, first and one after last, of each row that are used; see `gpucal.kernels.resample.scan`.
        On the host.
    place : tuple of int
        Row and column of the image that the rectangle begins with.
    image_shape : tuple of int
        Of the whole image, two rows and columns at least. Beyond its outermost centres the map is extrapolated.
    scale : float
        What values are multiplied by.
    flags : (nrows, ncolumns) uint32 array, optional
        Flags, for sums that collect them.
    """

    values: object
    weight: object
    pixel_map: object
    limits: np.ndarray
    place: tuple[int, int]
    image_shape: tuple[int, int]
    scale: float = 1.0
    flags: object = None


def add_image(sums, planes, weight, map_of, limits, drop, scale=1.0, flags=None, nroots=0, rows=None):
    """Add an image to sums over output pixels; its map is made for some rows at a time, and not kept.

    Parameters
    ----------
    sums : Sums
        Edited.
    planes : sequence of (ny, nx) float32 array
        What to add: one for each plane of the sums.
    weight : (ny, nx) float32 array
        Weights.
    map_of : callable
        Takes a shape, rows and columns, and an origin, x and y; gives the map of the pixels from there,
        (2, rows, columns) float64 array, as `gpucal.wcs.program.Program.on_grid` does.
    limits : (ny, 2) int64 array
        See `Part`.
    drop : Drop
        See `gpucal.kernels.resample.drops.drop_of`.
    scale : float
        What values are multiplied by.
    flags : (ny, nx) uint32 array, optional
        Flags, for sums that collect them.
    nroots : int
        Of so many planes, the last ones, the square roots are added.
    rows : slice, optional
        Those of the image that may reach the sums; all, if not given.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """
    backend, (ny, nx) = current_backend(), weight.shape
    if len(limits) != ny or len(planes) != sums.totals.shape[2] - 1:
        raise ValueError(f"{len(planes)} planes with {len(limits)} rows do not fit sums {sums.totals.shape}")
    budget = backend.scratch_bytes // MAP_SHARE
    first, stop, _ = (rows or slice(None)).indices(ny)
    for tile in row_tiles(stop - first, 2 * nx * np.dtype(np.float64).itemsize, budget):
        own = slice(first + tile.start, first + tile.stop)
        values = backend.xp.stack([plane[own] for plane in planes])
        if nroots:
            values[-nroots:] = backend.xp.sqrt(values[-nroots:])
        around, columns = map_about((own.start, 0), values.shape[1:], (ny, nx))
        pixel_map = map_of((len(around), len(columns)), (float(columns.start), float(around.start)))
        placed = pixel_map, limits[own], (own.start, 0), (ny, nx)
        part = Part(values, weight[own], *placed, scale, None if flags is None else flags[own])
        add_part(sums, part, drop)


def add_part(sums, part, drop, tile=None):
    """Add a rectangle of an input image to sums over output pixels, in the order of the input.

    Parameters
    ----------
    sums : Sums
        Edited.
    part : Part
        What to add.
    drop : Drop
        See `gpucal.kernels.resample.drops.drop_of`.
    tile : tuple of int, optional
        Rows and columns of the tiles that threads own. Sums do not depend on it.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """
    around = map_about(part.place, part.weight.shape, part.image_shape)
    _check(sums, part, around)
    if 0 in (*sums.totals.shape, *part.weight.shape):
        return
    backend, (nrows, ncolumns) = current_backend(), part.weight.shape
    last_row, last_column = (
        side - 1 - span.start if span.stop == side else BEYOND
        for span, side in zip(around, part.image_shape, strict=True)
    )
    first_row, first_column = (place - span.start for span, place in zip(around, part.place, strict=True))
    limits = backend.asarray(np.clip(part.limits - part.place[1], 0, ncolumns))
    values, weight, pixel_map = map(backend.xp.ascontiguousarray, (part.values, part.weight, part.pixel_map))
    placed = first_row, last_row, first_column, last_column
    marks = Marks(sums.touched, backend.xp.zeros((0, 0), np.uint32) if sums.flags is None else sums.flags)
    flags = marks.flags if sums.flags is None else backend.xp.ascontiguousarray(part.flags)
    block = Block(values, weight, pixel_map, limits, *placed, np.float32(part.scale), flags)
    reach = backend.xp.empty((nrows, -(-ncolumns // LANES), 4), np.float64)
    find_reach(reach.shape[:2], block, 0.0 if drop.kind == SQUARE else drop.half, reach)
    rows = backend.asnumpy(reach[..., 2:]) - sums.corner[0]
    first, last = max(rows[..., 0].min(), 0), min(rows[..., 1].max(), sums.totals.shape[0] - 1)
    if first <= last:
        _add_in_tiles(sums, marks, block, reach, drop, range(int(first), int(last) + 1), tile)


def map_about(place, shape, image_shape):
    """The rows and the columns that the map of a rectangle has to have: its own, and the next ones in the image.

    Parameters
    ----------
    place, shape : tuple of int
        Where in the image the rectangle begins, and its extents.
    image_shape : tuple of int
        Of the image.

    Returns
    -------
    tuple of range
        Rows and columns.
    """
    return tuple(
        range(max(first - 1, 0), min(first + extent + 1, side))
        for first, extent, side in zip(place, shape, image_shape, strict=True)
    )


def _check(sums, part, around):
    (ny, nx, nsums), (nrows, ncolumns) = sums.totals.shape, part.weight.shape
    if part.values.shape != (nsums - 1, nrows, ncolumns):
        raise ValueError(f"{nsums - 1} planes of {nrows} x {ncolumns} pixels are to be added, not {part.values.shape}")
    if part.pixel_map.shape != (2, len(around[0]), len(around[1])):
        raise ValueError(f"the map is of {part.pixel_map.shape[1:]} pixels, not of {tuple(map(len, around))}")
    if min(part.image_shape) < 2:
        raise ValueError(f"an image of {part.image_shape} pixels is too small: it needs two rows and two columns")
    if part.limits.shape != (nrows, 2):
        raise ValueError(f"there are limits {part.limits.shape} for {nrows} rows")
    if sums.touched.shape not in ((0, 0), (ny, nx)):
        raise ValueError(f"what is touched of {ny} x {nx} pixels is not {sums.touched.shape}")
    if (sums.flags is None) != (part.flags is None):
        raise ValueError("flags are collected of pixels that have them, and of no others")
    if sums.flags is not None and (sums.flags.shape, part.flags.shape) != ((ny, nx), (nrows, ncolumns)):
        raise ValueError(f"flags {part.flags.shape} of {nrows} x {ncolumns} pixels do not fit {sums.flags.shape}")


def _add_in_tiles(sums, marks, block, reach, drop, rows, tile):
    """Add to a range of rows of the sums."""
    xp, (_, nx, nsums) = current_backend().xp, sums.totals.shape
    height, width = tile or _usual_tile(len(rows), nx)
    tiles = -(-len(rows) // height), -(-nx // width)
    work = xp.empty((tiles[0] * tiles[1], CELLS + drop.window * (drop.window + 1), LANES + 2), np.float64)
    values = xp.empty((len(work), nsums), np.float64)
    tiling = Tiling(sums.corner[1], sums.corner[0], rows.start, rows.stop, height, width)
    add_to_tiles(tiles, tiling, block, reach, drop, sums.totals, marks, work, values)


def _usual_tile(nrows, ncolumns):
    """Rows and columns of a tile: a band on a CPU, small on a device."""
    if current_backend().launcher == "grid":
        return DEVICE_TILE
    return max(-(-nrows // (thread_count() * BANDS_PER_THREAD)), FEWEST_ROWS), ncolumns
