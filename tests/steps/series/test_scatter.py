"""Scatter of light curves."""

import numpy as np
import pytest

from gpucal.steps.parts.light_curves.scatter import scatter_of


def test_scatter_is_that_of_the_noise_and_not_of_the_transit():
    rng = np.random.default_rng(1)
    flux = 1000 * (1 + 2e-3 * rng.standard_normal(20000))
    flux[8000:12000] *= 0.996
    found = scatter_of(flux, np.full(len(flux), 2.0))
    assert found.deviation == pytest.approx(2e-3, rel=0.02)
    assert found.median_deviation == pytest.approx(2e-3, rel=0.03)
    assert found.expected == pytest.approx(2 / np.median(flux))
    lengths = dict(found.averaged)
    assert list(lengths) == [10, 100, 1000]
    assert lengths[10] == pytest.approx(2e-3 / np.sqrt(10), rel=0.1)
    assert "ppm" in str(found)


def test_noise_that_lasts_is_seen_in_averages():
    rng = np.random.default_rng(2)
    flux = 1 + 1e-3 * rng.standard_normal(4000) + 1e-3 * np.repeat(rng.standard_normal(400), 10)
    lengths = dict(scatter_of(flux).averaged)
    assert lengths[10] > 2.5 * 1e-3 / np.sqrt(10)


@pytest.mark.parametrize("flux", [[], [1.0, 2.0], [0.0, 0.0, 0.0, 0.0], [np.nan] * 5])
def test_too_little_has_no_scatter(flux):
    assert scatter_of(flux) is None
