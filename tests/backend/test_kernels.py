"""Kernels: the same function of one pixel gives the same numbers on every backend."""

import numpy as np
import pytest

from gpucal.backend import kernels, pixel_function, pixel_kernel, row_tiles, use_backend
from gpucal.backend.threads import SMALL_GRID


@pixel_function
def square(value):
    return value * value


@pixel_kernel
def number_1d(i, out):
    out[i] = square(i)


@pixel_kernel
def number_2d(y, x, out, step):
    out[y, x] = step * y + x


@pixel_kernel
def number_3d(z, y, x, out):
    out[z, y, x] = 100 * z + 10 * y + x


@pixel_kernel
def divide(i, out, numerator, denominator):
    out[i] = numerator[i] / denominator[i]


@pixel_kernel
def scale(i, j, first, second, start, stop, row, column, point, pixel):
    pixel[i, j] = first + second + start + stop + row + column + point


def test_arguments_may_have_any_name(backend):
    out = backend.asarray(np.zeros((2, 3), np.float64))
    scale((2, 3), 1, 10, 100, 1000, 10000, 100000, 1000000, out)
    np.testing.assert_array_equal(backend.asnumpy(out), np.full((2, 3), 1111111.0))


def test_one_axis(backend):
    out = backend.asarray(np.zeros(5, np.float32))
    number_1d((5,), out)
    np.testing.assert_array_equal(backend.asnumpy(out), [0, 1, 4, 9, 16])


def test_an_array_that_must_not_be_written_is_read(backend):
    numerator, out = np.float32([3, 5, 7]), backend.asarray(np.zeros(3, np.float32))
    numerator.flags.writeable = False
    divide((3,), out, backend.asarray(numerator), backend.asarray(np.float32([1, 2, 4])))
    np.testing.assert_array_equal(backend.asnumpy(out), [3, 2.5, 1.75])


@pytest.mark.parametrize("heavy", [False, True])
def test_few_points_are_shared_among_threads_if_they_are_heavy(heavy, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "2")
    asked = []
    monkeypatch.setattr(kernels, "run_rows", lambda loop, nrows, npoints, arguments: asked.append((nrows, npoints)))
    out = np.zeros((3, 4), np.float32)
    with use_backend("cpu"):
        pixel_kernel(number_2d.function, heavy=heavy)((3, 4), out, 10)
    assert asked == [(3, SMALL_GRID if heavy else 12)]


def test_two_axes(backend):
    out = backend.asarray(np.zeros((3, 4), np.float32))
    number_2d((3, 4), out, 10)
    y, x = np.indices((3, 4))
    np.testing.assert_array_equal(backend.asnumpy(out), 10 * y + x)


def test_three_axes(backend):
    out = backend.asarray(np.zeros((2, 3, 4), np.float32))
    number_3d((2, 3, 4), out)
    z, y, x = np.indices((2, 3, 4))
    np.testing.assert_array_equal(backend.asnumpy(out), 100 * z + 10 * y + x)


def test_an_empty_grid_runs_nothing(backend):
    out = backend.asarray(np.ones((3, 0), np.float32))
    number_2d((3, 0), out, 10)
    assert out.size == 0


def test_division_follows_ieee(backend):
    out = backend.asarray(np.zeros(3, np.float64))
    divide((3,), out, backend.asarray(np.array([1.0, 0.0, 6.0])), backend.asarray(np.array([2.0, 5.0, 4.0])))
    np.testing.assert_array_equal(backend.asnumpy(out), [0.5, 0.0, 1.5])


def test_four_axes_are_refused(backend):
    with pytest.raises(ValueError, match="one to three axes"):
        number_3d((2, 2, 2, 2), None)


@pytest.mark.parametrize(
    ("nrows", "bytes_per_row", "budget"), [(10, 4, 8), (10, 4, 40), (10, 100, 8), (1, 1, 1)]
)
def test_tiles_cover_all_rows_once(nrows, bytes_per_row, budget):
    tiles = list(row_tiles(nrows, bytes_per_row, budget))
    covered = [row for tile in tiles for row in range(tile.start, tile.stop)]
    assert covered == list(range(nrows))
    assert all((tile.stop - tile.start) * bytes_per_row <= max(budget, bytes_per_row) for tile in tiles)
