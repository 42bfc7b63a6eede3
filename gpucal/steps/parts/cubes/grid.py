"""The voxels of a cube: square spaxels on a plane that touches the sky, and planes of wavelength.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.steps.parts.cubes.sampling import Sampling

ARCSEC = 180.0 * 3600.0 / math.pi


class Placement(NamedTuple):
    """Where the user wants a cube; None for where the exposures are.

    Attributes
    ----------
    ra_center, dec_center : float or None
        Where the plane touches the sky, degrees.
    nspax_x, nspax_y : int or None
        Odd numbers of spaxels.
    """

    ra_center: float | None = None
    dec_center: float | None = None
    nspax_x: int | None = None
    nspax_y: int | None = None


class CubeGrid(NamedTuple):
    """The voxels.

    Attributes
    ----------
    crval : tuple of float
        Right ascension and declination of the spaxel in the middle, degrees.
    turn : float or None
        By how much the spaxels are turned against north, degrees; None where the y axis points north.
    x, y : (nx,), (ny,) float64 array
        Centres of columns and rows, arcsec; x increases to the west.
    side : float
        Of a spaxel, arcsec.
    z, dz : (nz,) float64 array
        Wavelengths of planes, and how wide they are, micrometres.
    step : float or None
        Between planes, micrometres, if they are equidistant.
    """

    crval: tuple[float, float]
    turn: float | None
    x: np.ndarray
    y: np.ndarray
    side: float
    z: np.ndarray
    dz: np.ndarray
    step: float | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, rows and columns."""
        return len(self.z), len(self.y), len(self.x)

    @property
    def crpix(self) -> tuple[float, float]:
        """The spaxel in the middle, counted from 1."""
        return float(len(self.x) // 2 + 1), float(len(self.y) // 2 + 1)


def on_plane(crval, turn, ra, dec):
    """Places on the plane that touches the sky at a point.

    Parameters
    ----------
    crval : tuple of float
        Right ascension and declination of the point, degrees.
    turn : float or None
        By how much the axes are turned, degrees.
    ra, dec : array
        Degrees.

    Returns
    -------
    xi, eta : array
        Arcsec; xi increases to the west, where the axes are not turned.
    """
    ra0, dec0 = np.deg2rad(crval[0]), np.deg2rad(crval[1])
    away, dec = np.deg2rad(ra) - ra0, np.deg2rad(dec)
    toward = np.sin(dec) * np.sin(dec0) + np.cos(dec) * np.cos(dec0) * np.cos(away)
    xi = -np.cos(dec) * np.sin(away) / toward * ARCSEC
    eta = (np.sin(dec) * np.cos(dec0) - np.cos(dec) * np.sin(dec0) * np.cos(away)) / toward * ARCSEC
    if turn is None:
        return xi, eta
    cosine, sine = np.cos(np.deg2rad(-turn)), np.sin(np.deg2rad(-turn))
    return xi * cosine - eta * sine, xi * sine + eta * cosine


def grid_of(corners: np.ndarray, sampling: Sampling, turn: float | None, wanted: Placement, check_size) -> CubeGrid:
    """The voxels of a cube that holds all exposures.

    Parameters
    ----------
    corners : (n, 2) float64 array
        Right ascension and declination of what it is to hold, degrees; all right ascensions on one side of zero.
    sampling : Sampling
        How it is sampled.
    turn : float or None
        See `CubeGrid`.
    wanted : Placement
        Where the user wants it.
    check_size : callable
        Called with planes, rows and columns before any array is made; raises where there are too many.

    Returns
    -------
    CubeGrid

    Raises
    ------
    GpucalError
        If the cube would have no size, or no number.
    """
    crval = (
        _middle_of_ra(corners[:, 0]) if wanted.ra_center is None else float(wanted.ra_center),
        float(corners[:, 1].min() + corners[:, 1].max()) / 2 if wanted.dec_center is None else float(wanted.dec_center),
    )
    places = on_plane(crval, turn, *corners.T)
    if not (np.isfinite(places).all() and sampling.spaxel > 0):
        raise GpucalError("the exposures have no place on the sky that a cube could be made about")
    farthest = [np.abs(place).max() for place in places]
    if wanted.ra_center is not None or wanted.dec_center is not None:
        _check_center(crval, farthest)
    sides = [
        math.ceil(far / sampling.spaxel) + 1 if asked is None else asked // 2
        for far, asked in zip(farthest, (wanted.nspax_x, wanted.nspax_y), strict=True)
    ]
    nplanes = _number_of_planes(sampling)
    check_size(nplanes, 2 * sides[1] + 1, 2 * sides[0] + 1)
    x, y = (_centers(count, sampling.spaxel) for count in sides)
    z = _planes(sampling, nplanes)
    return CubeGrid(crval, turn, x, y, sampling.spaxel, z, _widths(z, sampling), sampling.step)


def _middle_of_ra(ra: np.ndarray) -> float:
    """The middle of the extremes, as directions have a middle."""
    extremes = np.deg2rad([ra.min(), ra.max()])
    return float(np.rad2deg(np.arctan2(np.sin(extremes).mean(), np.cos(extremes).mean())) % 360)


def _check_center(crval, farthest) -> None:
    """See that a centre that was asked for is near the exposures."""
    if max(farthest) > 0.1 * ARCSEC:
        raise GpucalError(
            f"the centre of the cube, {crval[0]:g} {crval[1]:g} degrees, is far from all exposures; "
            "ask for another ra_center and dec_center"
        )


def _number_of_planes(sampling: Sampling) -> int:
    if not sampling.is_linear:
        return len(sampling.table)
    return math.ceil((sampling.wavemax - sampling.wavemin) / sampling.step)


def _centers(count: int, side: float) -> np.ndarray:
    """Centres of so many spaxels on each side of the one in the middle."""
    first = 0.0 - count * side - side / 2 + side / 2
    return np.arange(first, first + (2 * count + 1) * side, side)[: 2 * count + 1]


def _planes(sampling: Sampling, count: int) -> np.ndarray:
    if not sampling.is_linear:
        return sampling.table
    first = sampling.wavemin + sampling.step / 2
    return np.arange(first, sampling.wavemin + count * sampling.step, sampling.step)[:count]


def _widths(z: np.ndarray, sampling: Sampling) -> np.ndarray:
    """How wide planes are: as far as to the next one; the last one as the one before it."""
    if len(z) == 1:
        if sampling.step is None:
            raise GpucalError("the cube would have one plane of unknown width: ask for a wider range of wavelengths")
        return np.array([sampling.step])
    steps = np.diff(z)
    return np.append(steps, steps[-1])


def one_side_of_zero(ra: Sequence[float]) -> np.ndarray:
    """Right ascensions, degrees, all on one side of zero, as most of them are."""
    ra = np.asarray(ra, float)
    middle = np.median(ra)
    return np.where(np.abs(ra - middle) > 180, ra + np.copysign(360.0, middle - 180), ra)
