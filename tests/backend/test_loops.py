"""Compiled loops: kept on disk, called without Numba."""

import os
import subprocess
import sys
from types import FunctionType
from typing import NamedTuple

import numpy as np
import pytest

from gpucal.backend import loops, pixel_function, pixel_kernel, use_backend
from gpucal.backend.loops import CpuLoop
from gpucal.backend.object_code import ObjectCode, UnfitCodeError, undefined_symbols

SCRIPT = """
import sys
import numpy as np
from gpucal.backend import select_backend
from gpucal.kernels.storage.decode import decode
select_backend("cpu")
out = np.zeros((2, 3), np.float32)
decode(np.arange(6, dtype=">u2").view(np.uint16).reshape(2, 3), False, out)
print(out.tolist(), "numba" in sys.modules)
"""


class Weights(NamedTuple):
    scale: float
    offsets: tuple[int, float]
    double: bool


@pixel_function
def weighted(value, weights):
    factor = 2 if weights.double else 1
    return factor * weights.scale * value + weights.offsets[0] + weights.offsets[1]


@pixel_kernel
def weigh(y, x, image, half, weights, out):
    out[y, x] = weighted(image[y, x], weights) + half


def loop_of(function, folder, **names):
    """A loop made of a function of ``(start, stop, ...)``."""
    return CpuLoop(function.__name__, str(names), folder, lambda: function)


def fill(start, stop, out, value):
    for row in range(start, stop):
        out[row] = value


def length(start, stop, out, text):
    for row in range(start, stop):
        out[row] = len(text)


@pytest.fixture
def cpu():
    with use_backend("cpu"):
        yield


@pytest.mark.usefixtures("cpu")
def test_arguments_of_all_types_arrive():
    image = np.arange(24, dtype=np.int16).reshape(4, 6)
    for part in (image, image[::2, ::-1], np.asfortranarray(image), image[1:, 2:5]):
        out = np.zeros(part.shape, np.float32)
        weigh(part.shape, part, np.float32(0.5), Weights(10.0, (3, 0.25), True), out)
        np.testing.assert_array_equal(out, 20.0 * part + 3.75)


@pytest.mark.parametrize(
    ("value", "dtype"), [(3, np.int64), (2.5, np.float64), (True, np.bool_), (np.uint8(200), np.uint8),
                         (np.float32(0.1), np.float32), (np.int32(-7), np.int32), (2**63 + 1, np.uint64)],
)  # fmt: skip
def test_scalars_keep_their_values(value, dtype, tmp_path):
    out = np.zeros(4, dtype)
    loop_of(fill, tmp_path)(1, 3, out, value)
    np.testing.assert_array_equal(out, np.array([0, value, value, 0], dtype))


def test_what_has_no_number_is_left_to_numba(tmp_path):
    out = np.zeros(2)
    loop_of(length, tmp_path)(0, 2, out, "three")
    assert out.tolist() == [5, 5] and not list(tmp_path.glob("*.o"))


def test_a_loop_is_compiled_once_for_each_combination_of_types(tmp_path):
    for _ in range(2):
        loop = loop_of(fill, tmp_path)
        loop(0, 2, np.zeros(2), 1.0)
        loop(0, 1, np.zeros(5), 2.0)
    loop(0, 2, np.zeros(2, np.float32), 1.0)
    assert len(list(tmp_path.glob("fill-*.o"))) == 2


def test_another_source_is_another_loop(tmp_path):
    loop_of(fill, tmp_path, version=1)(0, 2, np.zeros(2), 1.0)
    loop_of(fill, tmp_path, version=2)(0, 2, np.zeros(2), 1.0)
    assert len(list(tmp_path.glob("fill-*.o"))) == 2


@pytest.mark.parametrize(
    ("setting", "same"),
    [("NUMBA_NUM_THREADS", True), ("NUMBA_CACHE_DIR", True), ("NUMBA_ENABLE_CUDASIM", True),
     ("NUMBA_DEBUG_CACHE", True), ("NUMBA_OPT", False), ("NUMBA_CPU_NAME", False), ("NUMBA_BOUNDSCHECK", False)],
)  # fmt: skip
def test_settings_that_change_no_code_make_no_other_loop(setting, same, tmp_path, monkeypatch):
    loop = loop_of(fill, tmp_path)
    monkeypatch.delenv(setting, raising=False)
    before = loop._digest((int,))
    monkeypatch.setenv(setting, "1")
    assert (loop._digest((int,)) == before) is same


def test_a_file_that_others_can_write_is_not_run(tmp_path):
    loop_of(fill, tmp_path)(0, 2, np.zeros(2), 1.0)
    (file,) = tmp_path.glob("fill-*.o")
    file.write_bytes(file.read_bytes())
    file.chmod(0o666)
    before = file.stat().st_ino
    loop_of(fill, tmp_path)(0, 2, np.zeros(2), 1.0)
    assert file.stat().st_ino != before and file.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_can_write_to_is_not_used(tmp_path):
    folder = tmp_path / "kernels"
    folder.mkdir()
    folder.chmod(0o777)
    out = np.zeros(2)
    loop_of(fill, folder)(0, 2, out, 1.0)
    assert out.tolist() == [1, 1] and not list(folder.iterdir())


def test_a_numba_that_keeps_code_otherwise_runs_it_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(loops, "_object_code", lambda compiled, types: compiled.what_there_is_not)
    out = np.zeros(2)
    loop_of(fill, tmp_path)(0, 2, out, 1.0)
    assert out.tolist() == [1, 1] and not list(tmp_path.glob("*.o"))


def test_a_damaged_file_is_made_again(tmp_path):
    loop_of(fill, tmp_path)(0, 2, np.zeros(2), 1.0)
    (file,) = tmp_path.glob("fill-*.o")
    whole = file.read_bytes()
    for damaged in (whole[:-1], b"", b"{}\n", whole.replace(b"ELF", b"FLE")):
        file.write_bytes(damaged)
        out = np.zeros(2)
        loop_of(fill, tmp_path)(0, 2, out, 1.0)
        assert out.tolist() == [1, 1] and len(file.read_bytes()) == len(whole)


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").touch()
    out = np.zeros(2)
    loop_of(fill, tmp_path / "file")(0, 2, out, 1.0)
    assert out.tolist() == [1, 1]


def test_an_array_to_be_read_only_is_not_written(tmp_path):
    out = np.zeros(2)
    out.flags.writeable = False
    with pytest.raises(Exception, match="[Rr]ead-?only|readonly"):
        loop_of(fill, tmp_path)(0, 2, out, 1.0)


def test_undefined_symbols_are_found_in_the_file(tmp_path):
    def raise_to(start, stop, out, exponent):
        for row in range(start, stop):
            out[row] = out[row] ** exponent

    loop_of(raise_to, tmp_path)(0, 2, np.ones(2), 2.5)
    (file,) = tmp_path.glob("raise_to-*.o")
    assert undefined_symbols(ObjectCode.read(file).code) == ["pow"]
    with pytest.raises(UnfitCodeError):
        undefined_symbols(b"#!/bin/sh")


def test_a_second_process_needs_no_compiler(tmp_path):
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "NUMBA_ENABLE_CUDASIM": "0"}
    runs = [
        subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    numbers = "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]"
    assert [run.stdout for run in runs] == [f"{numbers} True\n", f"{numbers} False\n"]


def test_numba_may_be_told_not_to_compile(tmp_path):
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "NUMBA_ENABLE_CUDASIM": "0", "NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout == "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] True\n"
    assert not list(tmp_path.rglob("*.o"))


def test_kernels_of_two_modules_may_have_one_name():
    kernels = [pixel_kernel(function) for function in (weigh.function, FunctionType(weigh.function.__code__, {}))]
    kernels[1].function.__module__ = "elsewhere"
    first, second = (kernel.launcher("loop", 2) for kernel in kernels)
    assert first.name == second.name and first.folder != second.folder
