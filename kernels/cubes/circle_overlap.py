"""Which part of a pixel lies in a circle.

The area that a polygon and a circle have in common is a sum over the edges of the polygon: triangles between the centre
of the circle and what of an edge is inside, and sectors for what is outside.
"""

import math

from gpucal.backend import pixel_function


@pixel_function
def part_inside(x, y, radius, subpixels):
    """The part of a pixel that lies in a circle about the origin.

    Parameters
    ----------
    x, y : float
        The middle of the pixel, whose sides are 1.
    radius : float
        Of the circle, in pixels; with 0 nothing is inside.
    subpixels : int
        Parts along each side of the pixel that are inside or outside as their middle is; 0 for the exact area.

    Returns
    -------
    float
        From 0 to 1.
    """
    dx, dy = abs(x), abs(y)
    # The nearest point of the pixel, and its farthest corner.
    if math.hypot(max(dx - 0.5, 0.0), max(dy - 0.5, 0.0)) >= radius:
        return 0.0
    if math.hypot(dx + 0.5, dy + 0.5) <= radius:
        return 1.0
    if subpixels:
        return counted_part(x, y, radius, subpixels)
    left, right, bottom, top = x - 0.5, x + 0.5, y - 0.5, y + 0.5
    area = part_at_edge(left, bottom, 1.0, 0.0, radius) + part_at_edge(right, bottom, 0.0, 1.0, radius)
    area += part_at_edge(right, top, -1.0, 0.0, radius) + part_at_edge(left, top, 0.0, -1.0, radius)
    return min(max(area, 0.0), 1.0)


@pixel_function
def counted_part(x, y, radius, subpixels):
    """The part of the subpixels of a pixel whose middle lies in a circle about the origin."""
    inside = 0
    for row in range(subpixels):
        dy = y - 0.5 + (row + 0.5) / subpixels
        for column in range(subpixels):
            dx = x - 0.5 + (column + 0.5) / subpixels
            inside += 1 if dx * dx + dy * dy < radius * radius else 0
    return inside / (subpixels * subpixels)


@pixel_function
def part_at_edge(x, y, along_x, along_y, radius):
    """The area, with a sign, of a circle about the origin within the angle in which an edge is seen from there.

    The edge begins at x, y and has the length 1 along a unit vector; beyond it nothing counts.
    """
    back = x * along_x + y * along_y
    under = back * back - (x * x + y * y - radius * radius)
    end_x, end_y = x + along_x, y + along_y
    if under <= 0.0:
        return sector(x, y, end_x, end_y, radius)
    first, last = max(-back - math.sqrt(under), 0.0), min(-back + math.sqrt(under), 1.0)
    if first >= last:
        return sector(x, y, end_x, end_y, radius)
    from_x, from_y = x + first * along_x, y + first * along_y
    to_x, to_y = x + last * along_x, y + last * along_y
    area = 0.5 * (from_x * to_y - from_y * to_x)
    if first > 0.0:
        area += sector(x, y, from_x, from_y, radius)
    if last < 1.0:
        area += sector(to_x, to_y, end_x, end_y, radius)
    return area


@pixel_function
def sector(from_x, from_y, to_x, to_y, radius):
    """The area, with a sign, of the sector of a circle between the directions of two points."""
    angle = math.atan2(from_x * to_y - from_y * to_x, from_x * to_x + from_y * to_y)
    return 0.5 * radius * radius * angle
