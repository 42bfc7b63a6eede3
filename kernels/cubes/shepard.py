"""Weights that fall off with the distance of points from voxels: the modified Shepard methods.

A point adds to all voxels whose centre is within a radius of it on the sky, and within a half width in wavelength.
Distances are counted in sides of a spaxel, and in steps between planes. Points are sorted by wavelength, and each
thread owns some planes, as in `gpucal.kernels.cubes.drizzle`.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.kernels.cubes.drizzle import cells_between, first_above, spans_of_chunks
from gpucal.kernels.cubes.sums import COUNT, NSUMS, VALUE, VARIANCE, WEIGHT, usual_tiling

# A power of the distance that needs no root.
_SQUARE = 2.0


class Falloff(NamedTuple):
    """How weights fall off; each array has one value for each plane of a table, or one for all.

    Attributes
    ----------
    rois, roiw : (n,) float64 array
        Radius on the sky, arcsec; half width in wavelength, micrometres.
    power, softrad : (n,) float64 array
        A weight is one over the distance to this power, which counts as at least the second.
    scalerad : (n,) float64 array
        A weight is the exponential of minus the square of the distance, divided by this, in sides of a spaxel; arcsec.
    is_exponential : bool
        Which of both.
    """

    rois: object
    roiw: object
    power: object
    softrad: object
    scalerad: object
    is_exponential: bool


def add_points(sums, places, wave, values, entries, grid, falloff, tile=None):
    """Add the pixels of an exposure to the sums of a cube.

    Parameters
    ----------
    sums : (nz, ny, nx, 4) float64 array
        See `gpucal.kernels.cubes.sums`; edited.
    places : (npoints, 2) float64 array
        Where points are on the tangent plane, arcsec.
    wave : (npoints,) float64 array
        Their wavelengths, micrometres; they increase.
    values : (2, npoints) float64 array
        Values, and errors.
    entries : (npoints,) int array
        Which of the values in `falloff` are theirs.
    grid : Grid
        The voxels; see `gpucal.kernels.cubes.drizzle`.
    falloff : Falloff
        How weights fall off.
    tile : tuple of int, optional
        Planes and rows of the part that a thread owns; sums do not depend on it.
    """
    check_fit(
        sums=(sums, ("nz", "ny", "nx", NSUMS)), places=(places, ("npoints", 2)), wave=(wave, "npoints"),
        values=(values, (2, "npoints")), entries=(entries, "npoints"), x=(grid.x, "nx"), y=(grid.y, "ny"),
        z=(grid.z, "nz"), dz=(grid.dz, "nz"),
        **{name: (getattr(falloff, name), "n") for name in falloff._fields[:-1]},
    )  # fmt: skip
    if 0 in (*sums.shape, len(wave)):
        return
    check_indices(entries, len(falloff.rois))
    xp = current_backend().xp
    tiling = usual_tiling(sums.shape, tile)
    reach = float(xp.nan_to_num(falloff.roiw).max())
    begins, ends = spans_of_chunks(wave, grid.z, reach, tiling)
    work = xp.empty((*tiling.shape, tiling.planes), np.float64)
    add_to_chunk(tiling.shape, tiling, places, wave, values, entries, grid, falloff, begins, ends, work, sums)


@pixel_kernel(heavy=True)
def add_to_chunk(
    chunk, band, tiling, places, wave, values, entries, grid, falloff, begins, ends, work, sums
):
    """Add points to one part of a cube: some planes, and some rows."""
    first_z, first_y = chunk * tiling.planes, band * tiling.rows
    stop_z = min(first_z + tiling.planes, sums.shape[0])
    stop_y = min(first_y + tiling.rows, sums.shape[1])
    along = work[chunk, band]
    for number in range(begins[chunk], ends[chunk]):
        entry = entries[number]
        reach, scale = falloff.roiw[entry], falloff.scalerad[entry] / grid.dx
        low = first_above(grid.z, wave[number] - reach * (1 + 1e-9), first_z, stop_z)
        high = low
        while high < stop_z and grid.z[high] <= wave[number] + reach * (1 + 1e-9):
            away = (wave[number] - grid.z[high]) / grid.dz[high]
            along[high - first_z] = math.exp(-away * away / scale) if falloff.is_exponential else away * away
            if abs(grid.z[high] - wave[number]) > reach:
                along[high - first_z] = -1.0
            high += 1
        if low < high:
            spread(
                places[number], values[:, number], entry, scale, along[low - first_z :], low, high, first_y, stop_y,
                grid, falloff, sums,
            )  # fmt: skip


@pixel_function
def spread(place, value, entry, scale, along, low, high, first_y, stop_y, grid, falloff, sums):
    """Add a point to the voxels about it; ``along`` has of each plane its part of the weight, or -1."""
    radius = falloff.rois[entry]
    from_x, to_x = cells_between(place[0] - radius, place[0] + radius, grid.x, grid.dx, 0, sums.shape[2], False)
    from_y, to_y = cells_between(place[1] - radius, place[1] + radius, grid.y, grid.dy, first_y, stop_y, False)
    for row in range(from_y, to_y):
        for column in range(from_x, to_x):
            dx, dy = abs(grid.x[column] - place[0]), abs(grid.y[row] - place[1])
            if math.sqrt(dx * dx + dy * dy) <= radius:
                across = (dx / grid.dx) * (dx / grid.dx) + (dy / grid.dy) * (dy / grid.dy)
                if falloff.is_exponential:
                    across = math.exp(-across / scale)
                for plane in range(low, high):
                    if along[plane - low] >= 0:
                        weight = weight_of(across, along[plane - low], entry, falloff)
                        error = value[1] * weight
                        voxel = sums[plane, row, column]
                        voxel[VALUE] += value[0] * weight
                        voxel[WEIGHT] += weight
                        voxel[VARIANCE] += error * error
                        voxel[COUNT] += 1.0


@pixel_function
def weight_of(across, along, entry, falloff):
    """The weight of a point in a voxel."""
    if falloff.is_exponential:
        return across * along
    power = falloff.power[entry]
    distance = across + along if power == _SQUARE else math.sqrt(across + along) ** power
    return 1.0 / max(distance, falloff.softrad[entry])
