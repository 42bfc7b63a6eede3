"""Fits of sums of sines."""

import numpy as np
import pytest

from gpucal.kernels.fringes.no_fit import NoFit
from gpucal.kernels.fringes.products import product_over_points
from gpucal.kernels.fringes.sines import fit_sines, sum_of_sines

PLACES = np.linspace(1.0, 1.2, 800)
TRUE = np.array([[610.0, 655.0], [0.02, -0.01], [0.01, 0.015]])


def noise(seed=0):
    return np.random.default_rng(seed).normal(0, 1e-3, PLACES.size)


def test_the_sum_of_sines():
    frequencies, cosines, sines = TRUE
    expected = sum(
        a * np.cos(2 * np.pi * f * PLACES) + b * np.sin(2 * np.pi * f * PLACES)
        for f, a, b in zip(frequencies, cosines, sines, strict=True)
    )
    np.testing.assert_allclose(sum_of_sines(TRUE, PLACES), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("robust", [False, True])
def test_known_sines_come_out(robust):
    data = sum_of_sines(TRUE, PLACES) + noise()
    fit = fit_sines(data, np.ones_like(data), PLACES, TRUE[0] + [0.4, -0.3], robust)
    np.testing.assert_allclose(fit.parameters[0], TRUE[0], rtol=0, atol=0.05)
    amplitudes = np.hypot(*fit.parameters[1:])
    np.testing.assert_allclose(amplitudes, np.hypot(*TRUE[1:]), rtol=0, atol=4e-4)
    left = data - sum_of_sines(fit.parameters, PLACES)
    assert fit.squares == pytest.approx(np.sum(left**2), rel=0.1 if robust else 1e-12)
    assert np.sum(left**2) < 1.05 * np.sum(noise() ** 2)
    assert fit.curvature.shape == (6, 6)


def test_outliers_count_less_in_a_robust_fit():
    data = sum_of_sines(TRUE, PLACES) + noise()
    data[100:110] += 0.5
    plain, robust = (fit_sines(data, np.ones_like(data), PLACES, TRUE[0], robust) for robust in (False, True))
    truth = sum_of_sines(TRUE, PLACES)
    missed = [np.abs(sum_of_sines(fit.parameters, PLACES) - truth).max() for fit in (plain, robust)]
    assert missed[1] < 1e-3 < missed[0]
    assert 750 < robust.sum_weights < 790


def test_data_without_weight_do_not_count():
    data = sum_of_sines(TRUE, PLACES) + noise()
    weights = np.where(np.arange(800) < 400, 1.0, 0.0)
    spoiled = np.where(weights > 0, data, 7.0)
    one, other = (fit_sines(values, weights, PLACES, TRUE[0], False).parameters for values in (data, spoiled))
    np.testing.assert_array_equal(one, other)


def test_what_cannot_be_fitted_is_refused():
    data = noise()
    with pytest.raises(NoFit, match="more parameters than data"):
        fit_sines(data[:3], np.ones(3), PLACES[:3], TRUE[0], True)
    with pytest.raises(NoFit, match="not a number"):
        fit_sines(np.full(800, np.nan), np.ones(800), PLACES, TRUE[0], False)
    with pytest.raises(ValueError, match="weights has shape"):
        fit_sines(data, np.ones(799), PLACES, TRUE[0], False)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_products_in_parts_are_those_of_the_whole(dtype):
    rng = np.random.default_rng(3)
    first, second = (rng.normal(0, 1, (n, 5000)).astype(dtype) for n in (20, 31))
    np.testing.assert_allclose(product_over_points(first, second), first @ second.T, rtol=0, atol=1e-11)
