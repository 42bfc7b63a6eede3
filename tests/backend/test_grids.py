"""CUDA grids: how they are cut, and what stands for the arguments of a launch; needs no device."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from gpucal.backend import grids
from gpucal.backend.cuda_compiler import Ptx
from gpucal.backend.grids import CudaGrid, grid_of, kind_of


class Pair(NamedTuple):
    first: float
    second: bool


def on_device(host, address):
    """What a launch reads of a device array."""
    fields = {name: getattr(host, name) for name in ("dtype", "ndim", "size", "itemsize", "shape", "strides", "flags")}
    return SimpleNamespace(**fields, data=SimpleNamespace(ptr=address))


@pytest.mark.parametrize("columns", [1, 31, 64, 2048, 10**6, 10**9])
@pytest.mark.parametrize("rows", [1, 170, 20_000])
def test_no_block_is_idle_and_no_thread_has_too_many_columns(rows, columns):
    (in_grid, in_a_row), threads = grid_of(rows * columns, columns)
    assert in_grid == rows
    assert threads <= grids.THREADS_PER_BLOCK and in_a_row <= grids.MOST_BLOCKS_IN_A_ROW
    assert (in_a_row - 1) * threads < columns
    most = grids.COLUMNS_PER_THREAD if rows * columns >= grids.LARGE_GRID else 1
    assert in_a_row * threads * most >= columns or in_a_row == grids.MOST_BLOCKS_IN_A_ROW


def test_small_grids_are_spread_over_the_multiprocessors():
    (rows, in_a_row), threads = grid_of(170, 17)
    assert threads == 2 and rows * in_a_row == 90


def test_what_stands_for_arguments(tmp_path):
    """No owner, no parent, size, bytes of an element, address, shape and strides of arrays; then scalars."""
    launched = []
    grid = CudaGrid("one", "", tmp_path, None)
    array = on_device(np.zeros((2, 3), np.float32), 4096)
    arguments = (array, 7, np.float32(0.5), Pair(1.5, True))
    grid._loaded[tuple(kind_of(argument) for argument in arguments)] = lambda *launch: launched.append(launch)
    grid[(5, 2), 64](*arguments)
    grid[5, 64](*arguments)
    flat = [0, 0, 6, 4, 4096, 2, 3, 12, 4, 7, np.float32(0.5), 1.5, np.bool_(True)]
    assert launched == [((5, 2), (64,), flat), ((5,), (64,), flat)]
    assert [type(value) for value in launched[0][2][-3:]] == [np.float32, float, np.bool_]


@pytest.fixture
def compiled(monkeypatch):
    """What stands for CuPy and the compilers, and the files that were loaded; contracted where that is asked for."""
    state = SimpleNamespace(contracted=False, loaded=[], compiled=0)

    def ptx_of(function, types, capability, name):
        state.compiled += 1
        return Ptx("contracted" if state.contracted else "exact", state.contracted)

    def load(path):
        state.loaded.append(Path(path).read_text())
        return SimpleNamespace(get_function=lambda name: name)

    device = SimpleNamespace(compute_capability="90")
    cupy = SimpleNamespace(cuda=SimpleNamespace(Device=lambda: device), RawModule=load)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(grids, "ptx_of", ptx_of)
    monkeypatch.setattr(grids, "machine_code_of", lambda ptx, capability: ptx.encode())
    monkeypatch.setattr(grids, "_compilers", lambda: ("one", "two"))
    return state


def load_grid(folder):
    """A grid, loaded as by a new process."""
    CudaGrid("one", "", folder, lambda: None)._load((7,))


def test_code_is_compiled_once(compiled, tmp_path):
    load_grid(tmp_path)
    load_grid(tmp_path)
    assert compiled.loaded == ["exact", "exact"] and compiled.compiled == 1


def test_contracted_code_is_not_kept(compiled, tmp_path):
    compiled.contracted = True
    load_grid(tmp_path)
    assert not list(tmp_path.glob("*.cubin"))
    compiled.contracted = False
    load_grid(tmp_path)
    assert compiled.loaded == ["contracted", "exact"] and len(list(tmp_path.glob("*.cubin"))) == 1


def test_code_that_others_can_write_is_not_loaded(compiled, tmp_path):
    load_grid(tmp_path)
    (file,) = tmp_path.glob("*.cubin")
    file.write_text("another")
    file.chmod(0o622)
    load_grid(tmp_path)
    assert compiled.loaded == ["exact", "exact"] and compiled.compiled == 2


def test_kinds_tell_types_and_layouts_apart():
    image = np.zeros((4, 4), np.float32)
    kinds = [image, image[:, ::2], image.astype(np.float64), image[0], 1, 1.0, True, np.float32(1), Pair(1.0, True)]
    assert len({kind_of(on_device(one, 0) if isinstance(one, np.ndarray) else one) for one in kinds}) == len(kinds)
