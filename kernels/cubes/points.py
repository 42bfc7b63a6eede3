"""Pixels as points on the plane that touches the sky at the middle of a cube."""

import math
from typing import NamedTuple

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit, check_indices

ARCSEC = 180.0 * 3600.0 / math.pi


class Tangent(NamedTuple):
    """A plane that touches the sky; see `tangent_at`.

    Attributes
    ----------
    ra, sine, cosine : float
        Of the point where it touches: right ascension, radians, sine and cosine of its declination.
    turn_cosine, turn_sine : float
        Of the angle by which the axes are turned.
    offset_ra, offset_dec : float
        By how much points are moved on the sky before, as seen from each of them, radians.
    """

    ra: float
    sine: float
    cosine: float
    turn_cosine: float
    turn_sine: float
    offset_ra: float
    offset_dec: float


def tangent_at(ra, dec, turn=None, offset=(0.0, 0.0)):
    """A plane that touches the sky.

    Parameters
    ----------
    ra, dec : float
        Where, degrees.
    turn : float, optional
        By how much the axes are turned, degrees.
    offset : tuple of float
        By how much points are moved to the east and to the north, arcsec.

    Returns
    -------
    Tangent
    """
    ra, dec, turn = math.radians(ra), math.radians(dec), math.radians(-turn if turn else 0.0)
    moved = (value / ARCSEC for value in offset)
    return Tangent(ra, math.sin(dec), math.cos(dec), math.cos(turn), math.sin(turn), *moved)


def place_points(ra, dec, pixels, tangent, points, x_column, y_column):
    """Write where pixels are on a plane.

    Parameters
    ----------
    ra, dec : (npixels,) float64 array
        Of all pixels, degrees.
    pixels : (npoints,) int array
        The pixel of each point.
    tangent : Tangent
        The plane.
    points : (npoints, ncolumns) float64 array
        Edited: two of its columns, arcsec; x increases to the west.
    x_column, y_column : int
        Which they are.
    """
    check_fit(ra=(ra, "npixels"), dec=(dec, "npixels"), pixels=(pixels, "npoints"), points=(points, "npoints ncolumns"))
    check_indices(pixels, len(ra))
    if max(x_column, y_column) >= points.shape[1]:
        raise ValueError(f"points of {points.shape[1]} columns have no columns {x_column} and {y_column}")
    place_point((len(pixels),), ra, dec, pixels, tangent, points, x_column, y_column)


@pixel_kernel
def place_point(number, ra, dec, pixels, tangent, points, x_column, y_column):
    """Write where one pixel is."""
    pixel = pixels[number]
    longitude, latitude = math.radians(ra[pixel]), math.radians(dec[pixel])
    if tangent.offset_ra != 0.0 or tangent.offset_dec != 0.0:
        longitude, latitude = moved_on_sky(longitude, latitude, tangent.offset_ra, tangent.offset_dec)
    away = longitude - tangent.ra
    sine, cosine, along = math.sin(latitude), math.cos(latitude), math.cos(away)
    toward = sine * tangent.sine + cosine * tangent.cosine * along
    xi = -(cosine * math.sin(away) / toward) * ARCSEC
    eta = (sine * tangent.cosine - cosine * tangent.sine * along) / toward * ARCSEC
    points[number, x_column] = xi * tangent.turn_cosine - eta * tangent.turn_sine
    points[number, y_column] = xi * tangent.turn_sine + eta * tangent.turn_cosine


@pixel_function
def moved_on_sky(longitude, latitude, east, north):
    """A place moved by angles of the sphere on which it is at longitude and latitude zero, with north upward."""
    sine, cosine = math.sin(latitude), math.cos(latitude)
    x, y, z = math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
    x, z = cosine * x - sine * z, sine * x + cosine * z
    return longitude + math.atan2(y, x), math.atan2(z, math.hypot(x, y))
