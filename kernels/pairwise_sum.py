"""Pairwise summation: in the precision of the values, in the order in which NumPy adds.

Source: Higham, N. J. 1993, SIAM J. Sci. Comput. 14, 783, "The accuracy of floating point summation".
"""

from gpucal.backend import pixel_function

# A run of this many values or fewer is summed in LANES interleaved sums; a longer one is cut in two.
RUN = 128
LANES = 8

# Cuts on the way to a run, at most: enough for two thousand million values.
DEPTH = 24


@pixel_function
def pairwise_sum(values, frame, begin, count, partial, pending, scratch):
    """Sum of ``values[frame, begin : begin + count]``; there is at least one.

    Parameters
    ----------
    values : (nframes, nvalues) float array
        The sum is made in its precision.
    frame, begin, count : int
        The values to add.
    partial : (nscratch, DEPTH + LANES) array of the values' type
        Scratch: sums of left halves whose right halves are still to be added; sums of the lanes of a run.
    pending : (nscratch, DEPTH) int32 array
        Scratch: the sizes of these right halves; zero once they are begun.
    scratch : int
        The row of ``partial`` and ``pending`` to use.
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
        total = run_sum(values, frame, begin, size, partial, scratch)
        begin += size
        while depth > 0 and pending[scratch, depth - 1] == 0:
            depth -= 1
            total = partial[scratch, depth] + total
        if depth == 0:
            return total
        partial[scratch, depth - 1] = total
        size = pending[scratch, depth - 1]
        pending[scratch, depth - 1] = 0


@pixel_function
def run_sum(values, frame, begin, count, partial, scratch):
    """Sum of at most RUN values."""
    if count < LANES:
        total = values[frame, begin]
        for index in range(begin + 1, begin + count):
            total += values[frame, index]
        return total
    rest = begin + count - count % LANES
    for lane in range(LANES):
        total = values[frame, begin + lane]
        for index in range(begin + lane + LANES, rest, LANES):
            total += values[frame, index]
        partial[scratch, DEPTH + lane] = total
    # Neighbours first, then pairs, then the halves.
    for width in (1, 2, 4):
        for lane in range(DEPTH, DEPTH + LANES, 2 * width):
            partial[scratch, lane] += partial[scratch, lane + width]
    total = partial[scratch, DEPTH]
    for index in range(rest, begin + count):
        total += values[frame, index]
    return total
