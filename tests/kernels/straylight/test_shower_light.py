"""Light between slices, smoothed: held against astropy's convolution."""

import numpy as np
import pytest
from astropy.convolution import Gaussian2DKernel, convolve_fft

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL
from gpucal.kernels.straylight.shower_light import Smoothing, shower_light

SHAPE = (40, 61)


def made():
    rng = np.random.default_rng(5)
    data = rng.normal(1, 0.1, SHAPE).astype(np.float32)
    data[3, 5] = np.nan
    slices = np.zeros(SHAPE, np.int32)
    slices[:, 8:20] = slices[:, 30:48] = 7
    return data, rng.choice([0, 0, 0, JUMP_DET, DO_NOT_USE, REFERENCE_PIXEL], SHAPE).astype(np.uint32), slices


@pytest.mark.parametrize(
    "how", [Smoothing(3.0, 2.0, 0.1, 99.9), Smoothing(1.3, 6.4, 10, 50), Smoothing(18, 5, 0, 100)]
)
def test_astropy_interpolates_the_same(how, backend):
    data, dq, slices = made()
    light = shower_light(*map(backend.asarray, (data, dq, slices)), how)
    known = np.where((slices == 0) & (dq & (DO_NOT_USE | REFERENCE_PIXEL) == 0), data, np.nan)
    low, high = np.nanpercentile(known, [how.low, how.high])
    known[(known < low) | (known > high)] = np.nan
    expected = convolve_fft(known, Gaussian2DKernel(x_stddev=how.x_sigma, y_stddev=how.y_sigma))
    np.testing.assert_allclose(backend.asnumpy(light), expected, rtol=1e-9, atol=1e-9)


def test_out_of_reach_there_is_none(backend):
    data, dq = np.ones((9, 30), np.float32), np.zeros((9, 30), np.uint32)
    slices = np.ones((9, 30), np.int32)
    slices[:, 2] = 0
    light = backend.asnumpy(
        shower_light(*map(backend.asarray, (data, dq, slices)), Smoothing(0.5, 0.5, 0, 100))
    )
    assert light[4, 2] == pytest.approx(1, rel=1e-12) and abs(light[:, 5:]).max() < 1e-12


def test_no_pixel_between_slices_no_light(backend):
    data, dq, slices = np.ones((4, 5), np.float32), np.zeros((4, 5), np.uint32), np.ones((4, 5), np.int32)
    assert not backend.asnumpy(
        shower_light(*map(backend.asarray, (data, dq, slices)), Smoothing(2, 2, 1, 99))
    ).any()
