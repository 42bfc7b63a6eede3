"""What a mosaic shows at the pixels of an exposure."""

import math

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.kernels.resample.blot import blot
from gpucal.kernels.resample.drizzle import MAP_SHARE
from gpucal.wcs.pixel_map import PixelMap
from gpucal.wcs.world import Wcs


def blotted(image, grid: Wcs, wcs: Wcs, shape: tuple[int, int]):
    """Interpolate an image at the pixels of an exposure, some rows at a time, so that their map is not kept.

    Parameters
    ----------
    image : (ny, nx) float32 array
        Such as a mosaic.
    grid, wcs : Wcs
        Of the image, and of the exposure; both end in the same frame.
    shape : tuple of int
        Rows and columns of the exposure.

    Returns
    -------
    (nrows, ncolumns) float32 array
        NaN where the exposure has no coordinates, or lies beyond the image.
    """
    backend, (nrows, ncolumns) = current_backend(), shape
    shown = backend.xp.empty(shape, np.float32)
    pixel_map = PixelMap.between(wcs, grid, shape)
    map_bytes = 2 * ncolumns * np.dtype(np.float64).itemsize
    for rows in row_tiles(nrows, map_bytes, backend.scratch_bytes // MAP_SHARE):
        places = pixel_map.on_grid((rows.stop - rows.start, ncolumns), (0.0, float(rows.start)))
        shown[rows] = blot(image, places, math.nan)
    return shown
