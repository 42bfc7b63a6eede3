"""Which pixels of an input image are drizzled: those in the outline of the output, as the package drizzle has it.

The outline of the input is taken to the output by the pixel map, cut to the output, and taken back by a search that
ends within 0.03 of a pixel. Pixels have to lie inside of it, with half their height and width to spare where its edges
slant, and are let out by 0.03. All of this is done on the host, once an image.

Source: how the package drizzle 2.2.0 behaves, https://spacetelescope-drizzle.readthedocs.io.
"""

import math
from typing import NamedTuple

import numpy as np

# How well the search finds a place, input pixels, and when it gives up.
SEARCH_ERROR = 0.03
MOST_STEPS = 50
GOLDEN = (math.sqrt(5) - 1) / 2

# Vertices nearer than this are one.
SAME = 1e-12


class Edge(NamedTuple):
    """An edge of an outline: x = slope * y + start leaves room for a pixel; and where it ends."""

    slope: float
    start: float
    top: float


def scan_limits(map_at, image_shape, output_shape, section=None):
    """The columns of each row of an image that are drizzled.

    Parameters
    ----------
    map_at : callable
        Takes arrays of whole x and y of pixels, and gives x and y on the output grid, float64 arrays on the host.
    image_shape, output_shape : tuple of int
        Rows and columns of the input and of the output.
    section : tuple of int, optional
        First and last column, first and last row that may be drizzled, such as those where the map is not NaN, see
        `known_section`. All, if not given.

    Returns
    -------
    (ny, 2) int64 array
        First column, and one after the last one; equal where no pixel of a row is drizzled.
    """
    limits = np.zeros((image_shape[0], 2), np.int64)
    section = section or (0, image_shape[1] - 1, 0, image_shape[0] - 1)
    if section[0] >= section[1] or section[2] >= section[3]:
        return limits
    outline = _outline(map_at, image_shape, output_shape, section)
    if len(outline) < 3:
        return limits
    left, right = _sides(outline)
    lowest, highest = outline[:, 1].min(), outline[:, 1].max()
    first = max(0, int(lowest + 0.5 + 2 * SEARCH_ERROR))
    for row in range(first, min(section[3], int(highest + 2 * SEARCH_ERROR)) + 1):
        if row + 0.5 <= lowest or row - 0.5 >= highest + 1:
            continue
        below, above = _limits_of(left, row), _limits_of(right, row)
        if below is None or above is None:
            break
        lows = [max(place - SEARCH_ERROR, section[0]) for place in below]
        highs = [min(place + SEARCH_ERROR, section[1]) for place in above]
        usable = [low < high for low, high in zip(lows, highs, strict=True)]
        if any(usable):
            used = [number for number in range(2) if usable[number]]
            low, high = max(lows[number] for number in used), min(highs[number] for number in used)
            limits[row] = _rounded(low), _rounded(high) + 1
    return limits


def known_section(pixel_map):
    """First and last column, first and last row of the pixels whose place in the output is known.

    Parameters
    ----------
    pixel_map : (2, ny, nx) float64 array
        NaN where it is not; on the host.

    Returns
    -------
    tuple of int
        Where none is known, the last ones are before the first ones.
    """
    known = np.isfinite(pixel_map).all(0)
    rows, columns = np.flatnonzero(known.any(1)), np.flatnonzero(known.any(0))
    if not rows.size:
        return 0, -1, 0, -1
    return int(columns[0]), int(columns[-1]), int(rows[0]), int(rows[-1])


def _outline(map_at, image_shape, output_shape, section):
    """The corners, counter-clockwise and in the input, of what of a section is in the output.

    All of the section where its map is not known at a corner that is needed.
    """
    x0, x1, y0, y1 = section[0] - 0.5, section[1] + 0.5, section[2] - 0.5, section[3] + 0.5
    whole = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    placed = _interpolate(map_at, image_shape, whole)
    if np.isnan(placed).any():
        return whole
    cut = _cut(_counter_clockwise(placed), output_shape)
    if len(cut) < 3:
        return cut
    found = _search(map_at, image_shape, section, cut)
    return whole if found is None else _counter_clockwise(found)


def _interpolate(map_at, image_shape, points):
    """The map at points between the centres of pixels, bilinear, and extrapolated beyond them; (n, 2)."""
    corner = np.clip(points.astype(np.int64), 0, np.array(image_shape[::-1]) - 2)
    (x, y), (i, j) = (points - corner).T, corner.T
    around = map_at(i + [[0], [1], [0], [1]], j + [[0], [0], [1], [1]])
    share = np.array([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
    return (share * around).sum(1).T


def _search(map_at, image_shape, section, targets):
    """Where in the input the targets are: by golden section along both axes; None where the map is not known."""
    low = np.tile([section[0] - 0.5, section[2] - 0.5], (len(targets), 1))
    high = np.tile([section[1] + 0.5, section[3] + 0.5], (len(targets), 1))
    for _ in range(MOST_STEPS):
        if (high - low).max() <= SEARCH_ERROR:
            return (low + high) / 2
        active = ((high - low) > SEARCH_ERROR).any(1)
        first, second = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        tried = [np.stack([x, y], 1) for x in (first[:, 0], second[:, 0]) for y in (first[:, 1], second[:, 1])]
        placed = _interpolate(map_at, image_shape, np.concatenate(tried)).reshape(4, *targets.shape)
        distance = ((placed - targets) ** 2).sum(2)
        if np.isnan(distance).any():
            return None
        best = distance.argmin(0)
        best[(distance == distance.min(0)).sum(0) > 1] = 3
        for axis, upper in enumerate((best // 2 == 1, best % 2 == 1)):
            low[:, axis] = np.where(active & upper, first[:, axis], low[:, axis])
            high[:, axis] = np.where(active & ~upper, second[:, axis], high[:, axis])
    return None


def _counter_clockwise(polygon):
    """The same polygon, counter-clockwise, as its first two corners seen from the middle tell."""
    (x1, y1), (x2, y2) = (polygon - polygon.mean(0))[:2]
    return polygon if x1 * y2 - y1 * x2 >= 0 else polygon[::-1]


def _cut(polygon, output_shape):
    """What of a convex polygon is in the output: cut along one border after the other (Sutherland & Hodgman)."""
    right, top = output_shape[1] - 0.5, output_shape[0] - 0.5
    corners = [tuple(corner) for corner in polygon]
    for axis, border, sign in ((1, -0.5, 1), (0, right, -1), (1, top, -1), (0, -0.5, 1)):
        kept = []
        for before, corner in zip(corners[-1:] + corners[:-1], corners, strict=True):
            inside, was_inside = sign * (corner[axis] - border) > 0, sign * (before[axis] - border) > 0
            if inside != was_inside:
                share = (border - before[axis]) / (corner[axis] - before[axis])
                other = before[1 - axis] + share * (corner[1 - axis] - before[1 - axis])
                _append(kept, (border, other) if axis == 0 else (other, border))
            if inside:
                _append(kept, corner)
        corners = kept
    return _counter_clockwise(np.array(corners)) if len(corners) > 2 else np.zeros((0, 2))


def _append(corners, corner):
    for other in corners[:1] + corners[-1:]:
        if max(abs(other[0] - corner[0]), abs(other[1] - corner[1])) < SAME:
            return
    corners.append(corner)


def _sides(outline):
    """The edges on the left and on the right of a counter-clockwise outline, each from the lowest upwards."""
    y, number = outline[:, 1], len(outline)
    low, high = int(y.argmin()), int(y.argmax())
    low_left, low_right = _flat(outline, low, 1)
    high_left, high_right = _flat(outline, high, -1)
    left = [(low_left - step) % number for step in range((low_left - high_left) % number + 1)]
    right = [(low_right + step) % number for step in range((high_right - low_right) % number + 1)]
    return _edges(outline[left], -1), _edges(outline[right], 1)


def _flat(outline, corner, sign):
    """The left and the right corner of a lowest (sign 1) or highest (-1) edge that is flat; else one corner twice."""
    y, number = outline[:, 1], len(outline)
    beside = min((corner - 1) % number, (corner + 1) % number, key=lambda one: sign * y[one])
    if sign * (y[beside] - y[corner]) <= abs(y[corner]) * SAME:
        return tuple(sorted((corner, beside), key=lambda one: outline[one, 0]))
    return corner, corner


def _edges(corners, side):
    edges = []
    for (x1, y1), (x2, y2) in zip(corners, corners[1:], strict=False):
        slope = (x2 - x1) / (y2 - y1)
        start = (x1 * y2 - y1 * x2) / (y2 - y1)
        edges.append(Edge(slope, start - side * (0.5 + 0.5 * abs(slope)), y2))
    return edges


def _limits_of(edges, row):
    """Where a side is at a row, by the edge at its lower end and by that at its upper end; None above the last one."""
    below = next((edge for edge in edges if row - 0.5 <= edge.top), None)
    if below is None:
        return None
    rest = edges[edges.index(below) :]
    above = next((edge for edge in rest if row + 0.5 <= edge.top + 0.5 + SEARCH_ERROR), None)
    return None if above is None else (below.slope * row + below.start, above.slope * row + above.start)


def _rounded(place):
    """The nearest whole number; the one farther from zero where there are two."""
    return int(math.floor(abs(place) + 0.5) * (1 if place >= 0 else -1))
