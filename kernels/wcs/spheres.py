"""Directions, longitudes and latitudes, and the tangent plane, of a strip of pixels. Angles are in degrees.

Source: Calabretta & Greisen (2002), A&A 395, 1077.
"""

import math

from gpucal.backend import pixel_function

RADIAN = 180.0 / math.pi

# Angles below this, radians, are small: the first term of the series that is left out is 2e-19 of the first.
SMALL = 0.06


@pixel_function
def to_cartesian(width, w, v, u, r, s):
    """The direction (w, v, u), a unit vector, of longitude r and latitude s."""
    for lane in range(width):
        longitude, latitude = r[lane] * (math.pi / 180.0), s[lane] * (math.pi / 180.0)
        in_plane = math.cos(latitude)
        w[lane] = math.cos(longitude) * in_plane
        v[lane] = math.sin(longitude) * in_plane
        u[lane] = math.sin(latitude)


@pixel_function
def to_spherical(width, w, v, r, s, t, c):
    """Longitude w and latitude v of the direction (r, s, t); longitudes below the constant minus 360 get 360 more."""
    lowest = c[0] - 360.0
    for lane in range(width):
        longitude = math.atan2(s[lane], r[lane]) * RADIAN
        latitude = math.atan2(t[lane], math.hypot(r[lane], s[lane])) * RADIAN
        w[lane] = longitude + 360.0 if longitude < lowest else longitude
        v[lane] = latitude


@pixel_function
def to_tangent_plane(width, w, v, r, s):
    """The point (w, v) of the tangent plane of native longitude r and latitude s; NaN on the far side."""
    for lane in range(width):
        longitude, latitude = r[lane] * (math.pi / 180.0), s[lane] * (math.pi / 180.0)
        height = math.sin(latitude)
        distance = RADIAN * math.cos(latitude) / height if height > 0 else math.nan
        w[lane] = distance * math.sin(longitude)
        v[lane] = -distance * math.cos(longitude)


@pixel_function
def from_tangent_plane(width, w, v, r, s):
    """Native longitude w and latitude v of the point (r, s) of the tangent plane."""
    for lane in range(width):
        x, y = r[lane], s[lane]
        w[lane] = math.atan2(x, -y) * RADIAN
        v[lane] = math.atan2(RADIAN, math.hypot(x, y)) * RADIAN


@pixel_function
def to_cartesian_near(width, w, v, u, r, s):
    """`to_cartesian`, by series where all longitudes and latitudes of the strip are small."""
    largest = 0.0
    for lane in range(width):
        largest = max(largest, abs(r[lane]), abs(s[lane]))
    if not largest * (math.pi / 180.0) <= SMALL:
        to_cartesian(width, w, v, u, r, s)
        return
    for lane in range(width):
        longitude, latitude = r[lane] * (math.pi / 180.0), s[lane] * (math.pi / 180.0)
        in_plane = cosine_of_small(latitude)
        w[lane] = cosine_of_small(longitude) * in_plane
        v[lane] = sine_of_small(longitude) * in_plane
        u[lane] = sine_of_small(latitude)


@pixel_function(inline=True)
def sine_of_small(angle):
    """The sine of an angle up to `SMALL`."""
    square = angle * angle
    series = 1.0 + square * (-1 / 6 + square * (1 / 120 + square * (-1 / 5040 + square * (1 / 362880))))
    return angle * series


@pixel_function(inline=True)
def cosine_of_small(angle):
    """The cosine of an angle up to `SMALL`."""
    square = angle * angle
    return 1.0 + square * (-1 / 2 + square * (1 / 24 + square * (-1 / 720 + square * (1 / 40320))))


@pixel_function
def project(width, w, v, r, s, t):
    """The point (w, v) of the tangent plane of the native direction (r, s, t); NaN on the far side."""
    for lane in range(width):
        x, y, z = r[lane], s[lane], t[lane]
        distance = RADIAN / z if z > 0 else math.nan
        w[lane] = distance * y
        v[lane] = -distance * x


@pixel_function
def unproject(width, w, v, u, r, s):
    """The native direction (w, v, u), a unit vector, of the point (r, s) of the tangent plane."""
    for lane in range(width):
        x, y = r[lane], s[lane]
        length = math.sqrt(x * x + y * y + RADIAN * RADIAN)
        w[lane] = -y / length
        v[lane] = x / length
        u[lane] = RADIAN / length
