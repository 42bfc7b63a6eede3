"""Drizzling: add input pixels to the sums of output pixels, and make images of the sums.

Source: Fruchter & Hook (2002), PASP 114, 144, https://doi.org/10.1086/338393, and the documentation of the package
drizzle, https://spacetelescope-drizzle.readthedocs.io.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.threads import thread_count
from gpucal.kernels.resample.drops import LANCZOS, SQUARE
from gpucal.kernels.resample.walk import LANES, Block, Tiling, add_to_tiles, find_reach
from gpucal.kernels.resample.work import CELLS

# Of the bands that a block reaches, so many for each thread: some are done sooner than others.
BANDS_PER_THREAD = 4
FEWEST_ROWS = 8

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
    """

    values: object
    weight: object
    pixel_map: object
    limits: np.ndarray
    place: tuple[int, int]
    image_shape: tuple[int, int]
    scale: float = 1.0


class Sums(NamedTuple):
    """Sums over the pixels of a rectangle of the output.

    Attributes
    ----------
    totals : (ny, nx, 1 + nplanes) float64 array
        Of weights, and of weights times the values of each plane.
    touched : (ny, nx) bool array
        Where a weight above zero was added. Of drops with no lobes below zero that is where the sum of weights is above
        zero, and this may be empty, (0, 0).
    corner : tuple of int
        Row and column of the output that the rectangle begins with.
    """

    totals: object
    touched: object
    corner: tuple[int, int] = (0, 0)


def no_sums(shape, nplanes, drop, corner=(0, 0)):
    """Sums of nothing, for a rectangle of the output.

    Parameters
    ----------
    shape : tuple of int
        Its rows and columns.
    nplanes : int
        How many planes there are.
    drop : Drop
        See `gpucal.kernels.resample.drops.drop_of`.
    corner : tuple of int
        Row and column of the output that it begins with.

    Returns
    -------
    Sums
    """
    xp = current_backend().xp
    return Sums(
        xp.zeros((*shape, 1 + nplanes), np.float64), xp.zeros(shape if drop.kind == LANCZOS else (0, 0), bool), corner
    )


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
    block = Block(
        part.values, part.weight, part.pixel_map, limits,
        first_row, last_row, first_column, last_column, np.float32(part.scale),
    )  # fmt: skip
    reach = backend.xp.empty((nrows, -(-ncolumns // LANES), 4), np.float64)
    find_reach(reach.shape[:2], block, 0.0 if drop.kind == SQUARE else drop.half, reach)
    rows = backend.asnumpy(reach[..., 2:]) - sums.corner[0]
    first, last = max(rows[..., 0].min(), 0), min(rows[..., 1].max(), sums.totals.shape[0] - 1)
    if first <= last:
        _add_in_tiles(sums, block, reach, drop, range(int(first), int(last) + 1), tile)


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


def _add_in_tiles(sums, block, reach, drop, rows, tile):
    """Add to a range of rows of the sums."""
    xp, (_, nx, nsums) = current_backend().xp, sums.totals.shape
    height, width = tile or _usual_tile(len(rows), nx)
    tiles = -(-len(rows) // height), -(-nx // width)
    work = xp.empty((tiles[0] * tiles[1], CELLS + drop.window * (drop.window + 1), LANES + 2), np.float64)
    values = xp.empty((len(work), nsums), np.float64)
    tiling = Tiling(sums.corner[1], sums.corner[0], rows.start, rows.stop, height, width)
    add_to_tiles(tiles, tiling, block, reach, drop, sums.totals, sums.touched, work, values)


def _usual_tile(nrows, ncolumns):
    """Rows and columns of a tile: a band on a CPU, small on a device."""
    if current_backend().launcher == "grid":
        return DEVICE_TILE
    return max(-(-nrows // (thread_count() * BANDS_PER_THREAD)), FEWEST_ROWS), ncolumns


def means(sums, plane, empty=np.nan):
    """The weighted mean of a plane.

    Parameters
    ----------
    sums : Sums
        Made with `add_part`.
    plane : int
        Which of the planes.
    empty : float
        The value of output pixels without weight.

    Returns
    -------
    (ny, nx) float32 array
        Of the values.
    """
    image = current_backend().xp.empty(sums.totals.shape[:2], np.float32)
    write_means(image.shape, sums.totals, plane, float(empty), image)
    return image


@pixel_kernel
def write_means(y, x, totals, plane, empty, image):
    """The mean of a plane; what has no weight is empty."""
    weight = totals[y, x, 0]
    image[y, x] = totals[y, x, 1 + plane] / weight if weight != 0 else empty


def weights(sums):
    """The sums of weights, (ny, nx) float32 array."""
    return sums.totals[..., 0].astype(np.float32)


def add_context(context, sums, number):
    """Set the bit of an image where it has contributed.

    Parameters
    ----------
    context : (nplanes, ny, nx) int32 array
        Of the rectangle of the sums; edited. A plane has the bits of 32 images.
    sums : Sums
        Of this image alone.
    number : int
        Of the image, from 0.

    Raises
    ------
    ValueError
        If the context has no plane for this image, or another shape.
    """
    plane, bit = divmod(number, 32)
    if context.shape[1:] != sums.totals.shape[:2] or not 0 <= plane < len(context):
        raise ValueError(f"a context {context.shape} has no place for image {number} of {sums.totals.shape[:2]} pixels")
    contributed = sums.touched if sums.touched.size else sums.totals[..., 0] > 0
    context[plane][contributed] |= np.array(1 << bit, np.uint32).astype(np.int32)
