"""Cubic splines of evenly spaced knots: fitted to points by least squares, and evaluated.

Points are turned into a triangular system of equations one by one, by plane rotations (Dierckx 1993, "Curve and Surface
Fitting with Splines"). Beyond their ends splines go on as the polynomials of their last intervals.
"""

import math

import numpy as np

from gpucal.backend import pixel_function

ORDER = 3

# What becomes of a line: fitted, or not.
FAILED, ACCEPTED = -1, 1

# Gaps between points: those are dropped that exceed the mean by so many standard deviations, both of gaps of which
# outliers were clipped.
WIDE, CLIPPED, MOST_CLIPS = 5.0, 3.0, 5
TENTH = 10


@pixel_function
def knots_between(low, high, intervals):
    """Where the inner knots begin, their distance, and how many there are.

    The first is half an interval beyond the first point, the last one half an interval before the last point, both in
    the single precision of the points.
    """
    spacing = (high - low) / np.float32(intervals)
    half = spacing / np.float32(2)
    start = low + half
    if not spacing > 0:
        return np.float64(start), np.float64(spacing), 0
    count = int(math.ceil(((high - half) - start) / spacing))
    return np.float64(start), np.float64(start + spacing) - np.float64(start), count


@pixel_function
def knot(place, low, high, start, step, inner):
    """A knot by its place, from 0; the first and the last are there four times."""
    if place <= ORDER:
        return np.float64(low)
    if place > ORDER + inner:
        return np.float64(high)
    return start + (place - ORDER - 1) * step


@pixel_function
def interval_of(x, low, high, start, step, inner):
    """The place of the last knot that is not above x, within the spline."""
    place = ORDER
    if step > 0 and x > start:
        place = ORDER + 1 + min(max(int((x - start) / step), 0), inner - 1)
    while place > ORDER and x < knot(place, low, high, start, step, inner):
        place -= 1
    while place < ORDER + inner and x >= knot(place + 1, low, high, start, step, inner):
        place += 1
    return place


@pixel_function
def basis(x, place, low, high, start, step, inner):
    """The four basis functions of an interval that are not zero there (de Boor, Cox)."""
    left1 = x - knot(place, low, high, start, step, inner)
    left2 = x - knot(place - 1, low, high, start, step, inner)
    left3 = x - knot(place - 2, low, high, start, step, inner)
    right1 = knot(place + 1, low, high, start, step, inner) - x
    right2 = knot(place + 2, low, high, start, step, inner) - x
    right3 = knot(place + 3, low, high, start, step, inner) - x
    part = 1.0 / (right1 + left1)
    a, b = right1 * part, left1 * part
    first, second = a / (right1 + left2), b / (right2 + left1)
    a, b, c = right1 * first, left2 * first + right2 * second, left1 * second
    first, second, third = a / (right1 + left3), b / (right2 + left2), c / (right3 + left1)
    return right1 * first, left3 * first + right2 * second, left2 * second + right3 * third, left1 * third


@pixel_function
def spline_at(x, low, high, start, step, inner, coefficients):
    """The value of a spline."""
    place = interval_of(x, low, high, start, step, inner)
    a, b, c, d = basis(x, place, low, high, start, step, inner)
    first = place - ORDER
    value = a * coefficients[first] + b * coefficients[first + 1]
    return value + c * coefficients[first + 2] + d * coefficients[first + 3]


@pixel_function
def add_to_system(x, y, low, high, start, step, inner, system):
    """Rotate the equation of one point into a triangular system: four entries of each row, and its right side."""
    place = interval_of(x, low, high, start, step, inner)
    a, b, c, d = basis(x, place, low, high, start, step, inner)
    for row in range(place - ORDER, place + 1):
        if a != 0:
            pivot = system[row, 0]
            size = math.hypot(pivot, a)
            cosine, sine = pivot / size, a / size
            system[row, 0] = size
            system[row, 1], b = cosine * system[row, 1] + sine * b, cosine * b - sine * system[row, 1]
            system[row, 2], c = cosine * system[row, 2] + sine * c, cosine * c - sine * system[row, 2]
            system[row, 3], d = cosine * system[row, 3] + sine * d, cosine * d - sine * system[row, 3]
            system[row, 4], y = cosine * system[row, 4] + sine * y, cosine * y - sine * system[row, 4]
        a, b, c, d = b, c, d, 0.0


@pixel_function
def solve_system(system, size):
    """Solve a triangular system, the unknowns in the place of its right side; whether it has a solution."""
    for row in range(size - 1, -1, -1):
        if not abs(system[row, 0]) > 0:
            return False
        value = system[row, ORDER + 1]
        for column in range(1, min(ORDER + 1, size - row)):
            value -= system[row, column] * system[row + column, ORDER + 1]
        system[row, ORDER + 1] = value / system[row, 0]
        if not math.isfinite(system[row, ORDER + 1]):
            return False
    return True


@pixel_function
def spacing_allows(x, y, gaps, count, intervals, spread):
    """Drop points after wide gaps; how many are left, 0 if gaps are too wide for knots at these intervals."""
    if count < TENTH:
        return 0
    for point in range(count):
        gaps[point] = abs(x[point] - x[point - 1]) if point > 0 else abs(x[0])
    sort_values(gaps, count)
    widest = clipped_limit(gaps, count)
    tenth = gaps[count - TENTH]
    kept, before = 0, np.float32(0)
    for point in range(count):
        gap, before = abs(x[point] - before), x[point]
        if gap <= widest:
            x[kept], y[kept] = x[point], y[point]
            kept += 1
    if kept == 0:
        return 0
    return kept if tenth <= spread * ((x[kept - 1] - x[0]) / np.float32(intervals)) else 0


@pixel_function
def sort_values(values, count):
    """Sort values in place (heap sort)."""
    begin, end = count // 2, count
    while end > 1:
        if begin > 0:
            begin -= 1
        else:
            end -= 1
            values[0], values[end] = values[end], values[0]
        root, child = begin, 2 * begin + 1
        while child < end:
            if child + 1 < end and values[child + 1] > values[child]:
                child += 1
            if not values[child] > values[root]:
                break
            values[root], values[child] = values[child], values[root]
            root, child = child, 2 * child + 1


@pixel_function
def clipped_limit(values, count):
    """The mean of sorted values plus five standard deviations, both of values of which outliers were clipped."""
    first, stop = 0, count
    mean, scatter = mean_and_scatter(values, first, stop)
    for _ in range(MOST_CLIPS):
        middle = (np.float64(values[(first + stop - 1) // 2]) + np.float64(values[(first + stop) // 2])) / 2
        before = stop - first
        while first < stop and values[first] < middle - CLIPPED * scatter:
            first += 1
        while stop > first and values[stop - 1] > middle + CLIPPED * scatter:
            stop -= 1
        mean, scatter = mean_and_scatter(values, first, stop)
        if stop - first == before:
            break
    return mean + WIDE * scatter


@pixel_function
def mean_and_scatter(values, first, stop):
    """The mean and the standard deviation of some values."""
    mean, square = 0.0, 0.0
    for place in range(first, stop):
        mean += np.float64(values[place])
    mean /= max(stop - first, 1)
    for place in range(first, stop):
        square += (np.float64(values[place]) - mean) ** 2
    return mean, math.sqrt(square / max(stop - first, 1))
