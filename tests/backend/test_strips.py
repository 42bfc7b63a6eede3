"""Strip kernels: every pixel is treated once, with scratch memory of its own."""

from dataclasses import replace

import numpy as np
import pytest

from gpucal.backend import strip_kernel, strips, use_backend
from gpucal.backend.strips import NO_SCRATCH, Scratch, strip_at


@strip_kernel
def number_2d(y, begin, end, samples, state, out, step):
    strip = strip_at(y, begin, end)
    for lane in range(strip.count):
        samples[0, lane] = step * strip.y
        state[0, lane] = strip.first + lane
    for lane in range(strip.count):
        out[strip.y, strip.first + lane] += samples[0, lane] + state[0, lane]


@strip_kernel
def number_1d(begin, end, _samples, _state, out, step):
    for x in range(begin, end):
        out[x] += step * x


@strip_kernel
def number_3d(z, y, begin, end, _samples, state, out, step):
    for x in range(begin, end):
        state[1, x - begin] = step * step * z + step * y + x
    for x in range(begin, end):
        out[z, y, x] += state[1, x - begin]


SHAPES = [(1, 1), (3, 255), (5, 512), (2, 513), (40, 530)]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_pixel_is_treated_once(backend, shape):
    out = backend.asarray(np.zeros(shape))
    number_2d(shape, Scratch(samples=1, state=1), out, 1000)
    y, x = np.indices(shape)
    np.testing.assert_array_equal(backend.asnumpy(out), 1000 * y + x)


@pytest.mark.parametrize("columns", [1, 30, 5000])
def test_one_axis(backend, columns):
    out = backend.asarray(np.zeros(columns))
    number_1d((columns,), NO_SCRATCH, out, 10)
    np.testing.assert_array_equal(backend.asnumpy(out), 10 * np.arange(columns))


def test_three_axes(backend):
    out = backend.asarray(np.zeros((2, 3, 70)))
    number_3d(out.shape, Scratch(state=2), out, 100)
    z, y, x = np.indices(out.shape)
    np.testing.assert_array_equal(backend.asnumpy(out), 10000 * z + 100 * y + x)


@pytest.mark.parametrize("lanes", [1, 100, 10_000])
def test_a_device_takes_turns_where_scratch_memory_is_short(backend, monkeypatch, lanes):
    monkeypatch.setattr(strips, "OWN_BYTES", 0)
    out = backend.asarray(np.zeros((6, 70)))
    scratch = Scratch(samples=1, state=1)
    with use_backend(replace(backend, scratch_bytes=lanes * scratch.bytes_per_pixel)):
        number_2d(out.shape, scratch, out, 1000)
    y, x = np.indices(out.shape)
    np.testing.assert_array_equal(backend.asnumpy(out), 1000 * y + x)


@pytest.mark.parametrize("columns", [1, 100, 10_000])
@pytest.mark.parametrize("scratch", [NO_SCRATCH, Scratch(state=1), Scratch(10, 20), Scratch(samples=10_000)])
def test_strips_are_as_wide_as_the_cache_allows(scratch, columns):
    width = strips.strip_width(scratch, columns)
    assert 1 <= width <= columns
    assert width * scratch.bytes_per_pixel <= max(strips.CACHE_BYTES, strips.NARROWEST * scratch.bytes_per_pixel)


def test_an_empty_image_runs_nothing(backend):
    out = backend.asarray(np.ones((3, 0)))
    number_2d(out.shape, Scratch(samples=1, state=1), out, 10)
    assert out.size == 0


@pytest.mark.parametrize("npixels", [1, 16, 37, 512])
def test_scratch_memory_begins_with_a_cache_line(npixels):
    samples, state = Scratch(samples=3, state=2).arrays(npixels)
    assert (samples.shape, samples.dtype) == ((3, npixels), np.float32)
    assert (state.shape, state.dtype) == ((2, npixels), np.float64)
    assert samples.ctypes.data % 64 == state.ctypes.data % 64 == 0
    assert not np.shares_memory(samples, state)
