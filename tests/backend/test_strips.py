"""Strip kernels: every pixel is treated once, with scratch memory of its own."""

import numpy as np
import pytest

from gpucal.backend import strip_kernel, strips


@strip_kernel
def number(strip, scratch, out, step):
    for lane in range(strip.count):
        scratch[0, lane] = step * strip.y
        scratch[1, lane] = strip.first + lane
    for lane in range(strip.count):
        out[strip.y, strip.first + lane] += scratch[0, lane] + scratch[1, lane]


@pytest.mark.parametrize("shape", [(1, 1), (3, 255), (5, 256), (2, 257), (40, 530)])
def test_every_pixel_is_treated_once(backend, shape):
    out = backend.asarray(np.zeros(shape))
    number(shape, 2, out, 1000)
    y, x = np.indices(shape)
    np.testing.assert_array_equal(backend.asnumpy(out), 1000 * y + x)


def test_a_device_thread_treats_several_pixels_where_scratch_memory_is_short(backend, monkeypatch):
    monkeypatch.setattr(strips, "DEVICE_SCRATCH_BYTES", 128 * 16)
    out = backend.asarray(np.zeros((6, 70)))
    number(out.shape, 2, out, 1000)
    y, x = np.indices(out.shape)
    np.testing.assert_array_equal(backend.asnumpy(out), 1000 * y + x)


def test_an_empty_image_runs_nothing(backend):
    out = backend.asarray(np.ones((3, 0)))
    number(out.shape, 2, out, 10)
    assert out.size == 0
