"""Pairwise summation: in the precision of the values, in the order in which NumPy adds.

Source: Higham, N. J. 1993, SIAM J. Sci. Comput. 14, 783, "The accuracy of floating point summation".
"""

import numpy as np

from gpucal.backend import pixel_function

# A run of this many values or fewer is summed in LANES interleaved sums; a longer one is cut in two.
RUN = 128
LANES = 8

# Cuts on the way to a run, at most: enough for two thousand million values.
DEPTH = 24


@pixel_function
def rounded(value, single):
    """A result of double precision, rounded to single where that is the precision of the arithmetic.

    Of sums, differences, products, quotients and square roots of single precision this is exactly what arithmetic
    in single precision gives (S. A. Figueroa 1995, SIGNUM Newsletter 30, 21, "When is double rounding innocuous?").
    """
    return np.float64(np.float32(value)) if single else value


@pixel_function
def pairwise_sum(values, frame, begin, count, partial, pending, scratch, single):
    """Sum of ``values[frame, begin : begin + count]``; there is at least one.

    Parameters
    ----------
    values : (nframes, nvalues) float64 array
        Their values are of single precision if the sum is.
    frame, begin, count : int
        The values to add.
    partial : (nscratch, DEPTH + LANES) float64 array
        Scratch: sums of left halves whose right halves are still to be added; sums of the lanes of a run.
    pending : (nscratch, DEPTH) int32 array
        Scratch: the sizes of these right halves; zero once they are begun.
    scratch : int
        The row of ``partial`` and ``pending`` to use.
    single : bool
        Add in single precision.
    """
    depth = 0
    size = count
    while True:
        while size > RUN:
            left = size // 2
            left -= left % LANES
            pending[scratch, depth] = size - left
            depth += 1
            size = left
        total = run_sum(values, frame, begin, size, partial, scratch, single)
        begin += size
        while depth > 0 and pending[scratch, depth - 1] == 0:
            depth -= 1
            total = rounded(partial[scratch, depth] + total, single)
        if depth == 0:
            return total
        partial[scratch, depth - 1] = total
        size = pending[scratch, depth - 1]
        pending[scratch, depth - 1] = 0


@pixel_function
def run_sum(values, frame, begin, count, partial, scratch, single):
    """Sum of at most RUN values."""
    if count < LANES:
        total = values[frame, begin]
        for index in range(begin + 1, begin + count):
            total = rounded(total + values[frame, index], single)
        return total
    rest = begin + count - count % LANES
    for lane in range(LANES):
        total = values[frame, begin + lane]
        for index in range(begin + lane + LANES, rest, LANES):
            total = rounded(total + values[frame, index], single)
        partial[scratch, DEPTH + lane] = total
    # Neighbours first, then pairs, then the halves.
    for width in (1, 2, 4):
        for lane in range(DEPTH, DEPTH + LANES, 2 * width):
            both = partial[scratch, lane] + partial[scratch, lane + width]
            partial[scratch, lane] = rounded(both, single)
    total = partial[scratch, DEPTH]
    for index in range(rest, begin + count):
        total = rounded(total + values[frame, index], single)
    return total
