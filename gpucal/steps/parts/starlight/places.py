"""Places on the sky beside a star, as a user names them, and their pixels."""

from typing import NamedTuple

import numpy as np

from gpucal.data import Exposure
from gpucal.errors import GpucalError


class Place(NamedTuple):
    """A circle on the sky.

    Attributes
    ----------
    separation : float
        Of its centre from the star, arcsec.
    angle : float
        From north to east, degrees.
    radius : float
        Arcsec.
    """

    separation: float
    angle: float
    radius: float


def places_of(text: str | None) -> list[Place]:
    """The places that a parameter names: ``separation angle radius``, several after ``;``.

    Raises
    ------
    GpucalError
        If it is not of this form.

    Examples
    --------
    >>> places_of("0.8 145 0.2; 1.5 30 0.3")[1]
    Place(separation=1.5, angle=30.0, radius=0.3)
    """
    found = []
    for part in (text or "").split(";"):
        words = part.replace(",", " ").split()
        if not words:
            continue
        try:
            place = Place(*(float(word) for word in words))
        except (TypeError, ValueError):
            place = None
        if place is None or not np.isfinite(place).all() or place.radius <= 0 or place.separation < 0:
            raise GpucalError(
                f"exclude: {part.strip()!r} is no place: separation (arcsec), position angle (degrees) and radius "
                "(arcsec, above 0), such as '0.8 145 0.2'"
            )
        found.append(place)
    return found


def offsets(exposure: Exposure, star) -> np.ndarray:
    """How far all pixels are from the star, arcsec east and north, (2, ny, nx); by the WCS of the exposure."""
    ny, nx = exposure.shape_of("data")[-2:]
    star.distances(exposure)  # tells where it is not known
    program = exposure.get_wcs().program()
    y, x = np.indices((ny, nx), float)
    ra, dec = program.at(x.ravel(), y.ravel())
    ra0, dec0 = program.at(np.array([star.x]), np.array([star.y]))[:, 0]
    ra, dec, ra0, dec0 = (np.deg2rad(one) for one in (ra, dec, ra0, dec0))
    outwards = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra - ra0)
    east = np.cos(dec) * np.sin(ra - ra0) / outwards
    north = (np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra - ra0)) / outwards
    return np.rad2deg(np.array([east, north])).reshape(2, ny, nx) * 3600


def pixels_at(place: Place, exposure: Exposure, star) -> np.ndarray:
    """The pixels of a place, (ny, nx) bool."""
    east, north = offsets(exposure, star)
    angle = np.deg2rad(place.angle)
    away = np.hypot(east - place.separation * np.sin(angle), north - place.separation * np.cos(angle))
    return away <= place.radius
