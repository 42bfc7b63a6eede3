"""The field of an exposure of NIRSpec in each plane of a cube: lines of spaxels along its slices."""

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.cubes.drizzle import spans_of_chunks
from gpucal.kernels.cubes.sums import Tiling

SLICES = 30

# Of a slice in a plane: least and greatest x, least and greatest y.
LEAST_X, MOST_X, LEAST_Y, MOST_Y, EXTREMES = range(5)

_NOWHERE = 10000.0


def mark_slices(field, places, wave, slices, grid, reach):
    """Mark the spaxels that slices cross.

    A slice is a straight line in each plane, from the least x and y of its points there to the greatest. If that is
    steeper than a diagonal, spaxels on a diagonal through the rows between are marked in its place. So does jwst.

    Parameters
    ----------
    field : (nz, ny, nx) uint8 array
        Set to 1 in these spaxels.
    places : (npoints, 2) float64 array
        Where points are on the tangent plane, arcsec.
    wave : (npoints,) float64 array
        Their wavelengths, micrometres; they increase.
    slices : (npoints,) int32 array
        Their slices, 1 to 30.
    grid : Grid
        The voxels; see `gpucal.kernels.cubes.drizzle`.
    reach : float
        How near points of a plane are in wavelength, micrometres.

    Raises
    ------
    ValueError
        If shapes do not fit each other, or there are other slices.
    """
    check_fit(
        field=(field, "nz ny nx"), places=(places, ("npoints", 2)), wave=(wave, "npoints"), slices=(slices, "npoints"),
        x=(grid.x, "nx"), y=(grid.y, "ny"), z=(grid.z, "nz"),
    )  # fmt: skip
    if not len(wave):
        return
    if int(slices.min()) < 1 or int(slices.max()) > SLICES:
        raise ValueError(f"there are {SLICES} slices, and one is {int(slices.min())} or {int(slices.max())}")
    nz = field.shape[0]
    begins, ends = spans_of_chunks(wave, grid.z, reach, Tiling(1, field.shape[1], (nz, 1)))
    extremes = current_backend().xp.empty((nz, SLICES, EXTREMES), np.float64)
    mark_plane((nz,), places, wave, slices, grid, reach, begins, ends, extremes, field)


@pixel_kernel(heavy=True)
def mark_plane(z, places, wave, slices, grid, reach, begins, ends, extremes, field):
    """Mark the spaxels of one plane."""
    own = extremes[z]
    for number in range(SLICES):
        own[number, LEAST_X], own[number, LEAST_Y] = _NOWHERE, _NOWHERE
        own[number, MOST_X], own[number, MOST_Y] = -_NOWHERE, -_NOWHERE
    for point in range(begins[z], ends[z]):
        if abs(grid.z[z] - wave[point]) < reach:
            found = own[slices[point] - 1]
            x, y = places[point, 0], places[point, 1]
            found[LEAST_X], found[MOST_X] = min(found[LEAST_X], x), max(found[MOST_X], x)
            found[LEAST_Y], found[MOST_Y] = min(found[LEAST_Y], y), max(found[MOST_Y], y)
    for number in range(SLICES):
        found = own[number]
        if found[LEAST_X] < found[MOST_X] and found[LEAST_Y] < found[MOST_Y]:
            mark_line(found, grid, field[z])


@pixel_function
def mark_line(found, grid, field):
    """Mark the spaxels of one slice, by Bresenham's line."""
    first_x, last_x = cell(found[LEAST_X], grid.x[0], grid.dx), cell(found[MOST_X], grid.x[0], grid.dx)
    first_y, last_y = cell(found[LEAST_Y], grid.y[0], grid.dy), cell(found[MOST_Y], grid.y[0], grid.dy)
    if last_y - first_y > last_x - first_x:
        first_x, last_x = first_y, last_y
    width, height = last_x - first_x, last_y - first_y
    error, y = width // 2, first_y
    step = 1 if first_y < last_y else -1
    for x in range(first_x, last_x + 1):
        index = y * field.shape[1] + x
        if 0 <= index < field.size:
            field[index // field.shape[1], index % field.shape[1]] = 1
        error -= height
        if error < 0:
            y += step
            error += width


@pixel_function
def cell(place, first, step):
    """The spaxel of a place, as jwst counts: in float32, toward zero."""
    return int((np.float64(np.float32(place)) - np.float64(np.float32(first))) / step)
