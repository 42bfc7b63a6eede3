"""CUDA grids under Numba's simulator."""

from collections.abc import Callable

import numpy as np


class SimulatedGrid:
    """A grid that the simulator runs, launched as ``grid[blocks, threads](*arguments)``.

    After a launch the simulator copies every array back to where it came from. An array that must not be written, as
    those of references, goes there as a copy.

    Parameters
    ----------
    function : callable
        The code of one thread.
    """

    def __init__(self, function: Callable):
        from numba import cuda

        self._kernel = cuda.jit(function)

    def __getitem__(self, configuration: tuple[int | tuple[int, ...], int]) -> Callable:
        launch = self._kernel[configuration]
        return lambda *arguments: launch(*map(_writeable, arguments))


def _writeable(argument):
    if isinstance(argument, tuple):
        parts = map(_writeable, argument)
        return argument._make(parts) if hasattr(argument, "_make") else tuple(parts)
    read_only = isinstance(argument, np.ndarray) and not argument.flags.writeable
    return argument.copy() if read_only else argument
