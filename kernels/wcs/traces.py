"""Traces of grisms, of a strip of pixels: how far along a trace a place or a wavelength is.

A trace is a polynomial of the parameter t, 0 to 1 from one end to the other, whose coefficients are polynomials of the
place of the source. Its inverse is not known: it is looked up among samples that are evenly spaced in t. The trace
rises or falls throughout.

The constants of both instructions are the number of samples, whether lines go on beyond the ends, how many terms there
are, and for each of them, the lowest power of t first, the degree and the coefficients that `polynomial_2d` takes.

Source: the grism dispersion transforms of stdatamodels,
https://stdatamodels.readthedocs.io/en/latest/jwst/transforms.
"""

import math

from gpucal.backend import pixel_function


@pixel_function
def parameter_at(width, w, r, s, t, c):
    """``w`` = the parameter at which the trace of a source at (s, t) has the value r, linear between samples.

    Beyond the ends it is that of the end, or on the line through the two samples there.
    """
    count = int(c[0])
    for lane in range(width):
        low = sample_below(r[lane], s[lane], t[lane], c)
        first, second = sampled(low, s[lane], t[lane], c), sampled(low + 1, s[lane], t[lane], c)
        part = (r[lane] - first) / (second - first)
        if c[1] == 0:
            part = min(max(part, 0.0), 1.0)
        w[lane] = (low + part) / (count - 1)


@pixel_function
def parameter_nearest(width, w, r, s, t, c):
    """``w`` = the parameter at which the square of the trace less r is smallest.

    The slope of the square, from central differences, is taken as a line through the best sample and the one on the
    side where it is steeper, and its zero is the place; if the best sample is the first or the last, that is it.
    """
    count = int(c[0])
    for lane in range(width):
        x, y = s[lane], t[lane]
        best = sample_below(r[lane], x, y, c)
        if misfit(best + 1, r[lane], x, y, c) < misfit(best, r[lane], x, y, c):
            best += 1
        if best == 0 or best == count - 1:
            w[lane] = best / (count - 1) if r[lane] == r[lane] else math.nan
            continue
        center = misfit_slope(best, r[lane], x, y, c)
        if center == 0:
            w[lane] = best / (count - 1)
            continue
        if center < 0:
            left, first, second = best - 1, misfit_slope(best - 1, r[lane], x, y, c), center
        else:
            left, first, second = best, center, misfit_slope(best + 1, r[lane], x, y, c)
        w[lane] = (left - first / (second - first)) / (count - 1)


@pixel_function
def misfit(sample, value, x, y, c):
    """The square of a sample less a value."""
    difference = sampled(sample, x, y, c) - value
    return difference * difference


@pixel_function
def misfit_slope(sample, value, x, y, c):
    """The slope of these squares at a sample: half of the difference of its neighbours, at the ends that to the one."""
    after, before = min(sample + 1, int(c[0]) - 1), max(sample - 1, 0)
    return (misfit(after, value, x, y, c) - misfit(before, value, x, y, c)) / (after - before)


@pixel_function
def sample_below(value, x, y, c):
    """The first sample of the interval in which a value lies, or of that at the end which it is beyond."""
    low, high = 0, int(c[0]) - 1
    sign = 1.0 if sampled(high, x, y, c) >= sampled(0, x, y, c) else -1.0
    while high - low > 1:
        middle = (low + high) // 2
        if sign * value >= sign * sampled(middle, x, y, c):
            low = middle
        else:
            high = middle
    return low


@pixel_function
def sampled(sample, x, y, c):
    """The trace of a source at (x, y) at one of the samples."""
    t = sample / (c[0] - 1)
    total, power, place = 0.0, 1.0, 3
    for _ in range(int(c[2])):
        degree = int(c[place])
        total += at_source(x, y, degree, place + 1, c) * power
        power *= t
        place += 1 + (degree + 1) * (degree + 2) // 2
    return total


@pixel_function
def at_source(x, y, degree, place, c):
    """A polynomial of x and y, its coefficients from a place on in the order that `polynomial_2d` takes."""
    total = 0.0
    for power in range(degree + 1):
        row = 0.0
        for _ in range(power + 1):
            row = row * x + c[place]
            place += 1
        total = total * y + row
    return total
