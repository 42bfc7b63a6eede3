"""Look-ups in a table of one coordinate, comparisons with constants, and rounding, of a strip of pixels.

Look-ups are summed in the order of SciPy, so that they are equal to the last bit.

Source: `scipy.interpolate.interpn`, https://docs.scipy.org/doc/scipy/reference/generated/scipy.interpolate.interpn.html,
which `astropy.modeling.tabular` calls.
"""

import math

from gpucal.backend import pixel_function

# How a value compares to a constant, in the instruction REPLACE.
GREATER, LESS, EQUAL, OTHER = 0.0, 1.0, 2.0, 3.0


@pixel_function
def table_1d(width, w, r, c):
    """``w`` = the value of a table at r, linear between its points.

    The constants are the number of points, whether the first and last intervals go on beyond the ends, else the value
    there; then the points, increasing, and the values.
    """
    count = int(c[0])
    points, values = c[3 : 3 + count], c[3 + count : 3 + 2 * count]
    for lane in range(width):
        low, high = 0, count - 1
        while high - low > 1:
            middle = (low + high) // 2
            if r[lane] >= points[middle]:
                low = middle
            else:
                high = middle
        part = (r[lane] - points[low]) / (points[high] - points[low])
        w[lane] = values[low] * (1 - part) + values[high] * part
        if c[1] == 0 and (r[lane] < points[0] or r[lane] > points[count - 1]):
            w[lane] = c[2]


@pixel_function
def replace_where(width, w, r, c):
    """``w`` = r, but a constant where r compares to another one; NaN stays.

    The constants are how (`GREATER`, ...), what r is compared to, and what stands there instead.
    """
    for lane in range(width):
        x = r[lane]
        if c[0] == GREATER:
            applies = x > c[1]
        elif c[0] == LESS:
            applies = x < c[1]
        elif c[0] == EQUAL:
            applies = x == c[1]
        else:
            applies = not math.isnan(x) and x != c[1]
        w[lane] = c[2] if applies else x


@pixel_function
def choose_within(width, w, r, s, t, c):
    """``w`` = s where r is between two constants and equal to neither, else t; also where r is NaN."""
    for lane in range(width):
        w[lane] = s[lane] if c[0] < r[lane] < c[1] else t[lane]


@pixel_function
def round_to_whole(width, w, r):
    """``w`` = the whole number nearest to r, of two that are as near the greater one; NaN stays."""
    for lane in range(width):
        w[lane] = r[lane] if math.isnan(r[lane]) else math.floor(r[lane] + 0.5)
