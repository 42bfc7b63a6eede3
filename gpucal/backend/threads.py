"""Run a compiled loop over rows on all cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

# Below this many grid points a second thread costs more than it saves.
SMALL_GRID = 4096
BLOCKS_PER_THREAD = 4


# What tells the number of threads, the first one that is set to a number. OpenMP takes a list, too, one number for
# each level of nesting.
VARIABLES = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")


def thread_count() -> int:
    """The threads to use: as one of `VARIABLES` says, or the cores that this process may run on."""
    words = [os.environ.get(name, "").partition(",")[0].strip() for name in VARIABLES]
    given = [int(word) for word in words if word.isdecimal() and int(word)]
    return given[0] if given else len(os.sched_getaffinity(0))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="gpucal-kernel")


def run_rows(loop: Callable, nrows: int, npoints: int, arguments: Callable[[], tuple]) -> None:
    """Call ``loop(start, stop, *arguments())`` so that ``range(nrows)`` is covered once.

    The calling thread takes a share of the rows, so that one thread less has to be woken.

    Parameters
    ----------
    loop : callable
        Compiled with ``nogil``; each row writes to elements of its own.
    nrows, npoints : int
        The rows of the grid, one at least, and its points.
    arguments : callable
        Returns what the loop takes after the range of rows. Each thread calls it once, for scratch memory of its own.
    """
    nthreads = thread_count() if npoints >= SMALL_GRID else 1
    nblocks = min(nrows, nthreads * BLOCKS_PER_THREAD if nthreads > 1 else 1)
    edges = [nrows * block // nblocks for block in range(nblocks + 1)]
    blocks = iter(list(zip(edges, edges[1:], strict=False)))

    def run_blocks() -> None:
        own = arguments()
        for start, stop in blocks:
            loop(start, stop, *own)

    others = [_pool().submit(run_blocks) for _ in range(min(nthreads, nblocks) - 1)]
    try:
        run_blocks()
    finally:
        for other in others:
            other.result()
