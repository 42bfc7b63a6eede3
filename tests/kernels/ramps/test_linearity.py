"""Polynomial correction of non-linear response against NumPy in double precision."""

import numpy as np
import pytest

from gpucal.backend import strips, use_backend
from gpucal.kernels.flags.dqflags import HOT, JUMP_DET, NO_LIN_CORR, NONLINEAR, SATURATED
from gpucal.kernels.ramps.linearity import flag_uncorrectable, linearize, linearize_zeroframe

SHAPE = (5, 6)


def random_coefficients(rng, ncoeffs=5):
    """Coefficients of a mild non-linearity, with pixels that cannot be corrected, and their flags."""
    coefficients = rng.normal(0, 1, (ncoeffs, *SHAPE)) * (65000.0 ** (1 - np.arange(ncoeffs)))[:, None, None]
    coefficients *= 0.05
    coefficients[0] *= 1e-3
    coefficients[1] += 1
    coefficients[:, 0, 0] = np.nan
    coefficients[-1, 0, 1] = np.nan
    coefficients[1, 0, 2] = 0
    coefficients[0, 0, 3] = 0
    flags = np.zeros(SHAPE, dtype=np.uint32)
    flags[0, 4] = NO_LIN_CORR
    flags[1, 1] = NONLINEAR
    return coefficients.astype(np.float32), flags


def usable(coefficients, flags):
    """Where a polynomial can be applied."""
    return ~np.isnan(coefficients).any(axis=0) & (coefficients[1] != 0) & ((flags & NO_LIN_CORR) == 0)


def evaluated(coefficients, counts):
    """The sum of powers, in double precision."""
    return sum(term.astype(float) * counts.astype(float) ** power for power, term in enumerate(coefficients))


@pytest.mark.parametrize("ncoeffs", [2, 3, 6])
def test_ramps_follow_the_polynomial(backend, ncoeffs):
    rng = np.random.default_rng(ncoeffs)
    coefficients, flags = random_coefficients(rng, ncoeffs)
    ramp = rng.uniform(-100, 60000, (2, 3, *SHAPE)).astype(np.float32)
    ramp[1, 2, 3, 3] = np.nan
    groupdq = rng.choice([0, SATURATED, JUMP_DET], ramp.shape, p=[0.6, 0.2, 0.2]).astype(np.uint8)
    corrected = usable(coefficients, flags) & ((groupdq & SATURATED) == 0)
    expected = np.where(corrected, evaluated(coefficients, ramp), ramp)
    device = backend.asarray(ramp.copy())
    linearize(device, backend.asarray(groupdq), backend.asarray(coefficients), backend.asarray(flags))
    assert device.dtype == np.float32
    np.testing.assert_allclose(backend.asnumpy(device), expected, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(backend.asnumpy(device)[~corrected], ramp[~corrected])


def test_unusable_coefficients_are_flagged(backend):
    coefficients, flags = random_coefficients(np.random.default_rng(1))
    pixeldq = np.full(SHAPE, HOT, dtype=np.uint32)
    device_dq = backend.asarray(pixeldq.copy())
    flag_uncorrectable(device_dq, backend.asarray(coefficients), backend.asarray(flags))
    expected = pixeldq | flags | ~usable(coefficients, flags) * np.uint32(NO_LIN_CORR)
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)
    assert ((expected & NO_LIN_CORR) != 0).sum() == 4


def test_zero_frame_keeps_its_zeros(backend):
    rng = np.random.default_rng(2)
    coefficients, flags = random_coefficients(rng)
    coefficients[0] = 25
    zeroframe = rng.uniform(100, 60000, (2, *SHAPE)).astype(np.float32)
    zeroframe[0, 2] = 0
    corrected = usable(coefficients, flags) & (zeroframe != 0)
    expected = np.where(corrected, evaluated(coefficients, zeroframe), zeroframe)
    device = backend.asarray(zeroframe.copy())
    linearize_zeroframe(device, backend.asarray(coefficients), backend.asarray(flags))
    np.testing.assert_allclose(backend.asnumpy(device), expected, rtol=1e-6)


@pytest.mark.parametrize("width", [1, 4, 6])
def test_results_do_not_depend_on_the_width_of_strips(monkeypatch, width):
    rng = np.random.default_rng(4)
    coefficients, flags = random_coefficients(rng)
    ramp = rng.uniform(0, 60000, (3, 4, *SHAPE)).astype(np.float32)
    groupdq = rng.choice([0, SATURATED, JUMP_DET], ramp.shape).astype(np.uint8)

    def linearized():
        edited = ramp.copy()
        with use_backend("cpu"):
            linearize(edited, groupdq, coefficients, flags)
        return edited

    expected = linearized()
    monkeypatch.setattr(strips, "strip_width", lambda _scratch, columns: min(width, columns))
    np.testing.assert_array_equal(linearized(), expected)
