"""The area that a quadrilateral has in common with a rectangle: it is clipped at one side after the other.

The slope of an edge is rounded to float32, as jwst does it, so that cells that are hardly touched are the same ones.

Source: Sutherland & Hodgman (1974), Communications of the ACM 17, 32, https://doi.org/10.1145/360767.360802.
"""

import numpy as np

from gpucal.backend import pixel_function

CORNERS = 4

# Vertices of a polygon after four clips, at most, and the first one again; of a quadrilateral that crosses itself, too.
VERTICES = 20

# Polygons that a clip of a column, and of its cells, needs memory for.
POLYGONS = 4


@pixel_function
def clip(given, count, axis, limit, above, made):
    """Write the part of a polygon on one side of a line along an axis; return how many vertices it has.

    Parameters
    ----------
    given, made : (2, VERTICES) float64 array
        Vertices, x and y; the first one follows the last.
    count : int
        How many vertices there are.
    axis : int
        The coordinate that the line limits: 0 for x, 1 for y.
    limit : float
        Its value on the line.
    above : bool
        Which side is kept.
    """
    kept, other = 0, 1 - axis
    for vertex in range(count):
        a1, a2 = given[axis, vertex], given[axis, vertex + 1]
        first_inside = a1 > limit if above else a1 < limit
        second_inside = a2 > limit if above else a2 < limit
        if first_inside != second_inside:
            made[axis, kept] = limit
            b1, b2 = given[other, vertex], given[other, vertex + 1]
            if axis == 0:
                slope = np.float32((b2 - b1) / (a2 - a1))
                made[other, kept] = b1 + slope * (limit - a1)
            elif b1 == b2:
                made[other, kept] = b1
            else:
                slope = np.float32(1.0) / np.float32((a2 - a1) / (b2 - b1))
                made[other, kept] = b1 + slope * (limit - a1)
            kept += 1
        if second_inside:
            made[axis, kept] = a2
            made[other, kept] = given[other, vertex + 1]
            kept += 1
    made[0, kept], made[1, kept] = made[0, 0], made[1, 0]
    return kept


@pixel_function
def area_of(polygon, count):
    """The area of a polygon, whichever way its vertices go round."""
    x0, y0 = polygon[0, 0], polygon[1, 0]
    for vertex in range(1, count):
        x0, y0 = min(x0, polygon[0, vertex]), min(y0, polygon[1, vertex])
    twice = 0.0
    for vertex in range(count):
        x1, y1 = polygon[0, vertex] - x0, polygon[1, vertex] - y0
        x2, y2 = polygon[0, vertex + 1] - x0, polygon[1, vertex + 1] - y0
        twice += x1 * y2 - x2 * y1
    return abs(0.5 * twice)
