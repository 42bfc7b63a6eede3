"""The drops of drizzling: over which cells, output pixels, an input pixel is spread, and in which shares.

Source: Fruchter & Hook (2002), PASP 114, 144, https://doi.org/10.1086/338393, and the documentation of the package
drizzle, https://spacetelescope-drizzle.readthedocs.io.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function
from gpucal.kernels.resample.gaussian import share_gaussian
from gpucal.kernels.resample.lanczos import SPACING, lanczos_table, share_lanczos
from gpucal.kernels.resample.point import share_points
from gpucal.kernels.resample.square import overlap_squares, place_squares, prepare_squares
from gpucal.kernels.resample.turbo import share_turbo
from gpucal.kernels.resample.work import CELLS, FARTHEST, FIRST_X, FIRST_Y, LAST_X, LAST_Y, X, Y

SQUARE, POINT, TURBO, GAUSSIAN, LANCZOS = range(5)
ORDERS = {"lanczos2": 2, "lanczos3": 3}

# Full width at half maximum of a Gaussian of unit width; how far it reaches, and at least, in input pixels.
FULL_WIDTH = 2.3548
WIDTHS = 2.5
LEAST_REACH = 1.2

# Below this fraction of a pixel every drop is a point.
SMALLEST = 0.001

# Cells of a window, along each axis, for squares; larger ones take several windows.
SQUARE_WINDOW = 4


class Drop(NamedTuple):
    """What an input pixel is spread over.

    Attributes
    ----------
    kind : int
        Which of the drops.
    half : float
        Of a square, half its side in input pixels; of others, how far they reach from the centre, in output pixels.
    scale, sharpness : float
        What the shares are made with, see each drop.
    table : (n,) float64 array
        Of Lanczos; on the backend.
    window : int
        Cells along each axis that are worked out together.
    """

    kind: int
    half: float
    scale: float
    sharpness: float
    table: object
    window: int


def drop_of(kernel, pixfrac=1.0, ratio=1.0):
    """The drop of a kernel.

    Parameters
    ----------
    kernel : str
        ``square``, ``point``, ``turbo``, ``gaussian``, ``lanczos2`` or ``lanczos3``.
    pixfrac : float
        The fraction of its sides that a pixel is shrunken to; Lanczos does not heed it. Up to 0.001, all is a point.
    ratio : float
        The side of an output pixel over that of an input pixel. Squares and points do not heed it.

    Returns
    -------
    Drop

    Raises
    ------
    ValueError
        If there is no such kernel, the fraction is not from 0 to 1, or the ratio not positive.
    """
    if not 0 <= pixfrac <= 1:
        raise ValueError(f"pixels are shrunken to a fraction from 0 to 1, not {pixfrac}")
    if not ratio > 0:
        raise ValueError(f"the ratio of the scales of pixels is positive, not {ratio}")
    ratio = float(np.float32(ratio))
    table = np.zeros(1)
    half = scale = sharpness = 0.0
    if kernel == "point" or (pixfrac <= SMALLEST and kernel in ("square", "turbo", "gaussian", *ORDERS)):
        kind = POINT
    elif kernel == "square":
        kind, half = SQUARE, pixfrac / 2
    elif kernel == "turbo":
        kind, half, scale = TURBO, pixfrac / ratio / 2, ratio**2 / pixfrac**2
    elif kernel == "gaussian":
        kind, half = GAUSSIAN, max(WIDTHS * pixfrac / FULL_WIDTH, LEAST_REACH) / ratio
        sharpness = FULL_WIDTH**2 * ratio**2 / pixfrac**2 / 2
        scale = sharpness / math.pi
    elif kernel in ORDERS:
        kind, half, scale = LANCZOS, ORDERS[kernel] / ratio, ratio / SPACING
        table = lanczos_table(ORDERS[kernel])
    else:
        raise ValueError(f"there is no kernel {kernel!r} to drizzle with")
    window = SQUARE_WINDOW if kind == SQUARE else int(2 * half) + 2
    return Drop(kind, float(half), float(scale), float(sharpness), current_backend().asarray(table), window)


@pixel_function
def place_drops(work, drop, pixel_map, row, last_row, column, last_column, count):
    """Write where pixels are, and which cells they may reach."""
    if drop.kind == SQUARE:
        place_squares(work, pixel_map, row, last_row, column, last_column, count, drop.half)
        return
    for axis in range(2):
        centers = pixel_map[axis, row, column : column + count]
        to, low, high = work[X + (Y - X) * axis], work[FIRST_X + 2 * axis], work[LAST_X + 2 * axis]
        for lane in range(count):
            center = to[lane] = centers[lane]
            low[lane], high[lane] = math.inf, -math.inf
            if abs(center) < FARTHEST:
                begin, end = center - drop.half, center + drop.half
                low[lane] = math.floor(begin) + 1.0 if drop.kind == LANCZOS else nearest(begin)
                high[lane] = math.floor(end) + 0.0 if drop.kind == LANCZOS else nearest(end)


@pixel_function
def nearest(place):
    """The nearest whole number; the one farther from zero where there are two."""
    return float(math.floor(place + 0.5) if place >= 0 else math.ceil(place - 0.5))


@pixel_function
def prepare_drops(work, drop, begin, end):
    """What the shares of all cells of a pixel have in common."""
    if drop.kind == SQUARE:
        prepare_squares(work, begin, end)


@pixel_function
def share_drops(work, drop, begin, end, column, row, ncolumns, nrows):
    """Write the shares of a window of cells, which begins so many columns and rows after the first cell of a pixel.

    The windows of a strip are as large as the largest of its pixels needs: beyond its own cells a pixel has no share.
    """
    if drop.kind == SQUARE:
        overlap_squares(work, begin, end, column, row, ncolumns, nrows)
        return
    if drop.kind == POINT:
        share_points(work, begin, end, ncolumns * nrows)
    elif drop.kind == TURBO:
        share_turbo(work, begin, end, column, row, ncolumns, nrows, drop.half, drop.scale)
    elif drop.kind == GAUSSIAN:
        share_gaussian(work, begin, end, column, row, ncolumns, nrows, drop.scale, drop.sharpness)
    else:
        share_lanczos(work, begin, end, column, row, ncolumns, nrows, drop.scale, drop.table)
    first_x, last_x, first_y, last_y = work[FIRST_X], work[LAST_X], work[FIRST_Y], work[LAST_Y]
    for j in range(nrows):
        for i in range(ncolumns):
            share = work[CELLS + j * ncolumns + i]
            for lane in range(begin, end):
                reached = first_x[lane] + (column + i) <= last_x[lane] and first_y[lane] + (row + j) <= last_y[lane]
                share[lane] = share[lane] if reached else 0.0
