"""Points, polygons and distances on the sky, on the host. Angles are in degrees."""

import numpy as np


def directions(points: np.ndarray) -> np.ndarray:
    """Unit vectors of points on the sky.

    Parameters
    ----------
    points : (..., 2) array_like
        Longitude and latitude, degrees.

    Returns
    -------
    (..., 3) float64 array
    """
    longitude, latitude = np.moveaxis(np.deg2rad(points), -1, 0)
    in_plane = np.cos(latitude)
    return np.stack([in_plane * np.cos(longitude), in_plane * np.sin(longitude), np.sin(latitude)], -1)


def middle(points: np.ndarray) -> tuple[float, float]:
    """The point in the middle of the extremes of points on the sky.

    Parameters
    ----------
    points : (n, 2) array_like
        Longitude and latitude, degrees.

    Returns
    -------
    tuple of float
        Longitude, from 0 to 360, and latitude: where the middle of the box about their directions points to.
    """
    vectors = directions(points)
    x, y, z = (vectors.max(0) + vectors.min(0)) / 2.0
    return float(np.rad2deg(np.arctan2(y, x)) % 360.0), float(np.rad2deg(np.arctan2(z, np.sqrt(x**2 + y**2))))


def separation(first, second):
    """The angle between points on the sky, degrees, by the formula of Vincenty, which holds for small angles too.

    Parameters
    ----------
    first, second : (..., 2) array_like
        Longitude and latitude, degrees.
    """
    (lon1, lat1), (lon2, lat2) = (np.moveaxis(np.deg2rad(points), -1, 0) for points in (first, second))
    sine, cosine = np.sin(lon2 - lon1), np.cos(lon2 - lon1)
    sine1, sine2, cosine1, cosine2 = np.sin(lat1), np.sin(lat2), np.cos(lat1), np.cos(lat2)
    across = np.hypot(cosine2 * sine, cosine1 * sine2 - sine1 * cosine2 * cosine)
    return np.rad2deg(np.arctan2(across, sine1 * sine2 + cosine1 * cosine2 * cosine))


def polygon_area(points: np.ndarray) -> float:
    """The area of a polygon on the sky, steradian.

    Parameters
    ----------
    points : (n, 2) array_like
        Longitude and latitude of its corners, degrees, in order; it is small, and seen from its middle no edge is
        hidden by another.

    Returns
    -------
    float
        The sum of the triangles between the edges and the middle (Eriksson 1990, Math. Mag. 63, 184).
    """
    corners = directions(points)
    center = corners.mean(0)
    center /= np.linalg.norm(center)
    following = np.roll(corners, -1, 0)
    volume = np.cross(corners, following) @ center
    height = 1 + (corners * following).sum(1) + corners @ center + following @ center
    return float(abs(2 * np.arctan2(volume, height).sum()))
