"""Which pixels scatter light."""

import numpy as np

from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, JUMP_DET, NON_SCIENCE
from gpucal.kernels.straylight.sources import light_above


def test_noise_and_bad_pixels_scatter_nothing(backend):
    data = np.array([[5, 3.5, 3.4999998, -2, np.nan, np.inf, 5, 5, 5, 5, 5]], np.float32)
    dq = np.array([[0, JUMP_DET, 0, 0, 0, 0, DO_NOT_USE, DEAD, HOT | 2, NON_SCIENCE, 2]], np.uint32)
    light = light_above(backend.asarray(data), backend.asarray(dq), 0.5, 3.5)
    np.testing.assert_array_equal(backend.asnumpy(light), [[4.5, 3, 0, 0, 0, 0, 0, 0, 0, 0, 4.5]])


def test_light_is_never_negative(backend):
    data, dq = np.array([[-2, 1]], np.float32), np.zeros((1, 2), np.uint32)
    light = light_above(backend.asarray(data), backend.asarray(dq), 0.5, -5.0)
    np.testing.assert_array_equal(backend.asnumpy(light), [[0, 0.5]])
