"""By what a profile is multiplied to be that of a line: a search for the least mean of squared differences.

The search is a simplex of one dimension (Nelder & Mead 1965, Comput. J. 7, 308), in single precision and with the
usual settings of SciPy, https://docs.scipy.org/doc/scipy/reference/optimize.minimize-neldermead.html.
"""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.flags.dqflags import DO_NOT_USE

MOST_STEPS, TOLERANCE = 200, 1e-4
LARGEST = 1e20

# Interleaved sums.
LANES = 8


@pixel_function
def profile_scale(data, profile, flags, place, step, first, last, top):
    """The scale of a profile for the good pixels of a line over their largest value, and whether there is one.

    Parameters
    ----------
    data, profile : (npixels,) float32 array
        Packed planes.
    flags : (npixels,) uint32 array
        Of the pixels.
    place, step : int
        Where the line begins, and the step to its next pixel.
    first, last : int
        Pixels of the line that are used.
    top : float32
        The largest of its good values.
    """
    best = np.float32(math.nan)
    for across in range(first, last + 1):
        pixel = place + across * step
        if is_good(data, flags, pixel):
            share = data[pixel] / top if top != 0 else np.float32(math.inf)
            if not abs(share) < LARGEST:
                return np.float32(1), False
            best = share if share > best or best != best else best
    best = abs(best)
    other = np.float32(1.05) * best
    least = mean_square(data, profile, flags, place, step, first, last, top, best)
    greater = mean_square(data, profile, flags, place, step, first, last, top, other)
    calls, steps = 2, 1
    two, three, half, more = np.float32(2), np.float32(3), np.float32(0.5), np.float32(1.5)
    if greater < least:
        best, other, least, greater = other, best, greater, least
    while calls < MOST_STEPS and steps < MOST_STEPS:
        if abs(other - best) <= TOLERANCE and abs(np.float64(least) - np.float64(greater)) <= TOLERANCE:
            break
        shrinks = False
        mirrored = two * best - other
        value = mean_square(data, profile, flags, place, step, first, last, top, mirrored)
        calls += 1
        if value < least:
            beyond = three * best - two * other
            far = mean_square(data, profile, flags, place, step, first, last, top, beyond)
            calls += 1
            other, greater = (beyond, far) if far < value else (mirrored, value)
        else:
            nearer = more * best - half * other if value < greater else half * best + half * other
            near = mean_square(data, profile, flags, place, step, first, last, top, nearer)
            calls += 1
            shrinks = near > value if value < greater else not near < greater
            if not shrinks:
                other, greater = nearer, near
        if shrinks:
            other = best + half * (other - best)
            greater = mean_square(data, profile, flags, place, step, first, last, top, other)
            calls += 1
        steps += 1
        if greater < least:
            best, other, least, greater = other, best, greater, least
    return best, True


@pixel_function
def is_good(data, flags, pixel):
    """Whether a pixel takes part in the fit."""
    return not flags[pixel] & DO_NOT_USE and data[pixel] == data[pixel]


@pixel_function
def mean_square(data, profile, flags, place, step, first, last, top, scale):
    """The mean squared difference between a line over its largest value and a scaled profile.

    Summed in single precision as NumPy does, in eight interleaved sums and the rest after them: where two trials are
    nearly as good, the search depends on it.
    """
    count = 0
    for across in range(first, last + 1):
        count += is_good(data, flags, place + across * step)
    even = count - count % LANES
    a = b = c = d = e = f = g = h = np.float32(0)
    rest, seen = np.float32(0), 0
    for across in range(first, last + 1):
        pixel = place + across * step
        if is_good(data, flags, pixel):
            square = squared_difference(abs(data[pixel] / top), abs(profile[pixel]) * scale)
            lane = seen % LANES
            if seen == even:
                rest = ((a + b) + (c + d)) + ((e + f) + (g + h))
            if seen >= even:
                rest += square
            elif lane < 4:
                a, b = a + (square if lane == 0 else np.float32(0)), b + (square if lane == 1 else np.float32(0))
                c, d = c + (square if lane == 2 else np.float32(0)), d + (square if lane == 3 else np.float32(0))
            else:
                e, f = e + (square if lane == 4 else np.float32(0)), f + (square if lane == 5 else np.float32(0))
                g, h = g + (square if lane == 6 else np.float32(0)), h + (square if lane == 7 else np.float32(0))
            seen += 1
    total = rest if even < count else ((a + b) + (c + d)) + ((e + f) + (g + h))
    return total / np.float32(count)


@pixel_function
def squared_difference(first, second):
    """The square of a difference; 0 where it is not known."""
    difference = first - second
    return difference * difference if difference == difference else np.float32(0)
