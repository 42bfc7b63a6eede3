"""Count rates of guide star data from differences of reads."""

import numpy as np
import pytest

from gpucal.kernels.ramps.guider_cds import (
    group_difference,
    least_difference,
    mean_difference,
    rates_with_errors,
)

SHAPE = (5, 6)


def reads(rng, nints, ngroups):
    return rng.normal(12000, 300, (nints, ngroups, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("ngroups", [2, 3])
def test_second_read_less_the_first(backend, ngroups):
    host = reads(np.random.default_rng(1), 4, ngroups)
    difference = backend.asnumpy(group_difference(backend.asarray(host)))
    assert difference.dtype == np.float32
    np.testing.assert_array_equal(difference, host[:, 1].astype(float) - host[:, 0])


def test_the_smaller_of_two_differences(backend):
    host = reads(np.random.default_rng(2), 3, 2)
    host[0, 1, 2, 3] += 4000  # a cosmic ray
    host[1, 0, 0, 0] = np.nan
    difference = backend.asnumpy(least_difference(backend.asarray(host)))
    exact = host[:, 1].astype(float) - host[:, 0]
    expected = np.minimum(exact[0], exact[1])[None]
    assert difference.shape == (1, *SHAPE) and np.isnan(difference[0, 0, 0])
    np.testing.assert_array_equal(difference, expected)
    assert difference[0, 2, 3] == exact[1, 2, 3]


@pytest.mark.parametrize("ngroups", [8, 9, 6, 3])
def test_last_four_reads_less_the_first_four(backend, ngroups):
    host = reads(np.random.default_rng(3), 2, ngroups)
    difference = backend.asnumpy(mean_difference(backend.asarray(host)))
    exact = host.astype(float)
    expected = exact[:, -4:].mean(axis=1) - exact[:, :4].mean(axis=1)
    assert difference.dtype == np.float32
    np.testing.assert_allclose(difference, expected, atol=0.004)  # float32 steps of 12000 DN


def test_rates_and_errors(backend):
    rng = np.random.default_rng(4)
    difference = rng.normal(0, 300, (3, *SHAPE)).astype(np.float32)
    gain, read_noise = rng.normal(1.9, 0.1, SHAPE), rng.normal(8, 1, SHAPE)
    arrays = [array.astype(np.float32) for array in (difference, gain, read_noise)]
    rate, err = rates_with_errors(*(backend.asarray(array.copy()) for array in arrays), group_time=0.364)
    exact = difference.astype(float)
    variance = 2 * (arrays[2].astype(float) / 0.364) ** 2 + np.maximum(exact, 0) / (arrays[1] * 0.364)
    assert rate.dtype == err.dtype == np.float32
    np.testing.assert_allclose(backend.asnumpy(rate), exact / 0.364, rtol=1e-6)
    np.testing.assert_allclose(backend.asnumpy(err), np.sqrt(variance), rtol=1e-6)


@pytest.mark.parametrize(
    ("difference", "gain", "read_noise", "expected"),
    [
        (10, np.nan, 3, np.nan),
        (10, 2, np.nan, np.nan),
        (np.nan, 2, 3, np.nan),
        (10, 0, 3, np.inf),
        (0, 0, 3, np.nan),
        (-10, 0, 3, np.sqrt(72)),
        (-10, 2, 3, np.sqrt(72)),
        (10, -2, 3, np.sqrt(72)),
        (-10, -2, 3, np.sqrt(72 + 10)),
    ],
)
def test_errors_at_the_limits(backend, difference, gain, read_noise, expected):
    arrays = [np.full((1, 2, 2), difference), np.full((2, 2), gain), np.full((2, 2), read_noise)]
    _rate, err = rates_with_errors(
        *(backend.asarray(array.astype(np.float32)) for array in arrays), group_time=0.5
    )
    np.testing.assert_allclose(backend.asnumpy(err), expected, rtol=1e-6)
