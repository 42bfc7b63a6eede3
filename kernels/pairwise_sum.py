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
    partial : (nscratch, DEPTH) array of the values' type
        Scratch: sums of left halves whose right halves are still to be added.
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
        total = run_sum(values, frame, begin, size)
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
def run_sum(values, frame, begin, count):
    """Sum of at most RUN values."""
    if count < LANES:
        total = values[frame, begin]
        for index in range(begin + 1, begin + count):
            total += values[frame, index]
        return total
    lane0 = values[frame, begin]
    lane1 = values[frame, begin + 1]
    lane2 = values[frame, begin + 2]
    lane3 = values[frame, begin + 3]
    lane4 = values[frame, begin + 4]
    lane5 = values[frame, begin + 5]
    lane6 = values[frame, begin + 6]
    lane7 = values[frame, begin + 7]
    rest = begin + count - count % LANES
    for index in range(begin + LANES, rest, LANES):
        lane0 += values[frame, index]
        lane1 += values[frame, index + 1]
        lane2 += values[frame, index + 2]
        lane3 += values[frame, index + 3]
        lane4 += values[frame, index + 4]
        lane5 += values[frame, index + 5]
        lane6 += values[frame, index + 6]
        lane7 += values[frame, index + 7]
    total = ((lane0 + lane1) + (lane2 + lane3)) + ((lane4 + lane5) + (lane6 + lane7))
    for index in range(rest, begin + count):
        total += values[frame, index]
    return total
