"""Drizzling: add input pixels to the sums of output pixels, and make images of the sums.

Source: Fruchter & Hook (2002), PASP 114, 144, https://doi.org/10.1086/338393, and the documentation of the package
drizzle, https://spacetelescope-drizzle.readthedocs.io.
"""

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.threads import thread_count
from gpucal.kernels.resample.drops import SQUARE
from gpucal.kernels.resample.walk import LANES, Block, Tiling, add_to_tiles, find_reach
from gpucal.kernels.resample.work import CELLS

# Of the bands that a block reaches, so many for each thread: some are done sooner than others.
BANDS_PER_THREAD = 4
FEWEST_ROWS = 8

# Rows and columns of a tile of a device, which has a thread for each.
DEVICE_TILE = (8, 16)

# What stands for a last row or column that is not in the map.
BEYOND = 2**31


def add_block(sums, corner, values, weight, pixel_map, place, image_shape, limits, drop, scale=1.0, tile=None):
    """Add a rectangle of an input image to sums over output pixels, in the order of the input.

    Parameters
    ----------
    sums : (ny, nx, 1 + nplanes) float64 array
        Of a rectangle of the output: of weights, and of weights times the values of each plane; edited.
    corner : tuple of int
        Row and column, in the output, that the sums begin with.
    values : (nplanes, nrows, ncolumns) float32 array
        Of the rectangle of the input. NaN goes into the sums unless its weight is zero.
    weight : (nrows, ncolumns) float32 array
        Weights of its pixels.
    pixel_map : (2, ...) float64 array
        x and y in the output of the centres of its pixels, and of those about them, one on each side, that are in the
        image. Where it is NaN, pixels go nowhere.
    place : tuple of int
        Row and column of the image that the rectangle begins with.
    image_shape : tuple of int
        Of the whole image: beyond its outermost centres the map is extrapolated. Two rows and columns at least.
    limits : (nrows, 2) int64 array
        Columns of the image, first and one after last, of each row that are used; see `gpucal.kernels.resample.scan`.
        On the host.
    drop : Drop
        See `gpucal.kernels.resample.drops.drop_of`.
    scale : float
        What values are multiplied by.
    tile : tuple of int, optional
        Rows and columns of the tiles that threads own. Sums do not depend on it.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """
    nrows, ncolumns = weight.shape
    around = map_about(place, weight.shape, image_shape)
    _check(sums, values, weight, pixel_map, around, limits)
    if 0 in (*sums.shape, nrows, ncolumns):
        return
    last_row, last_column = (
        side - 1 - span.start if span.stop == side else BEYOND for span, side in zip(around, image_shape, strict=True)
    )
    inside = np.clip(np.asarray(limits, np.int64) - place[1], 0, ncolumns)
    backend = current_backend()
    block = Block(
        values, weight, pixel_map, backend.asarray(inside), place[0] - around[0].start, last_row,
        place[1] - around[1].start, last_column, np.float32(scale),
    )  # fmt: skip
    reach = backend.xp.empty((nrows, -(-ncolumns // LANES), 4), np.float64)
    find_reach(reach.shape[:2], block, 0.0 if drop.kind == SQUARE else drop.half, reach)
    rows = backend.asnumpy(reach[..., 2:])
    least, most = rows[..., 0].min() - corner[0], rows[..., 1].max() + 1 - corner[0]
    _add_in_tiles(sums, corner, block, reach, drop, max(least, 0), min(most, sums.shape[0]), tile)


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


def _check(sums, values, weight, pixel_map, around, limits):
    if len(values) + 1 != sums.shape[2] or values.shape[1:] != weight.shape:
        raise ValueError(f"sums of {sums.shape[2]} planes and weights {weight.shape} do not fit values {values.shape}")
    if pixel_map.shape != (2, len(around[0]), len(around[1])):
        raise ValueError(f"the map is of {pixel_map.shape[1:]} pixels, not of {tuple(map(len, around))}")
    if min(map(len, around)) < 2:
        raise ValueError("an image that is drizzled has two rows and two columns at least")
    if limits.shape != (weight.shape[0], 2):
        raise ValueError(f"there are limits {limits.shape} for {weight.shape[0]} rows")


def _add_in_tiles(sums, corner, block, reach, drop, first, stop, tile):
    """Add to the rows of the sums from first to before stop; both may be NaN or beyond where nothing is reached."""
    if not first < stop:
        return
    xp, first, stop = current_backend().xp, int(first), int(stop)
    rows, columns = tile or _usual_tile(stop - first, sums.shape[1])
    tiles = -(-(stop - first) // rows), -(-sums.shape[1] // columns)
    work = xp.empty((tiles[0] * tiles[1], CELLS + drop.window * (drop.window + 1), LANES + 2), np.float64)
    values = xp.empty((len(work), sums.shape[2]), np.float64)
    tiling = Tiling(corner[1], corner[0], first, stop, rows, columns)
    add_to_tiles(tiles, tiling, block, reach, drop, sums, work, values)


def _usual_tile(nrows, ncolumns):
    """Rows and columns of a tile: a band on a CPU, small on a device."""
    if current_backend().launcher == "grid":
        return DEVICE_TILE
    return max(-(-nrows // (thread_count() * BANDS_PER_THREAD)), FEWEST_ROWS), ncolumns


@pixel_kernel
def weighted_means(y, x, sums, plane, empty, image):
    """The mean of a plane; what is empty has no weight."""
    weight = sums[y, x, 0]
    image[y, x] = sums[y, x, 1 + plane] / weight if weight != 0 else empty


def means(sums, plane, empty=np.nan):
    """The weighted mean of a plane.

    Parameters
    ----------
    sums : (ny, nx, 1 + nplanes) float64 array
        Made with `add_block`.
    plane : int
        Which of the planes.
    empty : float
        The value of output pixels without weight.

    Returns
    -------
    (ny, nx) float32 array
        Of the values.
    """
    image = current_backend().xp.empty(sums.shape[:2], np.float32)
    weighted_means(image.shape, sums, plane, float(empty), image)
    return image
