"""Outlines of images on the sky, and what two of them have in common.

In the plane that touches the sphere between two outlines great circles are straight lines, so that their overlap is
that of two plane polygons.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.wcs.world import Wcs


class Outline(NamedTuple):
    """A polygon of great circles on the sky.

    Attributes
    ----------
    vertices : (n, 3) float64 array
        Unit vectors; the first one is not given again.
    centre : (3,) float64 array
        A unit vector.
    radius : float
        Of a circle about the centre that holds the polygon, radians.
    """

    vertices: np.ndarray
    centre: np.ndarray
    radius: float

    def may_meet(self, other: "Outline") -> bool:
        """Whether the circles about two polygons have a point in common."""
        return _angle(self.centre, other.centre) <= self.radius + other.radius


def outline(wcs: Wcs, shape: tuple[int, int], stepsize: int | None = None) -> Outline:
    """The outline of an image, from the outer corners of its pixels.

    Parameters
    ----------
    wcs : Wcs
        Of the image.
    shape : (ny, nx)
        Of the image.
    stepsize : int, optional
        The largest distance of neighbouring vertices, pixels; by default the corners are the vertices.

    Returns
    -------
    Outline
    """
    longitude, latitude = wcs.program(wcs.frame_names[0], wcs.frame_names[-1]).at(*border(shape, stepsize))
    vertices = directions(longitude, latitude)
    centre = vertices.mean(axis=0)
    centre /= np.linalg.norm(centre)
    return Outline(vertices, centre, max(_angle(centre, vertex) for vertex in vertices))


def border(shape: tuple[int, int], stepsize: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Points on the border of an image, x and y in pixels, from the lower left corner by the lower right one."""
    ny, nx = shape
    x, y = (
        np.linspace(-0.5, length - 0.5, 2 if stepsize is None else max(2, math.ceil((length + 1) / stepsize)))
        for length in (nx, ny)
    )
    right, left = np.full(len(y) - 1, nx - 0.5), np.full(len(y) - 1, -0.5)
    bottom, top = np.full(len(x) - 1, -0.5), np.full(len(x) - 1, ny - 0.5)
    return (
        np.concatenate([x[:-1], right, x[:0:-1], left]),
        np.concatenate([bottom, y[:-1], top, y[:0:-1]]),
    )


def overlap(first: Outline, second: Outline) -> list[np.ndarray]:
    """What two outlines have in common.

    Parameters
    ----------
    first, second : Outline
        Simple polygons, less than a hemisphere together.

    Returns
    -------
    list of (2, n) float64 array
        Right ascension and declination of the vertices of each part, degrees; none where they only touch.
    """
    if not first.may_meet(second):
        return []
    from shapely import Polygon, get_parts  # here, because few runs need it

    axes = _axes_of(first.centre + second.centre)
    shapes = [Polygon(_on_plane(one.vertices, axes)) for one in (first, second)]
    parts = get_parts(shapes[0].intersection(shapes[1]))
    areas = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    return [_on_sky(np.array(part.exterior.coords)[:-1], axes) for part in areas]


def directions(longitude, latitude) -> np.ndarray:
    """Unit vectors, (n, 3), of right ascensions and declinations, degrees."""
    longitude, latitude = np.radians(longitude), np.radians(latitude)
    flat = np.cos(latitude)
    return np.stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)], axis=-1)


def _axes_of(normal) -> np.ndarray:
    """Three axes at right angles, the last one along a vector."""
    last = normal / np.linalg.norm(normal)
    first = np.cross(np.eye(3)[np.abs(last).argmin()], last)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(last, first), last])


def _on_plane(vertices, axes) -> np.ndarray:
    """Unit vectors projected from the centre of the sphere, in radians."""
    x, y, z = axes @ vertices.T
    return np.stack([x / z, y / z], axis=1)


def _on_sky(points, axes) -> np.ndarray:
    """Undo `_on_plane`, to degrees."""
    x, y, z = (np.column_stack([points, np.ones(len(points))]) @ axes).T
    return np.degrees([np.arctan2(y, x) % (2 * np.pi), np.arctan2(z, np.hypot(x, y))])


def _angle(first, second) -> float:
    """The angle between two unit vectors, radians; precise for small ones."""
    return 2 * math.asin(min(1.0, float(np.linalg.norm(first - second)) / 2))
