"""How much of the sky sets of sources share: the overlap of the convex polygons around them.

Sources: Andrew (1979), Inf. Process. Lett. 9, 216 (hulls); Sutherland & Hodgman (1974), Commun. ACM 17, 32 (clipping);
Van Oosterom & Strackee (1983), IEEE Trans. Biomed. Eng. 30, 125 (solid angles).
"""

from collections.abc import Iterable

import numpy as np

_MARGIN = 2.5e-6 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])  # half an arcsec, radian


def overlap(polygons: Iterable[np.ndarray], others: Iterable[np.ndarray]) -> float:
    """The area that two sets of polygons share, steradian; where polygons of a set overlap, it counts twice.

    Parameters
    ----------
    polygons, others : iterable of (n, 3) float64 array
        Directions of the corners, counter-clockwise as `hull` gives them.
    """
    others = list(others)
    return sum(_shared(polygon, other) for polygon in polygons for other in others)


def hull(directions: np.ndarray) -> np.ndarray:
    """The corners of the smallest convex polygon on the sky around directions, all in one half of it; (n, 3).

    Around directions on one line it has a margin.
    """
    axes = _axes(directions.mean(axis=0))
    points = _projected(directions, axes)
    corners = _planar_hull(points)
    if len(corners) < 3:
        corners = _planar_hull((points[:, None] + _MARGIN).reshape(-1, 2))
    return _lifted(corners, axes)


def _shared(polygon: np.ndarray, other: np.ndarray) -> float:
    axes = _axes(polygon.mean(axis=0))
    if len(polygon) < 3 or len(other) < 3 or (other @ axes[0]).min() <= 0:
        return 0.0
    shared = _clipped(_projected(polygon, axes), _projected(other, axes))
    return 0.0 if len(shared) < 3 else _solid_angle(_lifted(shared, axes))


def _axes(middle: np.ndarray) -> np.ndarray:
    """A direction, and two that span the plane that touches the sky there, (3, 3)."""
    depth = middle / np.linalg.norm(middle)
    helper = np.eye(3)[np.argmin(np.abs(depth))]
    right = np.cross(helper, depth)
    right /= np.linalg.norm(right)
    return np.stack([depth, right, np.cross(depth, right)])


def _projected(directions: np.ndarray, axes: np.ndarray) -> np.ndarray:
    depth, x, y = axes @ directions.T
    return np.stack([x / depth, y / depth], axis=1)


def _lifted(points: np.ndarray, axes: np.ndarray) -> np.ndarray:
    directions = np.column_stack([np.ones(len(points)), points]) @ axes
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def _side(start: np.ndarray, end: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Positive for points on the left of a line."""
    (x, y), along = (np.transpose(points - start)), end - start
    return along[0] * y - along[1] * x


def _planar_hull(points: np.ndarray) -> np.ndarray:
    ordered = np.unique(points, axis=0)
    halves = []
    for half in (ordered, ordered[::-1]):
        chain: list[np.ndarray] = []
        for point in half:
            while len(chain) > 1 and _side(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        halves += chain[:-1]
    return np.reshape(halves, (-1, 2)) if halves else ordered


def _clipped(polygon: np.ndarray, window: np.ndarray) -> np.ndarray:
    """The part of a convex polygon inside another one."""
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if not len(polygon):
            break
        side = _side(start, end, polygon)
        kept = []
        for place, (point, height) in enumerate(zip(polygon, side, strict=True)):
            last, last_height = polygon[place - 1], side[place - 1]
            if (height >= 0) != (last_height >= 0):
                kept.append(last + (point - last) * (last_height / (last_height - height)))
            if height >= 0:
                kept.append(point)
        polygon = np.reshape(kept, (-1, 2))
    return polygon


def _solid_angle(corners: np.ndarray) -> float:
    """The area of a convex polygon on the sky, as triangles with its first corner."""
    first, second, third = corners[0], corners[1:-1], corners[2:]
    triple = np.cross(second, third) @ first
    spread = 1 + second @ first + third @ first + (second * third).sum(axis=1)
    return float(abs(2 * np.arctan2(triple, spread).sum()))
