"""Drizzling in three dimensions: a pixel is a quadrilateral on the sky and an interval of wavelengths.

Its weight in a voxel is the area that it has in common with the spaxel times the length that it has in common with the
plane. Points are sorted by wavelength, and each thread owns some planes: it walks over those that reach them, so that a
voxel gets its points in one order, whatever the tiles and threads.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html; Law et al. (2023), AJ 166, 45,
https://doi.org/10.3847/1538-3881/acdddc.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.cubes.clipping import CORNERS, POLYGONS, VERTICES, area_of, clip
from gpucal.kernels.cubes.sums import COUNT, NSUMS, VALUE, VARIANCE, WEIGHT, usual_tiling

# Columns of a point: x and y of its corners, which follow each other round it, ...
WAVE, WIDTH, FLUX, ERROR = range(2 * CORNERS, 2 * CORNERS + 4)
COLUMNS = 2 * CORNERS + 4


class Grid(NamedTuple):
    """The voxels.

    Attributes
    ----------
    x, y : (nx,), (ny,) float64 array
        Centres of columns and rows, arcsec on the tangent plane; they increase.
    z, dz : (nz,) float64 array
        Wavelengths of planes, which increase, and how wide planes are, micrometres.
    dx, dy : float
        Sides of a spaxel, arcsec.
    folds : bool
        Whether a place before the first column or row is counted as one as far after it when it is looked for which
        spaxels a drop may reach, as jwst 3.0.0 does: drops that reach in from there are lost, if they are large.
    """

    x: object
    y: object
    z: object
    dz: object
    dx: float
    dy: float
    folds: bool = False


def add_drops(sums, points, grid, tile=None):
    """Add the pixels of an exposure to the sums of a cube.

    Parameters
    ----------
    sums : (nz, ny, nx, 4) float64 array
        See `gpucal.kernels.cubes.sums`; edited.
    points : (npoints, 12) float64 array
        Sorted by wavelength. Of each: x1, x2, x3, x4, y1, y2, y3, y4 of its corners (arcsec on the tangent plane),
        wavelength, how wide it is in wavelength, value, and error. One with a NaN adds nothing.
    grid : Grid
        The voxels.
    tile : tuple of int, optional
        Planes and rows of the part that a thread owns; sums do not depend on it.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """
    check_fit(
        sums=(sums, ("nz", "ny", "nx", NSUMS)), points=(points, ("npoints", COLUMNS)), x=(grid.x, "nx"),
        y=(grid.y, "ny"), z=(grid.z, "nz"), dz=(grid.dz, "nz"),
    )  # fmt: skip
    if 0 in (*sums.shape, len(points)):
        return
    xp = current_backend().xp
    wide = points[:, WIDTH]
    reach = (float(xp.nan_to_num(wide).max()) + float(grid.dz.max())) / 2
    tiling = usual_tiling(sums.shape, tile)
    begins, ends = spans_of_chunks(points[:, WAVE], grid.z, reach, tiling)
    work = xp.empty((*tiling.shape, POLYGONS, 2, VERTICES), np.float64)
    add_to_chunk(tiling.shape, tiling, points, grid, float(grid.dz.max()), begins, ends, work, sums)


def spans_of_chunks(wave, z, reach, tiling):
    """The first point, and one after the last, of those sorted by wavelength that may reach each chunk of planes."""
    xp = current_backend().xp
    wave, first = xp.ascontiguousarray(wave), xp.arange(tiling.shape[0]) * tiling.planes
    last = xp.minimum(first + tiling.planes, len(z)) - 1
    farther = reach * (1 + 1e-9)  # rounding is not to lose one
    return xp.searchsorted(wave, z[first] - farther), xp.searchsorted(wave, z[last] + farther, side="right")


@pixel_kernel(heavy=True)
def add_to_chunk(chunk, band, tiling, points, grid, widest, begins, ends, work, sums):
    """Add points to one part of a cube: some planes, and some rows."""
    first_z, first_y = chunk * tiling.planes, band * tiling.rows
    stop_z = min(first_z + tiling.planes, sums.shape[0])
    stop_y = min(first_y + tiling.rows, sums.shape[1])
    scratch = work[chunk, band]
    for number in range(begins[chunk], ends[chunk]):
        point = points[number]
        low, high = planes_of(point, grid, widest, first_z, stop_z)
        if low < high:
            add_drop(point, grid, low, high, first_y, stop_y, scratch, sums)


@pixel_function
def planes_of(point, grid, widest, first, stop):
    """The planes from ``first`` to ``stop`` that a point may reach: the first, and one after the last."""
    reach = (point[WIDTH] + widest) / 2
    low = first_above(grid.z, point[WAVE] - reach, first, stop)
    high = low
    while high < stop and grid.z[high] < point[WAVE] + reach:
        high += 1
    return low, high


@pixel_function
def first_above(z, limit, first, stop):
    """The first of some planes whose wavelength is above a limit; ``stop`` if none is."""
    while first < stop:
        middle = (first + stop) // 2
        if z[middle] > limit:
            stop = middle
        else:
            first = middle + 1
    return first


@pixel_function
def length_in_common(point, z, dz):
    """The length that a point and a plane have in common, in wavelength."""
    least, most = point[WAVE] - point[WIDTH] / 2, point[WAVE] + point[WIDTH] / 2
    bottom, top = z - dz / 2, z + dz / 2
    return max(top - least, 0.0) - max(top - most, 0.0) - max(bottom - least, 0.0)


@pixel_function
def add_drop(point, grid, low, high, first_y, stop_y, scratch, sums):
    """Add a point to some planes and rows."""
    x_least, x_most = point[0], point[0]
    y_least, y_most = point[CORNERS], point[CORNERS]
    whole, half, strip, cell = scratch[0], scratch[1], scratch[2], scratch[3]
    total = 0.0
    for corner in range(CORNERS):
        x, y = point[corner], point[CORNERS + corner]
        whole[0, corner], whole[1, corner] = x, y
        x_least, x_most = min(x_least, x), max(x_most, x)
        y_least, y_most = min(y_least, y), max(y_most, y)
        total += x + y
    whole[0, CORNERS], whole[1, CORNERS] = point[0], point[CORNERS]
    if not math.isfinite(total):
        return
    half_x, half_y = grid.dx * 0.5, grid.dy * 0.5
    from_x, to_x = cells_between(x_least, x_most, grid.x, grid.dx, 0, sums.shape[2], grid.folds)
    from_y, to_y = cells_between(y_least, y_most, grid.y, grid.dy, first_y, stop_y, grid.folds)
    for column in range(from_x, to_x):
        left, right = grid.x[column] - half_x, grid.x[column] + half_x
        if left < x_most and right > x_least and from_y < to_y:
            count = clip(whole, CORNERS, 0, left, True, half)
            in_strip = clip(half, count, 0, right, False, strip)
            for row in range(from_y, to_y):
                bottom, top = grid.y[row] - half_y, grid.y[row] + half_y
                if bottom < y_most and top > y_least:
                    count = clip(strip, in_strip, 1, bottom, True, half)
                    area = area_of(cell, clip(half, count, 1, top, False, cell))
                    if area > 0:
                        add_to_planes(point, grid, low, high, row, column, area, sums)


@pixel_function
def cells_between(least, most, centers, step, first, stop, folds):
    """Cells that may lie between two places, with one more on each side."""
    low, high = (least - centers[0]) / step - 0.5, (most - centers[0]) / step + 0.5
    if folds:
        low, high = abs(low), abs(high)
    low, high = max(math.floor(low - 1.0), float(first)), min(math.ceil(high + 1.0), float(stop))
    return int(min(low, float(stop))), int(max(high, float(first)))


@pixel_function
def add_to_planes(point, grid, low, high, row, column, area, sums):
    """Add a point to a spaxel of some planes."""
    for plane in range(low, high):
        weight = area * length_in_common(point, grid.z[plane], grid.dz[plane])
        if weight > 0:
            error = point[ERROR] * weight
            voxel = sums[plane, row, column]
            voxel[VALUE] += point[FLUX] * weight
            voxel[WEIGHT] += weight
            voxel[VARIANCE] += error * error
            voxel[COUNT] += 1.0
