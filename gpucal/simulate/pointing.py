"""Where the telescope looks: attitudes, dithers, and how far the telescope misses what was asked for."""

from dataclasses import dataclass

import numpy as np

from gpucal.wcs.telescope import Pointing

_ARCSEC = np.deg2rad(1 / 3600)
_STEPS = np.array([0.7548776662466927, 0.5698402909980532])  # the sequence R2 of Martin Roberts


@dataclass(frozen=True)
class PointingErrors:
    """How far the telescope misses.

    Attributes
    ----------
    common : float
        Of all exposures alike, arcsec along each axis, one sigma.
    relative : float
        Of each exposure by itself, arcsec along each axis, one sigma.
    roll : float
        Of each exposure by itself, degrees, one sigma.
    """

    common: float = 0.0
    relative: float = 0.0
    roll: float = 0.0

    def draw(self, number: int, rng) -> np.ndarray:
        """What to add in each exposure: arcsec east, arcsec north, degrees, (number, 3)."""
        errors = rng.standard_normal((number, 3)) * (self.relative, self.relative, self.roll)
        errors[:, :2] += self.common * rng.standard_normal(2)
        return errors


class Attitude:
    """How the telescope stands: from its own directions to those of the sky.

    Parameters
    ----------
    pointing : Pointing
        Of one point of the field of view.
    """

    def __init__(self, pointing: Pointing):
        here = _basis(pointing.v2_ref * _ARCSEC, pointing.v3_ref * _ARCSEC)
        east, north, outwards = _basis(np.deg2rad(pointing.ra_ref), np.deg2rad(pointing.dec_ref)).T
        cosine, sine = np.cos(np.deg2rad(pointing.roll_ref)), np.sin(np.deg2rad(pointing.roll_ref))
        there = np.column_stack([cosine * east - sine * north, cosine * north + sine * east, outwards])
        self._matrix = there @ here.T

    def pointing_at(self, v2: float, v3: float) -> Pointing:
        """The pointing of another point of the field of view, arcsec."""
        _, along_v3, outwards = (self._matrix @ _basis(v2 * _ARCSEC, v3 * _ARCSEC)).T
        ra, dec = np.arctan2(outwards[1], outwards[0]) % (2 * np.pi), np.arcsin(outwards[2])
        east, north, _ = _basis(ra, dec).T
        roll = np.arctan2(along_v3 @ east, along_v3 @ north)
        return Pointing(float(v2), float(v3), *(float(np.rad2deg(angle)) for angle in (ra, dec, roll % (2 * np.pi))))


def _basis(longitude, latitude):
    """Unit vectors to the east, to the north and outwards at a point of a sphere: the columns, (3, 3)."""
    (sin_lon, cos_lon), (sin_lat, cos_lat) = ((np.sin(one), np.cos(one)) for one in (longitude, latitude))
    return np.array(
        [
            [-sin_lon, -sin_lat * cos_lon, cos_lat * cos_lon],
            [cos_lon, -sin_lat * sin_lon, cos_lat * sin_lon],
            [0.0, cos_lat, sin_lat],
        ]
    )


def moved(pointing: Pointing, east: float, north: float, turn: float = 0.0) -> Pointing:
    """The pointing moved on the sky by arcsec, and turned by degrees."""
    return pointing._replace(
        ra_ref=(pointing.ra_ref + east / 3600 / np.cos(np.deg2rad(pointing.dec_ref))) % 360,
        dec_ref=pointing.dec_ref + north / 3600,
        roll_ref=(pointing.roll_ref + turn) % 360,
    )


def dither_offsets(number: int, spread: float) -> np.ndarray:
    """Where dithers put the target in the field of view, beside the first: V2 and V3, arcsec, (number, 2).

    They fill a square of the size ``spread`` evenly, and the phases within pixels too.
    """
    steps = np.arange(number)[:, None] * _STEPS
    return spread * ((steps + 0.5) % 1 - 0.5)
