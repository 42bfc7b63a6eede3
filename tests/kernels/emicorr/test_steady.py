"""Pixels that are steady."""

import numpy as np

from gpucal.kernels.emicorr.steady import steady_pixels

SHAPE = (2, 5, 3, 4)


def ramps():
    """Pixels that scatter by 1 to 24 times the same groups."""
    factors = np.arange(1.0, 25.0).reshape(2, 1, 3, 4)
    return (9000 + factors * np.array([1.0, -1.0, 2.0, 0.0, 3.0])[:, None, None]).astype(np.float32)


def steady(backend, ramp, pixeldq):
    return backend.asnumpy(steady_pixels(backend.asarray(ramp), backend.asarray(pixeldq)))


def test_flagged_and_bright_pixels_are_not_steady(backend):
    pixeldq = np.zeros(SHAPE[2:], np.uint32)
    pixeldq[1, 2] = 4
    ramp = ramps()
    ramp[1, :, 2, 3] *= 10

    found = steady(backend, ramp, pixeldq)

    spread = ramp.astype(float).std(axis=1)
    expected = (spread < 2 * np.median(spread)) & (pixeldq == 0)
    np.testing.assert_array_equal(found, expected)
    assert not found[1, 2, 3] and not found[:, 1, 2].any() and found.sum() == 21


def test_the_limit_itself_is_too_much(backend):
    ramp = np.zeros((1, 2, 1, 3), np.float32)
    ramp[0, 1] = 2, 4, 8  # spreads of 1, 2 and 4
    np.testing.assert_array_equal(steady(backend, ramp, np.zeros((1, 3), np.uint32)), [[[True, True, False]]])


def test_nothing_is_steady_beside_nan(backend):
    ramp = ramps()
    ramp[1, 0, 0, 0] = np.nan
    assert not steady(backend, ramp, np.zeros(SHAPE[2:], np.uint32)).any()
