"""The square drop: an input pixel, shrunken, is a quadrilateral on the output grid, and weighs by area of overlap.

Source: Fruchter & Hook (2002), PASP 114, 144, https://doi.org/10.1086/338393, and the documentation of the package
drizzle, https://spacetelescope-drizzle.readthedocs.io.

The part of a quadrilateral that lies below a height Y, in a column of cells, is the sum over its edges of the signed
areas between the edge and Y. The difference between the top and the bottom of a cell is the overlap. This needs no
branch, so that a strip of pixels is vector code.
"""

import math

from gpucal.backend import pixel_function
from gpucal.kernels.resample.work import (
    CELLS,
    FACTOR,
    FARTHEST,
    FIRST_X,
    FIRST_Y,
    HALF_RUN,
    LAST_X,
    LOWER_X,
    SLOPE,
    UPPER_X,
    X,
    Y,
)

# Overlaps of less are what rounding leaves of none; in cells.
LEAST_OVERLAP = 1e-13

# Rows of cells that are worked out together.
AT_ONCE = 3


@pixel_function
def place_squares(work, pixel_map, row, last_row, column, last_column, count, half):
    """Write the corners of pixels, clockwise from upper left, and the cells about them.

    Corners are interpolated between the centres of four pixels, extrapolated beyond the outermost ones. A pixel one
    of whose corners is NaN goes nowhere.

    Parameters
    ----------
    work : (nrows, nlanes + 2) float64 array
        Written to.
    pixel_map : (2, nrows, ncolumns) float64 array
        x and y on the output grid of the centres of pixels.
    row, last_row : int
        In the map: of the pixels; and of the last row of the image, if there, otherwise a number beyond.
    column, last_column : int
        Of the first pixel, and of the last column of the image.
    count : int
        How many pixels.
    half : float
        Half a side of the shrunken pixel, in pixels.
    """
    for axis in range(2):
        lower, upper = work[LOWER_X + axis], work[UPPER_X + axis]
        interpolate_rows(lower, upper, pixel_map[axis], row, last_row, column, last_column, count, half)
        to = X + (Y - X) * axis
        upper_left, upper_right, lower_right, lower_left = work[to], work[to + 1], work[to + 2], work[to + 3]
        low, high = work[FIRST_X + 2 * axis], work[LAST_X + 2 * axis]
        for lane in range(count):
            a = upper_left[lane] = half * upper[lane] + (1 - half) * upper[lane + 1]
            b = upper_right[lane] = (1 - half) * upper[lane + 1] + half * upper[lane + 2]
            c = lower_right[lane] = (1 - half) * lower[lane + 1] + half * lower[lane + 2]
            d = lower_left[lane] = half * lower[lane] + (1 - half) * lower[lane + 1]
            least, less = a if a < b else b, c if c < d else d
            most, more = a if a > b else b, c if c > d else d
            known = abs(a) + abs(b) + abs(c) + abs(d) < FARTHEST
            low[lane] = float(math.floor((least if least < less else less) + 0.5)) if known else math.inf
            high[lane] = float(math.floor((most if most > more else more) + 0.5)) if known else -math.inf


@pixel_function
def interpolate_rows(lower, upper, centers, row, last_row, column, last_column, count, half):
    """Interpolate a coordinate to the lower and upper edges of pixels, from one pixel before the first to one after."""
    below, above, share = row - 1, row, 1 - half  # the share of the row above
    if row == 0:
        below, above, share = 0, 1, -half
    next_below, next_above, next_share = row, row + 1, half
    if row == last_row:
        next_below, next_above, next_share = row - 1, row, 1 + half
    begin = column if column == 0 else column - 1
    number = min(column + count + 1, last_column + 1) - begin
    low, high = centers[below, begin : begin + number], centers[above, begin : begin + number]
    next_low, next_high = centers[next_below, begin : begin + number], centers[next_above, begin : begin + number]
    to_lower, to_upper = lower[begin - column + 1 :], upper[begin - column + 1 :]
    for place in range(number):
        to_lower[place] = (1 - share) * low[place] + share * high[place]
        to_upper[place] = (1 - next_share) * next_low[place] + next_share * next_high[place]
    if column == 0:
        lower[0], upper[0] = 2 * lower[1] - lower[2], 2 * upper[1] - upper[2]
    if column + count > last_column:
        lower[count + 1] = 2 * lower[count] - lower[count - 1]
        upper[count + 1] = 2 * upper[count] - upper[count - 1]


@pixel_function
def prepare_squares(work, begin, end):
    """Make ready to compute overlaps: corners relative to the first cell, slopes, and the factor over the area."""
    for corner in range(4):
        x, y, first_x, first_y = work[X + corner], work[Y + corner], work[FIRST_X], work[FIRST_Y]
        for lane in range(begin, end):
            x[lane] = x[lane] - first_x[lane] + 0.5
            y[lane] = y[lane] - first_y[lane] + 0.5
    for corner in range(4):
        x, y, slope, half_run = work[X + corner], work[Y + corner], work[SLOPE + corner], work[HALF_RUN + corner]
        next_x, next_y = work[X + (corner + 1) % 4], work[Y + (corner + 1) % 4]
        for lane in range(begin, end):
            dx, dy = next_x[lane] - x[lane], next_y[lane] - y[lane]
            slope[lane] = dy / dx if dx != 0 else 0.0
            half_run[lane] = -0.5 * dx / abs(dy) if dy != 0 else 0.0
    factor = work[FACTOR]
    x0, x1, x2, x3 = work[X], work[X + 1], work[X + 2], work[X + 3]
    y0, y1, y2, y3 = work[Y], work[Y + 1], work[Y + 2], work[Y + 3]
    for lane in range(begin, end):
        twice = (x1[lane] - x3[lane]) * (y0[lane] - y2[lane]) - (x0[lane] - x2[lane]) * (y1[lane] - y3[lane])
        factor[lane] = factor[lane] / (0.5 * twice) if twice != 0 else 0.0


@pixel_function
def overlap_squares(work, begin, end, column, row, ncolumns, nrows):
    """Write the overlaps with a window of cells, which begins so many columns and rows after the first cell.

    The areas have the sign of the factor, which is negative where the map turns the image over. What rounding leaves
    where there is none is none.
    """
    for i in range(ncolumns):
        below, left = CELLS + i, float(column + i)
        if row == 0:
            clear(work[below], begin, end)
        else:
            areas_below(work, begin, end, left, float(row), below, ncolumns, 1)
        for j in range(0, nrows, AT_ONCE):
            top, cell = row + j + 1.0, below + (j + 1) * ncolumns
            areas_below(work, begin, end, left, top, cell, ncolumns, min(AT_ONCE, nrows - j))
    for cell in range(CELLS, CELLS + nrows * ncolumns):
        overlap, above = work[cell], work[cell + ncolumns]
        for lane in range(begin, end):
            area = above[lane] - overlap[lane]
            overlap[lane] = area if abs(area) > LEAST_OVERLAP else 0.0


@pixel_function
def clear(values, begin, end):
    """Nothing is below the first cell of a pixel."""
    for lane in range(begin, end):
        values[lane] = 0.0


@pixel_function
def areas_below(work, begin, end, left, top, cell, step, number):
    """Write what of the squares, in a column of cells, is below a height, and below the next ones, up to three."""
    x0, x1, x2, x3 = work[X], work[X + 1], work[X + 2], work[X + 3]
    y0, y1, y2, y3 = work[Y], work[Y + 1], work[Y + 2], work[Y + 3]
    s0, s1, s2, s3 = work[SLOPE], work[SLOPE + 1], work[SLOPE + 2], work[SLOPE + 3]
    h0, h1, h2, h3 = work[HALF_RUN], work[HALF_RUN + 1], work[HALF_RUN + 2], work[HALF_RUN + 3]
    if number == 1:
        first = work[cell]
        for lane in range(begin, end):
            a, _, _ = area_below(x0[lane], x1[lane], y0[lane], s0[lane], h0[lane], left, top)
            b, _, _ = area_below(x1[lane], x2[lane], y1[lane], s1[lane], h1[lane], left, top)
            c, _, _ = area_below(x2[lane], x3[lane], y2[lane], s2[lane], h2[lane], left, top)
            d, _, _ = area_below(x3[lane], x0[lane], y3[lane], s3[lane], h3[lane], left, top)
            first[lane] = (a + b) + (c + d)
    elif number == 2:
        first, second = work[cell], work[cell + step]
        for lane in range(begin, end):
            a, e, _ = area_below(x0[lane], x1[lane], y0[lane], s0[lane], h0[lane], left, top)
            b, f, _ = area_below(x1[lane], x2[lane], y1[lane], s1[lane], h1[lane], left, top)
            c, g, _ = area_below(x2[lane], x3[lane], y2[lane], s2[lane], h2[lane], left, top)
            d, h, _ = area_below(x3[lane], x0[lane], y3[lane], s3[lane], h3[lane], left, top)
            first[lane], second[lane] = (a + b) + (c + d), (e + f) + (g + h)
    else:
        first, second, third = work[cell], work[cell + step], work[cell + 2 * step]
        for lane in range(begin, end):
            a, e, p = area_below(x0[lane], x1[lane], y0[lane], s0[lane], h0[lane], left, top)
            b, f, q = area_below(x1[lane], x2[lane], y1[lane], s1[lane], h1[lane], left, top)
            c, g, r = area_below(x2[lane], x3[lane], y2[lane], s2[lane], h2[lane], left, top)
            d, h, s = area_below(x3[lane], x0[lane], y3[lane], s3[lane], h3[lane], left, top)
            first[lane], second[lane], third[lane] = (a + b) + (c + d), (e + f) + (g + h), (p + q) + (r + s)


@pixel_function
def area_below(start, stop, y, slope, half_run, left, top):
    """The areas, with a sign, between an edge and three heights, one cell apart, in a column of cells.

    Parameters
    ----------
    start, stop, y : float
        x of both ends of the edge, and y of the first.
    slope, half_run : float
        dy / dx, and -dx / |dy| / 2.
    left : float
        Where the column begins; it is 1 wide.
    top : float
        The first height.
    """
    right = left + 1.0
    enter = left if start < left else start
    enter = right if enter > right else enter
    leave = left if stop < left else stop
    leave = right if leave > right else leave
    y_in, y_out = y + slope * (enter - start), y + slope * (leave - start)
    lowest, rise, width = y_in if y_in < y_out else y_out, abs(y_out - y_in), enter - leave
    return (
        area_to(top - lowest, rise, width, half_run),
        area_to(top + 1.0 - lowest, rise, width, half_run),
        area_to(top + 2.0 - lowest, rise, width, half_run),
    )


@pixel_function
def area_to(height, rise, width, half_run):
    """The area between a piece of an edge and a height above where it is lowest: a triangle, and what is above it."""
    above = height if height > 0 else 0.0
    within = above if above < rise else rise
    return within * within * half_run + width * (above - within)
