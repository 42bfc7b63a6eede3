"""Write the logic of a strip of neighbouring pixels; run it as vector code on a CPU, as one pixel a thread on CUDA.

A loop over the groups of one pixel keeps a CPU from doing several pixels at once. In a strip the loop over pixels is
the innermost one, and the compiler makes vector instructions of it. What a pixel has to remember from one such loop
to the next stands in scratch memory, of which each strip has its own: on a CPU it is small and stays in a cache.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gpucal.backend.grids import grid_of, threads_per_block
from gpucal.backend.helpers import pixel_function
from gpucal.backend.kernels import Axes, PixelKernel
from gpucal.backend.selection import current_backend
from gpucal.backend.threads import run_rows

# The most scratch memory that a CUDA thread has as local variables, in registers and the nearest cache; with more, it
# gets a part of an array. A grid is compiled for each size of local memory, so that sizes are rounded up to a few.
OWN_BYTES = 1024
ROUNDED_TO = 8

# Pixels of a strip on a CPU: enough for the vector loops to run, few enough for the cache.
NARROWEST, WIDEST, WIDEST_WITHOUT_SCRATCH = 16, 512, 4096
CACHE_BYTES = 2**20
CACHE_LINE = 64

_LOOP = """
def {name}(grid_start, grid_stop, {extents}, grid_samples, grid_state, {arguments}):
    grid_width = grid_samples.shape[1]
    grid_strips = -(-{columns} // grid_width)
    for grid_strip in range(grid_start, grid_stop):
        grid_row = grid_strip // grid_strips
        grid_begin = (grid_strip - grid_row * grid_strips) * grid_width
        grid_end = min(grid_begin + grid_width, {columns})
        {leading}
        grid_pixel({indices}grid_begin, grid_end, grid_samples, grid_state, {arguments})
"""

_GRID = """
def {name}(grid_start, grid_stop, {extents}, grid_samples, grid_state, {arguments}):
    grid_lane = grid_cuda.grid(1)
    grid_point = grid_start + grid_lane
    if grid_point < grid_stop:
        grid_row = grid_point // {columns}
        grid_begin = grid_point - grid_row * {columns}
        {leading}
        grid_pixel(
            {indices}grid_begin,
            grid_begin + 1,
            grid_samples[:, grid_lane:],
            grid_state[:, grid_lane:],
            {arguments},
        )
"""

_GRID_OF_OWNERS = """
def {name}({extents}, grid_nsamples, grid_nstate, {arguments}):
    grid_row = grid_cuda.blockIdx.x
    for grid_begin in range(
        grid_cuda.blockIdx.y * grid_cuda.blockDim.x + grid_cuda.threadIdx.x,
        {columns},
        grid_cuda.gridDim.y * grid_cuda.blockDim.x,
    ):
        {leading}
        grid_samples = grid_cuda.local.array((grid_most_samples, 1), grid_float32)
        grid_state = grid_cuda.local.array((grid_most_state, 1), grid_float64)
        grid_pixel(
            {indices}grid_begin,
            grid_begin + 1,
            grid_samples[:grid_nsamples],
            grid_state[:grid_nstate],
            {arguments},
        )
"""

# A strip is a part of a row: the number of the row gives all indices but the last.
_AXES = {
    1: Axes("grid_extent0", "", ""),
    2: Axes("grid_extent1", "grid_first = grid_row", "grid_first, "),
    3: Axes(
        "grid_extent2",
        "grid_first, grid_second = grid_row // grid_extent1, grid_row % grid_extent1",
        "grid_first, grid_second, ",
    ),
}


class Scratch(NamedTuple):
    """What a kernel remembers of each pixel of its strip.

    Attributes
    ----------
    samples, state : int
        How many float32 values, and how many float64 values, it keeps for each pixel.
    """

    samples: int = 0
    state: int = 0

    @property
    def bytes_per_pixel(self) -> int:
        """Bytes of scratch memory for each pixel; 1 where there is none, so that one can divide by it."""
        return 4 * self.samples + 8 * self.state or 1

    def rounded_up(self) -> "Scratch":
        """The next larger of the few sizes that grids are compiled for."""
        return Scratch(*(-(-max(1, number) // ROUNDED_TO) * ROUNDED_TO for number in self))

    def arrays(self, npixels: int, xp=np):
        """Uninitialized arrays, with an element for each pixel along their last axis."""
        empty = _on_cache_lines if xp is np else xp.empty
        return empty((self.samples, npixels), np.float32), empty((self.state, npixels), np.float64)


NO_SCRATCH = Scratch()


def _on_cache_lines(shape, dtype):
    """An uninitialized array that begins at a cache line: access to a vector that lies on two takes twice as long."""
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(nbytes + CACHE_LINE, np.uint8)
    first = -memory.ctypes.data % CACHE_LINE
    return memory[first : first + nbytes].view(dtype).reshape(shape)


class Strip(NamedTuple):
    """A strip, for helpers of a kernel: pixel ``image[y, first + lane]`` for each lane below ``count``.

    Attributes
    ----------
    y : int
        The row.
    first, count : uint64
        The first pixel, and the number of pixels. They are unsigned, since Numba tests a signed index for being
        negative, and such a test would keep loops over lanes from becoming vector instructions.
    """

    y: int
    first: np.uint64
    count: np.uint64


@pixel_function
def strip_at(y, begin, end):
    """The strip of the pixels ``begin`` to ``end - 1`` of row ``y``."""
    return Strip(y, np.uint64(begin), np.uint64(end - begin))


class StripKernel(PixelKernel):
    """The logic of a strip of grid points, and the launchers built from it.

    Parameters
    ----------
    function : callable
        A function of the grid indices but the last, of the range ``begin, end`` of the last one, of the arrays
        ``samples`` and ``state``, and of further arrays and scalars. It writes only to the elements of its own
        strip, and its results do not depend on where strips end. The first ``end - begin`` columns of ``samples``
        and ``state`` are the strip's own; they are not initialized.
    """

    own_parameters = 3
    forceinline = False  # a call is cheap where it is for a strip

    def __call__(self, shape: tuple[int, ...], scratch: Scratch, *arguments) -> None:
        """Run the function on strips that cover a grid.

        Parameters
        ----------
        shape : tuple of int
            The extents of the grid, the last one running along memory.
        scratch : Scratch
            What the kernel needs to remember of each pixel.
        *arguments
            What the function takes after its scratch memory: backend arrays and scalars.
        """
        points = math.prod(shape)
        if points == 0:
            return
        how = current_backend().launcher
        if how == "grid":
            self._launch_grid(shape, scratch, points, arguments)
            return
        launcher = self.launcher(how, len(shape))
        width = strip_width(scratch, shape[-1])
        nstrips = points // shape[-1] * -(-shape[-1] // width)
        run_rows(launcher, nstrips, points, lambda: (*shape, *scratch.arrays(width), *arguments))

    def _launch_grid(self, shape, scratch, points, arguments):
        """Launch one thread for each point.

        Where scratch memory is an array, as many points are worked on at a time as it has room for.
        """
        if scratch.bytes_per_pixel <= OWN_BYTES:
            launcher = self._grid_of_owners(len(shape), scratch.rounded_up())
            launcher[grid_of(points, shape[-1])](*shape, *scratch, *arguments)
            return
        launcher = self.launcher("grid", len(shape))
        at_once = min(points, max(1, current_backend().scratch_bytes // scratch.bytes_per_pixel))
        memory = scratch.arrays(at_once, current_backend().xp)
        threads = threads_per_block(at_once)
        for start in range(0, points, at_once):
            stop = min(start + at_once, points)
            launcher[-(-(stop - start) // threads), threads](start, stop, *shape, *memory, *arguments)

    def _loop_source(self, ndim):
        return self._source(_LOOP, _AXES, ndim)

    def _build_grid(self, ndim):
        return self._cuda_grid(self._source(_GRID, _AXES, ndim), ndim)

    def _grid_of_owners(self, ndim, most):
        """The launcher of threads whose scratch memory, up to a size, is local variables."""
        if (most, ndim) not in self.launchers:
            source = self._source(_GRID_OF_OWNERS, _AXES, ndim)
            sizes = {"most_samples": most.samples, "most_state": most.state}
            types = {"float32": np.float32, "float64": np.float64}
            self.launchers[most, ndim] = self._cuda_grid(source, ndim, **sizes, **types)
        return self.launchers[most, ndim]


def strip_width(scratch: Scratch, columns: int) -> int:
    """How many pixels a strip has on a CPU: as many as have their scratch memory in a cache together."""
    if scratch == NO_SCRATCH:
        return min(columns, WIDEST_WITHOUT_SCRATCH)
    fitting = CACHE_BYTES // scratch.bytes_per_pixel // NARROWEST * NARROWEST
    return min(columns, max(NARROWEST, min(WIDEST, fitting)))


def strip_kernel(function: Callable) -> StripKernel:
    """Make a `StripKernel` of a function of one strip."""
    return StripKernel(function)


def in_a_row(array):
    """An array whose last two axes, rows and columns of pixels, are joined to one: (..., ny * nx)."""
    return array.reshape(*array.shape[:-2], math.prod(array.shape[-2:]))


def as_one_row(array):
    """An array whose last two axes, rows and columns of pixels, become one row of an image: (..., 1, ny * nx)."""
    return in_a_row(array)[..., None, :]
