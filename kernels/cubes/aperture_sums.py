"""Sums over apertures in the planes of a cube.

A spaxel counts where it has a weight. Outliers are left out of the background: values that are too far from the mean of
the clipped plane.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html, and ``astropy.stats.sigma_clip``.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.cubes.circle_overlap import part_inside
from gpucal.kernels.statistics.sigma_clip import BlockSums, SortedRows, clip_rows

# Planes that are sorted together, at most in so many bytes.
BYTES_AT_ONCE = 32 * 2**20


class Cube(NamedTuple):
    """The planes of a cube.

    Attributes
    ----------
    data, err, weight : (nplanes, ny, nx) float32 arrays
        Values, their errors, and weights; a weight above 1 counts as 1, and where it is 0 there is no value.
    """

    data: np.ndarray
    err: np.ndarray
    weight: np.ndarray

    def checks(self) -> dict:
        """What `check_fit` is to see."""
        axes = "nplanes ny nx"
        return {"data": (self.data, axes), "err": (self.err, axes), "weight": (self.weight, axes)}


class Circles(NamedTuple):
    """A circle in each plane, with an annulus about it. All lengths are in pixels.

    Attributes
    ----------
    x, y : float
        The centre; the middle of the first pixel is 0, 0.
    radius, inner, outer : (nplanes,) float64 arrays
        Radii of the circle and of the annulus; where the outer one is 0 there is no annulus.
    subpixels : int
        See `gpucal.kernels.cubes.circle_overlap.part_inside`.
    """

    x: float
    y: float
    radius: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    subpixels: int


class Sums(NamedTuple):
    """Sums over apertures, each a (nplanes,) float64 array.

    Attributes
    ----------
    area, value, variance
        Of weights, values and variances in the aperture.
    bkg_area, background, bkg_variance
        The same of the background.
    """

    area: np.ndarray
    value: np.ndarray
    variance: np.ndarray
    bkg_area: np.ndarray
    background: np.ndarray
    bkg_variance: np.ndarray

    @classmethod
    def of_planes(cls, nplanes: int) -> "Sums":
        """Zeros, to be filled."""
        return cls(*current_backend().xp.zeros((len(cls._fields), nplanes), np.float64))


def clip_bounds(cube, sigma):
    """Bounds within which values of each plane are no outliers.

    Parameters
    ----------
    cube : Cube
    sigma : float
        Standard deviations; those of what is left after five rounds of clipping about the median.

    Returns
    -------
    (nplanes, 2) float64 array
        So many deviations below and above the mean; NaN where no spaxel has the full weight.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(**cube.checks())
    xp = array_namespace(cube.data)
    nplanes = len(cube.data)
    bounds = xp.full((nplanes, 2), np.nan)
    values, weights = cube.data.reshape(nplanes, -1), cube.weight.reshape(nplanes, -1)
    count = max(1, BYTES_AT_ONCE // max(1, 8 * values.shape[1]))
    for first in range(0, nplanes, count):
        part = slice(first, first + count)
        rows = SortedRows.of(values[part], weights[part] >= 1)
        kept = clip_rows(rows, BlockSums.of(rows), sigma)
        bounds_of_plane((len(rows.values),), rows.values, kept.bounds, kept.sigma, float(sigma), bounds[part])
    return bounds


@pixel_kernel
def bounds_of_plane(plane, ordered, kept, deviation, sigma, bounds):
    """Bounds about the mean of what is kept of the sorted values of a plane."""
    first, last = kept[plane, 0], kept[plane, 1]
    total = 0.0
    for place in range(first, last):
        total += ordered[plane, place]
    mean = total / (last - first) if last > first else math.nan
    bounds[plane, 0] = mean - sigma * deviation[plane]
    bounds[plane, 1] = mean + sigma * deviation[plane]


def sum_circles(cube, circles, bounds, outliers_have_area=False) -> Sums:
    """Sums over a circle in each plane, and over the annulus about it.

    Parameters
    ----------
    cube : Cube
    circles : Circles
    bounds : (nplanes, 2) float64 array
        Of the values that count as background; NaN for no bounds.
    outliers_have_area : bool
        Whether areas and variances of the background are those of the whole annulus all the same.

    Returns
    -------
    Sums

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    each = "nplanes"
    radii = {name: (getattr(circles, name), each) for name in ("radius", "inner", "outer")}
    check_fit(**cube.checks(), **radii, bounds=(bounds, ("nplanes", 2)))
    sums = Sums.of_planes(len(cube.data))
    sum_circle((len(cube.data),), cube, circles, bounds, bool(outliers_have_area), sums)
    return sums


@pixel_kernel(heavy=True)
def sum_circle(plane, cube, circles, bounds, outliers_have_area, sums):
    """The sums of one plane."""
    radius, inner, outer = circles.radius[plane], circles.inner[plane], circles.outer[plane]
    low, high, reach = bounds[plane, 0], bounds[plane, 1], max(radius, outer) + 0.5
    ny, nx = cube.data.shape[1], cube.data.shape[2]
    area, value, variance, bkg_area, background, bkg_variance = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    first, last = max(0, math.ceil(circles.x - reach)), min(nx - 1, math.floor(circles.x + reach))
    for row in range(max(0, math.ceil(circles.y - reach)), min(ny - 1, math.floor(circles.y + reach)) + 1):
        for column in range(first, last + 1):
            weight = min(np.float64(cube.weight[plane, row, column]), 1.0)
            if weight == 0.0:
                continue
            here, error = np.float64(cube.data[plane, row, column]), np.float64(cube.err[plane, row, column])
            x, y = column - circles.x, row - circles.y
            part = part_inside(x, y, radius, circles.subpixels)
            if part > 0.0:
                area += weight * part
                value += here * part
                variance += error * error * part
            if outer > 0.0:
                part = part_inside(x, y, outer, circles.subpixels) - part_inside(x, y, inner, circles.subpixels)
                is_outlier = here < low or here > high
                if part > 0.0 and (outliers_have_area or not is_outlier):
                    bkg_area += weight * part
                    bkg_variance += error * error * part
                    background += 0.0 if is_outlier else here * part
    sums.area[plane], sums.value[plane], sums.variance[plane] = area, value, variance
    sums.bkg_area[plane], sums.background[plane], sums.bkg_variance[plane] = bkg_area, background, bkg_variance


def sum_planes(cube, bounds) -> Sums:
    """Sums over all spaxels of each plane.

    Parameters
    ----------
    cube : Cube
    bounds : (nplanes, 2) float64 array
        Of the values that count as background; NaN where there is none.

    Returns
    -------
    Sums
        Those of the background are of what is within the bounds.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(**cube.checks(), bounds=(bounds, ("nplanes", 2)))
    sums = Sums.of_planes(len(cube.data))
    sum_plane((len(cube.data),), cube, bounds, sums)
    return sums


@pixel_kernel(heavy=True)
def sum_plane(plane, cube, bounds, sums):
    """The sums of one plane."""
    low, high = bounds[plane, 0], bounds[plane, 1]
    ny, nx = cube.data.shape[1], cube.data.shape[2]
    area, value, variance, bkg_area, background, bkg_variance = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(ny):
        for column in range(nx):
            weight = min(np.float64(cube.weight[plane, row, column]), 1.0)
            if weight == 0.0:
                continue
            here, error = np.float64(cube.data[plane, row, column]), np.float64(cube.err[plane, row, column])
            area += weight
            value += here
            variance += error * error
            if not (here < low or here > high):
                bkg_area += weight
                background += here
                bkg_variance += error * error
    sums.area[plane], sums.value[plane], sums.variance[plane] = area, value, variance
    if low == low:
        sums.bkg_area[plane], sums.background[plane], sums.bkg_variance[plane] = bkg_area, background, bkg_variance
