"""Sorting by a fixed sequence of comparisons, for many samples side by side.

Source: K. E. Batcher (1968), "Sorting networks and their applications", AFIPS Spring Joint Computer Conference 32,
307: odd-even merge sort, in the form of D. E. Knuth, The Art of Computer Programming 3, algorithm 5.2.2M.
"""

from functools import cache

import numpy as np

from gpucal.backend import pixel_function


@cache
def comparators(count):
    """The places to compare, one pair after the other; the lesser value goes to the first place.

    Parameters
    ----------
    count : int
        Values to sort.

    Returns
    -------
    (ncomparators, 2) int32 array
        On the host.
    """
    pairs = [np.empty((0, 2), np.int32)]
    run = 1
    while run < count:
        distance = run
        while distance > 0:
            low = np.arange(distance % run, count - distance)
            low = low[(low - distance % run) // distance % 2 == 0]
            low = low[low // (2 * run) == (low + distance) // (2 * run)]
            pairs.append(np.stack([low, low + distance], axis=1).astype(np.int32))
            distance //= 2
        run *= 2
    return np.concatenate(pairs)


@pixel_function
def sort_planes(scratch, first, pairs, strip):
    """Sort, for each pixel of a strip, the values in the planes from ``first`` on; there is no NaN."""
    for pair in range(pairs.shape[0]):
        low, high = first + pairs[pair, 0], first + pairs[pair, 1]
        for lane in range(strip.count):
            one, other = scratch[low, lane], scratch[high, lane]
            scratch[low, lane] = one if one < other else other
            scratch[high, lane] = other if one < other else one
