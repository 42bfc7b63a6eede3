"""Scene masks and median scenes."""

import numpy as np
import pytest

from gpucal.kernels.background.median_scene import median_over_integrations, relative_brightness
from gpucal.kernels.background.scene_mask import scene_mask


@pytest.fixture
def rates():
    """Sky of 3 DN/s with stars, missing and bad pixels, in two integrations."""
    rng = np.random.default_rng(1)
    rates = rng.normal(3, 0.1, (2, 30, 31)).astype(np.float32)
    rates[:, 5, 6] = np.nan
    rates[:, 7, 8] = 0
    rates[1, 9, 10] = 50
    rates[0, 11, 12] = -50
    return rates


def test_missing_and_outlying_pixels_are_masked(backend, rates):
    mask = backend.asnumpy(scene_mask(backend.asarray(rates), n_sigma=4.0))
    assert not mask[:, 5, 6].any() and not mask[:, 7, 8].any()
    np.testing.assert_array_equal(mask[:, 9, 10], [True, False])
    np.testing.assert_array_equal(mask[:, 11, 12], [False, True])
    assert mask.mean() > 0.98


def test_science_pixels_are_masked_before_the_level_is_found(backend, rates):
    science = np.zeros(rates.shape, bool)
    science[:, :20] = True
    rates[:, :20] += 3
    mask = backend.asnumpy(scene_mask(backend.asarray(rates), backend.asarray(science), 3.0))
    assert not mask[:, :20].any() and mask[:, 20:].mean() > 0.98


def test_without_limits_only_missing_pixels_are_masked(backend, rates):
    mask = backend.asnumpy(scene_mask(backend.asarray(rates), n_sigma=0.0))
    np.testing.assert_array_equal(mask, np.isfinite(rates) & (rates != 0))


@pytest.mark.parametrize("nints", [2, 3, 6])
def test_median_over_integrations(backend, nints):
    rng = np.random.default_rng(nints)
    data = rng.normal(0, 1, (nints, 2, 5, 6)).astype(np.float32)
    data[rng.random(data.shape) < 0.3] = np.nan
    data[:, 0, 1, 2] = np.nan
    expected = np.ma.median(np.ma.masked_invalid(data.astype(float)), axis=0).filled(np.nan)
    found = backend.asnumpy(median_over_integrations(backend.asarray(data)))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_relative_brightness(backend):
    levels = np.array([2.0, 4.0, np.nan, 8.0], np.float32)
    rates = np.ones((4, 3, 5), np.float32) * levels[:, None, None]
    found = backend.asnumpy(relative_brightness(backend.asarray(rates)))
    np.testing.assert_allclose(found, [0.5, 1, 1, 2])
    assert relative_brightness(backend.asarray(rates[2:3])) is None
