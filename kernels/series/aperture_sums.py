"""Sums over a circle and over a ring about it, in each integration; pixels count with the part that lies inside.

Source: the ``tso_photometry`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/tso_photometry/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.cubes.circle_overlap import part_inside


class Radii(NamedTuple):
    """A circle and a ring about it, pixels."""

    circle: float
    inner: float
    outer: float


class Sums(NamedTuple):
    """Sums, each a (nints,) float64 array; NaN where no pixel counts.

    Attributes
    ----------
    total, variance, area : array
        In the circle: values, squares of errors, and the area of the pixels that count.
    ring_total, ring_variance, ring_area : array
        The same in the ring.
    lost, ring_lost : array
        How many pixels of either do not count.
    """

    total: np.ndarray
    variance: np.ndarray
    area: np.ndarray
    ring_total: np.ndarray
    ring_variance: np.ndarray
    ring_area: np.ndarray
    lost: np.ndarray
    ring_lost: np.ndarray


def sum_apertures(data, err, x, y, radii) -> Sums:
    """Sums over apertures about a place, in each integration.

    Parameters
    ----------
    data, err : (nints, ny, nx) float32 arrays
        Values and errors. A pixel whose value is not finite does not count.
    x, y : (nints,) float64 arrays
        The place; the middle of the first pixel is 0, 0.
    radii : Radii

    Returns
    -------
    Sums

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(data=(data, "nints ny nx"), err=(err, "nints ny nx"), x=(x, "nints"), y=(y, "nints"))
    sums = Sums(*array_namespace(data).full((len(Sums._fields), len(data)), np.nan))
    sum_aperture((len(data),), data, err, x, y, Radii(*map(float, radii)), sums)
    return sums


@pixel_kernel(heavy=True)
def sum_aperture(number, data, err, x, y, radii, sums):
    """The sums of one integration."""
    sums.lost[number], sums.ring_lost[number] = 0, 0
    ny, nx = data.shape[1], data.shape[2]
    reach = max(radii.circle, radii.outer) + 0.5
    if not (
        x[number] >= -reach and x[number] <= nx + reach and y[number] >= -reach and y[number] <= ny + reach
    ):
        return
    total, variance, area, lost, ring_total, ring_variance, ring_area, ring_lost = (
        0.0,
        0.0,
        0.0,
        0,
        0.0,
        0.0,
        0.0,
        0,
    )
    first, last = max(0, math.ceil(x[number] - reach)), min(nx - 1, math.floor(x[number] + reach))
    for row in range(max(0, math.ceil(y[number] - reach)), min(ny - 1, math.floor(y[number] + reach)) + 1):
        for column in range(first, last + 1):
            value, error = np.float64(data[number, row, column]), np.float64(err[number, row, column])
            counts, dx, dy = math.isfinite(value), column - x[number], row - y[number]
            part = part_inside(dx, dy, radii.circle, 0)
            if part > 0.0:
                lost += 0 if counts else 1
                if counts:
                    total += value * part
                    variance += error * error * part
                    area += part
            part = part_inside(dx, dy, radii.outer, 0) - part_inside(dx, dy, radii.inner, 0)
            if part > 0.0:
                ring_lost += 0 if counts else 1
                if counts:
                    ring_total += value * part
                    ring_variance += error * error * part
                    ring_area += part
    sums.lost[number], sums.ring_lost[number] = lost, ring_lost
    if area > 0.0:
        sums.total[number], sums.variance[number], sums.area[number] = total, variance, area
    if ring_area > 0.0:
        sums.ring_total[number], sums.ring_variance[number] = ring_total, ring_variance
        sums.ring_area[number] = ring_area


def sum_frames(data, err):
    """Sums over all pixels of each integration.

    Parameters
    ----------
    data, err : (nints, ny, nx) float32 arrays
        What is NaN does not count.

    Returns
    -------
    total, variance : (nints,) float64 arrays
        Of values, and of squares of errors.
    lost : (nints,) int64 array
        How many pixels do not count.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(data=(data, "nints ny nx"), err=(err, "nints ny nx"))
    xp = current_backend().xp
    total = xp.nansum(data.reshape(len(data), -1), axis=1, dtype=np.float64)
    variance = xp.nansum(xp.square(err.reshape(len(err), -1), dtype=np.float64), axis=1)
    return total, variance, xp.isnan(data).sum(axis=(1, 2))
