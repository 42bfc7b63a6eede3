"""Correction of averaged groups through their frames: NumPy in double precision, and the truth."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import JUMP_DET, NO_LIN_CORR, SATURATED
from gpucal.kernels.ramps.linearity import linearize
from gpucal.kernels.ramps.linearity_reads import linearize_averaged_groups

SHAPE = (4, 5)


def random_polynomials(rng):
    """A forward and an inverse polynomial a pixel, some of them unusable, and their flags."""
    powers = (65000.0 ** (1 - np.arange(4)))[:, None, None]
    forward = rng.normal(0, 0.03, (4, *SHAPE)) * powers
    inverse = rng.normal(0, 0.03, (4, *SHAPE)) * powers
    forward[1] += 1
    inverse[1] += 1
    forward[2, 0, 0] = np.nan
    inverse[1, 0, 1] = 0
    inverse[3, 0, 2] = np.nan
    flags = np.zeros(SHAPE, dtype=np.uint32)
    flags[0, 3] = NO_LIN_CORR
    return forward.astype(np.float32), inverse.astype(np.float32), flags


def with_identity(coefficients, flags):
    """Coefficients in double precision, the identity where they cannot be used."""
    bad = np.isnan(coefficients).any(axis=0) | (coefficients[1] == 0) | ((flags & NO_LIN_CORR) != 0)
    identity = np.zeros(len(coefficients))
    identity[1] = 1
    return np.where(bad, identity[:, None, None], coefficients.astype(float))


def evaluated(coefficients, counts):
    """The sum of powers."""
    return sum(term * counts**power for power, term in enumerate(coefficients))


def expected_ramp(ramp, groupdq, forward, inverse, nframes):
    """The corrected ramp, whole arrays at a time."""
    ramp = ramp.astype(float)
    nints, ngroups = ramp.shape[:2]
    saturated = (groupdq & SATURATED) != 0
    last = np.maximum((~saturated).sum(axis=1) - 2, 1)
    linear = np.where(saturated, ramp, evaluated(forward, ramp))
    end = np.take_along_axis(linear, last[:, None], axis=1)[:, 0]
    rate = (end - linear[:, 0]) / (last * nframes)
    numbers = np.arange(ngroups * nframes) - (nframes - 1) / 2
    frames = linear[:, 0, None] + rate[:, None] * numbers[:, None, None]
    observed = evaluated(inverse, frames).reshape(nints, ngroups, nframes, *SHAPE)
    observed += (ramp - observed.mean(axis=2))[:, :, None]
    corrected = evaluated(forward, observed).mean(axis=2)
    return np.where(saturated, ramp, corrected)


@pytest.mark.parametrize(("ngroups", "nframes"), [(2, 2), (3, 5), (6, 4)])
def test_ramps_follow_the_recipe(backend, ngroups, nframes):
    rng = np.random.default_rng(ngroups)
    forward, inverse, flags = random_polynomials(rng)
    ramp = rng.uniform(0, 8000, (2, ngroups, *SHAPE)).cumsum(axis=1).astype(np.float32)
    groupdq = rng.choice([0, JUMP_DET], ramp.shape).astype(np.uint8)
    first_saturated = rng.integers(0, ngroups + 4, (2, 1, *SHAPE))
    groupdq[np.arange(ngroups)[:, None, None] >= first_saturated] |= SATURATED
    ramp[1, 0, 3, 3] = np.nan
    expected = expected_ramp(
        ramp, groupdq, with_identity(forward, flags), with_identity(inverse, flags), nframes
    )
    device = backend.asarray(ramp.copy())
    polynomials = backend.asarray(forward), backend.asarray(inverse), backend.asarray(flags)
    linearize_averaged_groups(device, backend.asarray(groupdq), *polynomials, nframes)
    assert device.dtype == np.float32
    np.testing.assert_allclose(backend.asnumpy(device), expected, rtol=1e-6, atol=1e-3)


def test_the_result_does_not_depend_on_the_tiles(backend, monkeypatch):
    rng = np.random.default_rng(9)
    forward, inverse, flags = random_polynomials(rng)
    ramp = rng.uniform(0, 8000, (2, 3, *SHAPE)).cumsum(axis=1).astype(np.float32)
    groupdq = backend.asarray(np.zeros(ramp.shape, dtype=np.uint8))
    polynomials = backend.asarray(forward), backend.asarray(inverse), backend.asarray(flags)
    whole, tiled = backend.asarray(ramp.copy()), backend.asarray(ramp.copy())
    linearize_averaged_groups(whole, groupdq, *polynomials, 4)
    monkeypatch.setattr(
        "gpucal.kernels.ramps.linearity_reads.row_tiles", lambda nrows, size: (slice(0, 3), slice(3, nrows))
    )
    linearize_averaged_groups(tiled, groupdq, *polynomials, 4)
    np.testing.assert_array_equal(backend.asnumpy(tiled), backend.asnumpy(whole))


def test_a_steady_source_comes_out_linear(backend):
    """Observed = true - a true^2, which the series of Catalan numbers in a inverts."""
    ngroups, nframes, a = 4, 8, 2e-6
    rate = np.linspace(150, 1500, 20).reshape(SHAPE)
    true = rate * np.arange(1, ngroups * nframes + 1)[:, None, None]
    averages = true.reshape(ngroups, nframes, *SHAPE).mean(axis=1)
    response = true - a * true**2
    ramp = response.reshape(1, ngroups, nframes, *SHAPE).mean(axis=2).astype(np.float32)
    catalan = np.array([0, 1, 1, 2, 5, 14, 42, 132, 429])
    forward = catalan * a ** (np.arange(9) - 1.0)
    inverse = np.array([0, 1, -a])
    polynomials = [
        backend.asarray(np.broadcast_to(terms[:, None, None], (len(terms), *SHAPE)).astype(np.float32))
        for terms in (forward, inverse)
    ]
    flags = backend.asarray(np.zeros(SHAPE, dtype=np.uint32))
    groupdq = backend.asarray(np.zeros(ramp.shape, dtype=np.uint8))
    device, naive = backend.asarray(ramp.copy()), backend.asarray(ramp.copy())
    linearize_averaged_groups(device, groupdq, *polynomials, flags, nframes)
    linearize(naive, groupdq, polynomials[0], flags)
    error = np.abs(backend.asnumpy(device)[0] - averages).max()
    naive_error = np.abs(backend.asnumpy(naive)[0] - averages).max()
    assert error < naive_error / 10
