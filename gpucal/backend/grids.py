"""CUDA grids: compiled by Numba once for each combination of argument types, kept on disk, launched through CuPy.

Numba can launch grids by itself. CuPy does it in a fraction of the time, and a process that finds its grids on disk
need not import the compiler.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from gpucal.backend.code_files import made_once, read_own, safe_folder, temporary_folder
from gpucal.backend.cuda_compiler import Ptx, machine_code_of, ptx_of
from gpucal.places import write_private

THREADS_PER_BLOCK = 128
WARP = 32

# Columns that one thread of a large grid works on: to begin a block takes as long as the work on a few values.
COLUMNS_PER_THREAD = 4
LARGE_GRID = 2**20
MOST_BLOCKS_IN_A_ROW = 2**16 - 1

# The fewest blocks of a small grid: one for each multiprocessor of a large device.
FEWEST_BLOCKS = 128


def threads_per_block(points: int) -> int:
    """How many threads a block has, a power of two: fewer for a small grid, which then uses more multiprocessors."""
    if points >= THREADS_PER_BLOCK * FEWEST_BLOCKS:
        return THREADS_PER_BLOCK
    return min(THREADS_PER_BLOCK, 1 << (points // FEWEST_BLOCKS).bit_length())


def grid_of(points: int, columns: int) -> tuple[tuple[int, int], int]:
    """How a grid is launched: (rows, blocks in a row), and the number of threads in a block.

    A block works on columns of one row. Where a row has more columns than threads, each thread works on several.
    """
    threads = min(threads_per_block(points), -(-columns // WARP) * WARP)
    each = COLUMNS_PER_THREAD if points >= LARGE_GRID else 1
    in_a_row = min(-(-columns // (threads * each)), MOST_BLOCKS_IN_A_ROW)
    return (points // columns, in_a_row), threads


class CudaGrid:
    """A CUDA grid, launched as ``grid[blocks, threads](*arguments)``.

    Parameters
    ----------
    name, source : str
        Name and source code of the function that each thread runs.
    folder : Path
        Where compiled grids are kept; its name changes with the code of the functions that this one calls.
    build : callable
        Returns the function that the source defines, for Numba to compile.
    """

    def __init__(self, name: str, source: str, folder: Path, build: Callable[[], Callable]):
        self.name = name
        self._source = source
        self._folder = folder
        self._build = build
        self._loaded: dict[tuple, Callable] = {}

    def __getitem__(self, configuration: tuple[int | tuple[int, ...], int]) -> Callable:
        blocks, threads = configuration
        return lambda *arguments: self.launch(blocks, threads, arguments)

    def launch(self, blocks: int | tuple[int, ...], threads: int, arguments: tuple) -> None:
        """Launch the grid in the current stream; compile it first if these types of arguments are new.

        Parameters
        ----------
        blocks : int or tuple of int
            How many blocks the grid has.
        threads : int
            How many threads a block has.
        arguments : tuple
            CuPy arrays, scalars, and named tuples of these.
        """
        kind = tuple([kind_of(argument) for argument in arguments])
        kernel = self._loaded.get(kind)
        if kernel is None:
            kernel = self._loaded[kind] = self._load(arguments)
        flat = []
        for argument in arguments:
            _flatten(argument, flat)
        kernel(blocks if isinstance(blocks, tuple) else (blocks,), (threads,), flat)

    def ptx(self, arguments: tuple, capability: tuple[int, int]) -> str:
        """The PTX for a compute capability and for arguments of these types; needs no device."""
        return self._ptx(arguments, capability).text

    def _ptx(self, arguments: tuple, capability: tuple[int, int]) -> Ptx:
        types = tuple(_numba_type(argument) for argument in arguments)
        return ptx_of(self._build(), types, capability, self.name)

    def _load(self, arguments: tuple) -> Callable:
        import cupy

        capability = cupy.cuda.Device().compute_capability
        path = safe_folder(self._folder) / f"{self.name}-{self._digest(arguments)}.sm_{capability}.cubin"
        kept = made_once(path, _if_own, lambda path: self._compile(arguments, capability, path))
        return cupy.RawModule(path=str(kept)).get_function(self.name)

    def _compile(self, arguments: tuple, capability: str, path: Path) -> Path:
        """Compile, and write a file: not the one that is kept, if the code is not what others should find there."""
        major_minor = int(capability[:-1]), int(capability[-1])
        ptx = self._ptx(arguments, major_minor)
        if ptx.contracted:
            path = temporary_folder() / path.name
        write_private(path, machine_code_of(ptx.text, major_minor))
        return path

    def _digest(self, arguments: tuple) -> str:
        """A digest of what the compiled code depends on beside the functions that it calls."""
        types = [str(_numba_type(argument)) for argument in arguments]
        return hashlib.sha1("\n".join([self._source, *types, *_compilers()]).encode()).hexdigest()[:16]


def _if_own(path: Path) -> Path | None:
    """A file, if it is there, and nobody but the user can change it."""
    return path if read_own(path) else None


@cache
def _compilers() -> tuple[str, ...]:
    from importlib.metadata import version

    return version("numba"), version("numba-cuda")


def kind_of(argument):
    """A key that differs for arguments of different types, and takes less time to find than their Numba types."""
    if hasattr(argument, "strides"):
        if argument.ndim:
            return argument.dtype.char, argument.ndim, argument.flags.c_contiguous
    elif isinstance(argument, tuple):
        return type(argument), *[kind_of(part) for part in argument]
    return type(argument)


def _numba_type(argument):
    from numba import from_dtype, typeof, types

    if hasattr(argument, "strides") and argument.ndim:
        layout = "C" if argument.flags.c_contiguous else "A"
        return types.Array(from_dtype(argument.dtype), argument.ndim, layout)
    if isinstance(argument, tuple):
        return types.BaseTuple.from_types([_numba_type(part) for part in argument], type(argument))
    return typeof(argument)


def _flatten(argument, flat: list) -> None:
    """Append the parameters of the compiled function that stand for an argument.

    An array is passed as Numba does: two pointers to its owner (none here), the number of its elements, the bytes of
    an element, its address, its shape and its strides.
    """
    if isinstance(argument, tuple):
        for part in argument:
            _flatten(part, flat)
    elif hasattr(argument, "strides") and argument.ndim:
        flat += (0, 0, argument.size, argument.itemsize, argument.data.ptr, *argument.shape, *argument.strides)
    elif isinstance(argument, bool):
        flat.append(np.bool_(argument))
    else:
        flat.append(argument)
