"""Strips: the same function gives the same numbers on every backend and for every width."""

import numpy as np
import pytest

from gpucal.backend import strip_kernel, strips
from gpucal.backend.strips import NO_SCRATCH, Scratch, strip_width


@strip_kernel
def double_1d(begin, end, samples, state, values, out):
    for lane in range(end - begin):
        samples[0, lane] = values[begin + lane]
        state[1, lane] = 0.5
    for lane in range(end - begin):
        out[begin + lane] = 2 * samples[0, lane] + state[1, lane]


@strip_kernel
def number_2d(y, begin, end, samples, state, out):
    for x in range(begin, end):
        out[y, x] = 10 * y + x


@strip_kernel
def number_3d(z, y, begin, end, samples, state, out):
    for x in range(begin, end):
        out[z, y, x] = 100 * z + 10 * y + x


@pytest.mark.parametrize("width", [1, 4, 1000])
def test_each_strip_has_scratch_of_its_own(backend, monkeypatch, width):
    monkeypatch.setattr(strips, "strip_width", lambda scratch, columns: min(width, columns))
    monkeypatch.setattr(strips, "SCRATCH_BYTES", 20 * 150)
    values = np.arange(300, dtype=np.float32)
    out = backend.asarray(np.zeros(300))
    double_1d((300,), Scratch(1, 2), backend.asarray(values), out)
    np.testing.assert_array_equal(backend.asnumpy(out), 2 * values + 0.5)


@pytest.mark.parametrize("width", [1, 2, 1000])
def test_more_axes(backend, monkeypatch, width):
    monkeypatch.setattr(strips, "strip_width", lambda scratch, columns: min(width, columns))
    plane, cube = backend.asarray(np.zeros((3, 5))), backend.asarray(np.zeros((2, 3, 5)))
    number_2d((3, 5), NO_SCRATCH, plane)
    number_3d((2, 3, 5), NO_SCRATCH, cube)
    z, y, x = np.indices((2, 3, 5))
    np.testing.assert_array_equal(backend.asnumpy(cube), 100 * z + 10 * y + x)
    np.testing.assert_array_equal(backend.asnumpy(plane), (10 * y + x)[0])


def test_an_empty_grid_runs_nothing(backend):
    out = backend.asarray(np.ones((3, 0)))
    number_2d((3, 0), NO_SCRATCH, out)
    assert out.size == 0


def test_strips_fit_the_cache_and_the_row():
    assert strip_width(Scratch(samples=9), 2048) == strips.WIDEST
    assert strip_width(Scratch(samples=9), 20) == 20
    assert strip_width(Scratch(samples=10**6), 2048) == strips.NARROWEST
    assert 4 * 8000 * strip_width(Scratch(samples=8000), 2048) <= strips.CACHE_BYTES
    assert strip_width(NO_SCRATCH, 2048) == 2048
