"""Subtraction of the superbias."""

import numpy as np

from gpucal.kernels.ramps.superbias import subtract_superbias, subtract_superbias_zeroframe

SHAPE = (4, 5)


def bias_image(rng):
    superbias = rng.normal(9000, 50, SHAPE).astype(np.float32)
    superbias[1, 2] = np.nan
    return superbias


def test_the_bias_leaves_each_group_and_its_flags_join(backend):
    rng = np.random.default_rng(1)
    superbias = bias_image(rng)
    ramp = rng.normal(10000, 30, (2, 3, *SHAPE)).astype(np.float32)
    pixeldq = rng.integers(0, 4, SHAPE).astype(np.uint32)
    superbias_dq = rng.integers(0, 2, SHAPE).astype(np.uint32) << 22
    given = ramp.copy(), pixeldq.copy()
    ramp, pixeldq, bias = backend.asarray(ramp), backend.asarray(pixeldq), backend.asarray(superbias)

    subtract_superbias(ramp, pixeldq, bias, backend.asarray(superbias_dq))

    expected = given[0].astype(np.float64) - np.nan_to_num(superbias)
    np.testing.assert_allclose(backend.asnumpy(ramp), expected, atol=1e-4, rtol=0)
    np.testing.assert_array_equal(backend.asnumpy(pixeldq), given[1] | superbias_dq)
    np.testing.assert_array_equal(backend.asnumpy(bias), superbias)


def test_a_reference_without_flags_adds_none(backend):
    pixeldq = backend.asarray(np.full(SHAPE, 5, np.uint32))
    ramp = backend.asarray(np.zeros((1, 1, *SHAPE), np.float32))

    subtract_superbias(ramp, pixeldq, backend.asarray(np.ones(SHAPE, np.float32)), None)

    assert (backend.asnumpy(pixeldq) == 5).all()
    assert (backend.asnumpy(ramp) == -1).all()


def test_zero_stays_zero_in_zero_frames(backend):
    rng = np.random.default_rng(2)
    superbias = bias_image(rng)
    zeroframe = rng.normal(10000, 30, (2, *SHAPE)).astype(np.float32)
    zeroframe[rng.random(zeroframe.shape) < 0.3] = 0
    given = zeroframe.astype(np.float64)
    zeroframe = backend.asarray(zeroframe)

    subtract_superbias_zeroframe(zeroframe, backend.asarray(superbias))

    expected = np.where(given == 0, 0, given - np.nan_to_num(superbias))
    np.testing.assert_allclose(backend.asnumpy(zeroframe), expected, atol=1e-4, rtol=0)
