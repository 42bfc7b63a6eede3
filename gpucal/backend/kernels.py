"""Write the logic of one pixel once; run it as a CPU loop or as a CUDA grid.

`pixel_kernel` takes a plain function whose first arguments are the indices of one grid point. Called
with a grid shape and the remaining arguments, it launches that function at every point, in the way of
the current backend: a compiled loop on all cores, or a CUDA grid. Launchers are compiled when they are
first used, and kept on disk, so that a second process starts at once.
"""

import inspect
import math
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from types import FunctionType
from typing import ClassVar, NamedTuple

from gpucal.backend.grids import CudaGrid, grid_of
from gpucal.backend.helpers import compilable, interpreted
from gpucal.backend.loops import INSIDE, CpuLoop
from gpucal.backend.selection import current_backend
from gpucal.backend.simulated_grids import SimulatedGrid
from gpucal.backend.sources import code_digest
from gpucal.backend.threads import SMALL_GRID, run_rows
from gpucal.places import user_cache

# The source of launchers, filled in with the names of a kernel's arguments. All other names begin with ``grid_``, so
# that they cannot be those of arguments.
_LOOP = """
def {name}(grid_start, grid_stop, {extents}, {arguments}):
    for grid_row in range(grid_start, grid_stop):
        {leading}
        for grid_column in range({columns}):
            grid_pixel({indices}, {arguments})
"""

_GRID = """
def {name}({extents}, {arguments}):
    grid_row = grid_cuda.blockIdx.x
    for grid_column in range(
        grid_cuda.blockIdx.y * grid_cuda.blockDim.x + grid_cuda.threadIdx.x,
        {columns},
        grid_cuda.gridDim.y * grid_cuda.blockDim.x,
    ):
        {leading}
        grid_pixel({indices}, {arguments})
"""


class Axes(NamedTuple):
    """How the source walks a grid of some number of axes: as rows of columns.

    Attributes
    ----------
    columns : str
        The expression for the number of columns.
    leading : str
        The statement that makes the indices but the last from the number of the row.
    indices : str
        The indices of a grid point, as arguments of the kernel.
    """

    columns: str
    leading: str
    indices: str


# On a CPU threads share out the rows, so that a grid of one axis has to be a column; on a device it is a row.
_IN_ROWS = {
    2: Axes("grid_extent1", "grid_first = grid_row", "grid_first, grid_column"),
    3: Axes(
        "grid_extent2",
        "grid_first, grid_second = grid_row // grid_extent1, grid_row % grid_extent1",
        "grid_first, grid_second, grid_column",
    ),
}
_LOOP_AXES = {1: Axes("1", "grid_first = grid_row", "grid_first")} | _IN_ROWS
_GRID_AXES = {1: Axes("grid_extent0", "", "grid_column")} | _IN_ROWS


class PixelKernel:
    """The logic of one grid point, and the launchers built from it.

    Parameters
    ----------
    function : callable
        A function of the grid indices (one to three of them, the last one running along memory) and
        of further arrays and scalars. It writes only to the elements of its own grid point.
    heavy : bool
        Whether a point is so much work that threads share even a few.

    Attributes
    ----------
    own_parameters : int
        How many parameters of the function, after the indices, come from the launcher and not from the caller.
    """

    registry: ClassVar[list["PixelKernel"]] = []
    own_parameters: ClassVar[int] = 0
    forceinline: ClassVar[bool] = True

    def __init__(self, function: Callable, heavy: bool = False):
        self.function = function
        self.heavy = heavy
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.launchers: dict[tuple[str, int], Callable] = {}
        PixelKernel.registry.append(self)

    def __call__(self, shape: tuple[int, ...], *arguments) -> None:
        """Run the function at every point of a grid.

        Parameters
        ----------
        shape : tuple of int
            The extents of the grid, the last one running along memory.
        *arguments
            What the function takes after the indices: backend arrays and scalars.
        """
        points = math.prod(shape)
        if points == 0:
            return
        how = current_backend().launcher
        launcher = self.launcher(how, len(shape))
        if how == "grid":
            launcher[grid_of(points, shape[-1])](*shape, *arguments)
        else:
            rows = points // shape[-1] if len(shape) > 1 else points
            run_rows(launcher, rows, max(points, SMALL_GRID) if self.heavy else points, lambda: (*shape, *arguments))

    def launcher(self, how: str, ndim: int) -> Callable:
        """The launcher for grids of ``ndim`` axes: a CPU ``loop`` or a CUDA ``grid``."""
        if (how, ndim) not in self.launchers:
            self.launchers[how, ndim] = getattr(self, f"_build_{how}")(ndim)
        return self.launchers[how, ndim]

    def _build_loop(self, ndim: int) -> Callable:
        source = self._loop_source(ndim)

        def build():
            return self._function_from(source, ndim, pixel=self._compiled)

        return CpuLoop(self._launcher_name(ndim), source, self._folder(), build)

    def _build_grid(self, ndim: int) -> Callable:
        return self._cuda_grid(self._source(_GRID, _GRID_AXES, ndim), ndim)

    def _loop_source(self, ndim: int) -> str:
        return self._source(_LOOP, _LOOP_AXES, ndim)

    def _cuda_grid(self, source: str, ndim: int, **names) -> Callable:
        """The launcher for CUDA with this source, in which ``grid_<name>`` means the value of each of ``names``."""
        if current_backend().name == "cudasim":
            from numba import cuda

            pixel = interpreted(self.function)
            return SimulatedGrid(self._function_from(source, ndim, pixel=pixel, cuda=cuda, **names))

        def build():
            from numba import cuda  # here, because it takes long to import, and is needed to compile alone

            return self._function_from(source, ndim, pixel=self._compiled, cuda=cuda, **names)

        return CudaGrid(self._launcher_name(ndim), f"{source}{names}", self._folder(), build)

    def _folder(self) -> Path:
        """Where compiled launchers are kept. A change to any source that their code is made from changes the folder."""
        return user_cache() / "kernels" / code_digest(self.function) / self.function.__module__

    @cached_property
    def _compiled(self) -> Callable:
        from gpucal.backend.helper_code import helper

        return helper(compilable(self.function), forceinline=self.forceinline, **INSIDE)

    def _launcher_name(self, ndim: int) -> str:
        return f"{self.__name__}_{ndim}d"

    def _source(self, template: str, axes: dict[int, NamedTuple], ndim: int) -> str:
        if ndim not in axes:
            raise ValueError(f"a kernel grid has one to three axes, not {ndim}")
        own = ndim + self.own_parameters
        return template.format(
            name=self._launcher_name(ndim),
            extents=", ".join(f"grid_extent{axis}" for axis in range(ndim)),
            arguments=", ".join(list(inspect.signature(self.function).parameters)[own:]),
            **axes[ndim]._asdict(),
        )

    def _function_from(self, source: str, ndim: int, **names) -> FunctionType:
        # The file name is that of the kernel, so that Numba's own cache expires when the kernel's file changes.
        code = compile(source, inspect.getfile(self.function), "exec")
        namespace = {"__name__": self.function.__module__} | {f"grid_{name}": value for name, value in names.items()}
        exec(code, namespace)  # noqa: S102  (a template of this package)
        return namespace[self._launcher_name(ndim)]


def pixel_kernel(function: Callable | None = None, *, heavy: bool = False) -> PixelKernel | Callable:
    """Make a `PixelKernel` of a function of one grid point."""
    if function is None:
        return partial(pixel_kernel, heavy=heavy)
    return PixelKernel(function, heavy)
