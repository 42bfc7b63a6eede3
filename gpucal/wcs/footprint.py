"""The footprint of an exposure on the sky."""

import re
from collections.abc import Sequence

import numpy as np

from gpucal.backend import current_backend
from gpucal.wcs.world import Wcs

HALF_TURN = 180.0  # degrees


def footprint(wcs: Wcs) -> np.ndarray:
    """The corners of the bounding box on the sky, in the last frame.

    Parameters
    ----------
    wcs : Wcs
        With a bounding box.

    Returns
    -------
    (4, 2) float64 array
        Right ascension and declination, degrees, from the lower left corner by the upper left one.
    """
    (left, right), (bottom, top) = wcs.bounding_box
    program = wcs.program(end=wcs.frame_names[-1])
    longitude, latitude = program.at([left, left, right, right], [bottom, top, top, bottom])
    return np.stack([longitude % 360, latitude], axis=1)


def box_on_sky(world) -> tuple[np.ndarray, tuple[float, float]]:
    """The least box along right ascension and declination that holds pixels, and the wavelengths that they see.

    Parameters
    ----------
    world : (3, ny, nx) float64 array
        Right ascension, declination (degrees) and wavelength, on the backend; NaN where a pixel sees nothing.

    Returns
    -------
    corners : (4, 2) float64 array
        Right ascension and declination, degrees, from the least of both by the greatest right ascension.
    wavelengths : tuple of float
        The least and the greatest.
    """
    xp = current_backend().xp
    longitude, latitude, wavelength = world
    west, east = float(xp.nanmin(longitude)), float(xp.nanmax(longitude))
    if east - west > HALF_TURN:  # more than that is no field of view: it lies on both sides of right ascension 0
        turned = xp.where(longitude > HALF_TURN, longitude - 2 * HALF_TURN, longitude)
        west, east = float(xp.nanmin(turned)) % (2 * HALF_TURN), float(xp.nanmax(turned))
    south, north = float(xp.nanmin(latitude)), float(xp.nanmax(latitude))
    corners = np.array([[west, south], [east, south], [east, north], [west, north]])
    return corners, (float(xp.nanmin(wavelength)), float(xp.nanmax(wavelength)))


def s_region(*polygons: np.ndarray) -> str:
    """The keyword S_REGION for polygons on the sky, each (n, 2)."""
    return "  ".join("POLYGON ICRS  " + " ".join(f"{value:.9f}" for value in np.ravel(one)) for one in polygons)


def polygons_of(region: str) -> Sequence[np.ndarray]:
    """The polygons of a keyword S_REGION.

    Parameters
    ----------
    region : str
        Such as ``POLYGON ICRS 10.1 -3.5 ...``, once or more.

    Returns
    -------
    sequence of (n, 2) float64 array
        Right ascension and declination of their corners, degrees.

    Raises
    ------
    ValueError
        If it is not made of numbers in pairs.
    """
    parts = (part for part in re.split(r"[A-Za-z]+(?:\s+[A-Za-z]+)*", region) if part.strip())
    return [np.array(part.split(), float).reshape(-1, 2) for part in parts]
