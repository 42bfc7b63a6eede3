"""Write the logic of a strip of neighbouring pixels once; run it as a CPU loop or as a CUDA grid.

A `strip_kernel` is for sums, sorts and fits over the groups of a ramp. Its innermost loops run over the pixels of
its strip: on a CPU they fill the vector registers, and the strip's scratch memory stays in the core's cache.
On a device every thread has a strip of one pixel, and the scratch memory of neighbouring threads is interleaved.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from gpucal.backend.kernels import THREADS_PER_BLOCK, PixelKernel
from gpucal.backend.selection import current_backend
from gpucal.backend.threads import BLOCKS_PER_THREAD, run_rows, thread_count

CPU_STRIP = 256
WARP = 32

# A device is given this many bytes of scratch memory, and no more threads than these.
DEVICE_SCRATCH_BYTES = 64 * 2**20
DEVICE_THREADS = 2**18


class Strip(NamedTuple):
    """Neighbouring pixels of a row.

    Pixel ``image[y, first + lane]`` has the scratch memory ``scratch[:, lane]``, for each lane below ``count``.

    Attributes
    ----------
    y : int
        The row.
    first, count : uint64
        The first pixel, and the number of pixels. Indices without a sign need no test for one, and the loops
        over lanes can be compiled for vector registers.
    """

    y: int
    first: np.uint64
    count: np.uint64


# As those of `gpucal.backend.kernels`; the launchers' own names begin with ``grid_``.
_LOOP = """
from numpy import uint64 as grid_unsigned
from gpucal.backend.strips import Strip as grid_strip

def {name}(grid_start, grid_stop, {extents}, grid_scratch, {arguments}):
    grid_slots, _, grid_width = grid_scratch.shape
    for grid_slot in range(grid_start, grid_stop):
        for grid_row in range({rows} * grid_slot // grid_slots, {rows} * (grid_slot + 1) // grid_slots):
            for grid_first in range(0, {columns}, grid_width):
                grid_count = min(grid_width, {columns} - grid_first)
                grid_pixel(
                    grid_strip(grid_row, grid_unsigned(grid_first), grid_unsigned(grid_count)),
                    grid_scratch[grid_slot],
                    {arguments}
                )
"""

_GRID = """
from numpy import uint64 as grid_unsigned
from gpucal.backend.strips import Strip as grid_strip

def {name}({extents}, grid_scratch, {arguments}):
    grid_width = grid_scratch.shape[2]
    grid_threads = grid_scratch.shape[0] * grid_width
    grid_thread = cuda.grid(1)
    if grid_thread < grid_threads:
        grid_slot, grid_lane = grid_thread // grid_width, grid_thread % grid_width
        for grid_point in range(grid_thread, {rows} * {columns}, grid_threads):
            grid_row, grid_first = grid_point // {columns}, grid_point % {columns}
            grid_pixel(
                grid_strip(grid_row, grid_unsigned(grid_first), grid_unsigned(1)),
                grid_scratch[grid_slot, :, grid_lane : grid_lane + 1],
                {arguments}
            )
"""


class StripKernel(PixelKernel):
    """The logic of one strip of pixels, and the launchers built from it.

    Parameters
    ----------
    function : callable
        A function of a `Strip`, of its scratch memory, (nplanes, nlanes), and of further arrays and scalars. It
        writes only to the pixels and the lanes of its own strip.
    scratch : type
        The type of the scratch memory.
    """

    loop_source = _LOOP
    grid_source = _GRID
    forceinline = False  # a call is cheap where it is for a strip

    def __init__(self, function: Callable, scratch: type):
        super().__init__(function)
        self.scratch = scratch

    def __call__(self, shape: tuple[int, int], nplanes: int, *arguments) -> None:
        """Run the function on every strip of an image.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the image.
        nplanes : int
            Planes of scratch memory: the values that a pixel needs, one or more.
        *arguments
            What the function takes after the scratch memory: backend arrays and scalars.
        """
        rows, columns = shape
        if rows * columns == 0:
            return
        backend = current_backend()
        launcher = self.launcher(backend.launcher, 2)
        if backend.launcher == "grid":
            blocks = (
                _device_threads(rows * columns, nplanes * np.dtype(self.scratch).itemsize)
                // THREADS_PER_BLOCK
            )
            scratch = backend.xp.empty((blocks * THREADS_PER_BLOCK // WARP, nplanes, WARP), self.scratch)
            launcher[blocks, THREADS_PER_BLOCK](rows, columns, scratch, *arguments)
        else:
            slots = min(rows, thread_count() * BLOCKS_PER_THREAD)
            scratch = backend.xp.empty((slots, nplanes, CPU_STRIP), self.scratch)
            run_rows(launcher, slots, rows * columns, (rows, columns, scratch, *arguments))


def strip_kernel(function: Callable | None = None, *, scratch: type = np.float64) -> StripKernel:
    """Make a `StripKernel` of a function of one strip."""
    if function is None:
        return partial(strip_kernel, scratch=scratch)
    return StripKernel(function, scratch)


def _device_threads(points, bytes_per_thread):
    """Threads for so many pixels, in full blocks: no more than their scratch memory allows."""
    threads = min(points, DEVICE_THREADS, DEVICE_SCRATCH_BYTES // bytes_per_thread)
    return max(1, -(-threads // THREADS_PER_BLOCK)) * THREADS_PER_BLOCK
