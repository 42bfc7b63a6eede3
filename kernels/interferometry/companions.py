"""How well a star with a companion explains closure phases and squared visibilities.

A companion at the offset (east, north) with the contrast c, the flux of the companion over that of the star, has the
visibility::

    V(u, v) = (1 + c exp(-2 pi i (u east + v north))) / (1 + c)

The model of a triangle is the phase of the product of the visibilities of its sides.

Sources: Gallenne et al. (2015, A&A 579, A68) for the search on a grid; Kulkarni (1989, AJ 98, 1112) for how many of the
closure phases are independent.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit


class Triangles(NamedTuple):
    """Closure phases, all on the backend.

    Attributes
    ----------
    phase, error : (n,) float64 array
        Radians.
    sides : (n, 2, 2) float64 array
        Of two sides, u and v in cycles per radian; the third one closes the triangle.
    """

    phase: np.ndarray
    error: np.ndarray
    sides: np.ndarray


class Baselines(NamedTuple):
    """Squared visibilities, all on the backend.

    Attributes
    ----------
    value, error : (n,) float64 array
    sides : (n, 2) float64 array
        u and v in cycles per radian.
    """

    value: np.ndarray
    error: np.ndarray
    sides: np.ndarray


def chi_squared(triangles: Triangles, baselines: Baselines, separations, angles, contrasts, share: float):
    """The sum of squares, for companions on a grid, in one launch.

    Parameters
    ----------
    triangles : Triangles
    baselines : Baselines
    separations : (nseparations,) float64 array
        Radians; on the backend, as are the others.
    angles : (nangles,) float64 array
        East of north, radians.
    contrasts : (ncontrasts,) float64 array
    share : float
        How much closure phases count: the part of them that is independent.

    Returns
    -------
    (nseparations, nangles, ncontrasts) float64 array

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(
        phase=(triangles.phase, "ntriangles"),
        phase_error=(triangles.error, "ntriangles"),
        two_sides=(triangles.sides, ("ntriangles", 2, 2)),
        value=(baselines.value, "nbaselines"),
        error=(baselines.error, "nbaselines"),
        side=(baselines.sides, ("nbaselines", 2)),
        separations=(separations, "nseparations"),
        angles=(angles, "nangles"),
        contrasts=(contrasts, "ncontrasts"),
    )
    shape = (len(separations), len(angles), len(contrasts))
    sums = current_backend().xp.empty(shape, np.float64)
    sum_at(shape, triangles, baselines, separations, angles, contrasts, share, sums)
    return sums


@pixel_kernel(heavy=True)
def sum_at(row, column, number, triangles, baselines, separations, angles, contrasts, share, sums):
    """One companion."""
    east = separations[row] * math.sin(angles[column])
    north = separations[row] * math.cos(angles[column])
    contrast = contrasts[number]
    total = 0.0
    for triangle in range(triangles.phase.shape[0]):
        u, v = triangles.sides[triangle, 0, 0], triangles.sides[triangle, 0, 1]
        next_u, next_v = triangles.sides[triangle, 1, 0], triangles.sides[triangle, 1, 1]
        phase = phase_of(contrast, u * east + v * north) + phase_of(contrast, next_u * east + next_v * north)
        phase += phase_of(contrast, -(u + next_u) * east - (v + next_v) * north)
        turns = (triangles.phase[triangle] - phase) / (2.0 * math.pi)
        distance = 2.0 * math.pi * (turns - math.floor(turns + 0.5)) / triangles.error[triangle]
        total += share * distance * distance
    for baseline in range(baselines.value.shape[0]):
        turns = baselines.sides[baseline, 0] * east + baselines.sides[baseline, 1] * north
        model = 1.0 + contrast * contrast + 2.0 * contrast * math.cos(2.0 * math.pi * turns)
        model /= (1.0 + contrast) * (1.0 + contrast)
        distance = (baselines.value[baseline] - model) / baselines.error[baseline]
        total += distance * distance
    sums[row, column, number] = total


@pixel_function
def phase_of(contrast, turns):
    """The phase of a visibility, whose companion is so many turns behind."""
    angle = -2.0 * math.pi * turns
    return math.atan2(contrast * math.sin(angle), 1.0 + contrast * math.cos(angle))
