"""The light of integrations in units of their median."""

import numpy as np
import pytest

from gpucal.kernels.outliers.scales import scales_of


def integrations(seed=1):
    """A star that is dimmer by known factors, with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((12, 15))
    star = 4000 * np.exp(-((rows - 6) ** 2 + (columns - 7) ** 2) / 6) + 10
    factors = np.array([1.0, 0.9, 0.97, 1.02])
    err = np.sqrt(star) + 1
    data = factors[:, None, None] * star + err * rng.standard_normal((4, *star.shape))
    return data.astype(np.float32), np.broadcast_to(err, data.shape).astype(np.float32), star[None], factors


@pytest.mark.parametrize("each", [False, True])
def test_factors_are_found_in_spite_of_hits_and_gaps(backend, each):
    data, err, star, factors = integrations()
    data[0, 6, 7] += 90000
    data[1, 2, 2] += 5000
    data[2, 5, 5] = np.nan
    err[3, 6, 7] = 0
    medians = np.repeat(star, 4, axis=0) if each else star
    found = backend.asnumpy(scales_of(*map(backend.asarray, (data, err, medians)), 5.0))
    precision = 1 / np.sqrt(((star / err[0]) ** 2).sum())
    assert precision < 5e-3
    np.testing.assert_allclose(found, factors, atol=5 * precision)


def test_where_nothing_tells_the_factor_is_one(backend):
    data, err, star, _ = integrations()
    nothing = np.full_like(data, np.nan)
    found = scales_of(*map(backend.asarray, (nothing, err, star)), 5.0)
    np.testing.assert_array_equal(backend.asnumpy(found), 1)
