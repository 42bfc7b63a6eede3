"""Run a compiled loop over rows on all cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

# Below this many grid points a second thread costs more than it saves.
SMALL_GRID = 4096
BLOCKS_PER_THREAD = 4


def thread_count() -> int:
    """The threads to use: ``NUMBA_NUM_THREADS``, or the cores that this process may run on."""
    wanted = os.environ.get("NUMBA_NUM_THREADS")
    return int(wanted) if wanted else len(os.sched_getaffinity(0))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="gpucal-kernel")


def run_rows(loop: Callable, nrows: int, npoints: int, arguments: tuple) -> None:
    """Call ``loop(start, stop, *arguments)`` so that ``range(nrows)`` is covered once.

    Parameters
    ----------
    loop : callable
        Compiled with ``nogil``; each row writes to elements of its own.
    nrows, npoints : int
        The rows of the grid, and its points.
    arguments : tuple
        What the loop takes after the range of rows.
    """
    nthreads = thread_count()
    if nthreads == 1 or npoints < SMALL_GRID:
        loop(0, nrows, *arguments)
        return
    nblocks = min(nrows, nthreads * BLOCKS_PER_THREAD)
    edges = [nrows * block // nblocks for block in range(nblocks + 1)]
    jobs = [
        _pool().submit(loop, start, stop, *arguments) for start, stop in zip(edges, edges[1:], strict=False)
    ]
    for job in jobs:
        job.result()
