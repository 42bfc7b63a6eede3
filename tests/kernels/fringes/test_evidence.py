"""The evidence against integrals, and the number of sines that it is for."""

import math

import numpy as np
import pytest

from gpucal.kernels.fringes.evidence import evidence
from gpucal.kernels.fringes.no_fit import NoFit
from gpucal.kernels.fringes.search import Search, find_sines

SEARCH = Search(2.9, 1.5, 0.005, 10, True, (-3.0, 10.0), (0.001, 10.0))
NUMBERS = 1e4 / np.linspace(4.9, 5.74, 900)


def test_of_one_parameter_in_known_noise_it_is_the_integral_over_the_parameter():
    data = np.random.default_rng(0).normal(0.3, 0.1, 50)
    best = data.mean()
    squares, variance = np.sum((data - best) ** 2), np.sum((data - best) ** 2) / 49
    values = np.linspace(-3, 10, 400_001)
    spread = np.sum((data - best) ** 2) + 50 * (values - best) ** 2
    likelihoods = np.exp(-0.5 * (50 * math.log(2 * math.pi * variance) + spread / variance))
    integral = np.sum(likelihoods) * (values[1] - values[0]) / 13.0
    of_noise = 0.5 * math.log(49 * math.pi) - math.log(1e4) - math.log(math.log(1e4))
    found = evidence(squares, 50.0, np.array([[50.0]]), (-3.0, 10.0), (0.001, 10.0))
    assert found * math.log(10) == pytest.approx(math.log(integral) + of_noise, abs=1e-6)


def test_of_no_parameters_it_is_the_likelihood_and_the_noise():
    found = evidence(9.0, 9.0, None, (-2.0, 1000.0), (0.001, 1.0))
    expected = -4.5 * (math.log(2 * math.pi) + 1) + 0.5 * math.log(9 * math.pi) - math.log(1000)
    assert found * math.log(10) == pytest.approx(expected, rel=1e-12)


def test_data_that_determine_nothing_are_refused():
    with pytest.raises(NoFit, match="not more data of weight"):
        evidence(1.0, 2.0, np.eye(2), (-3, 10), (0.001, 10))
    with pytest.raises(NoFit, match="not independent"):
        evidence(1.0, 9.0, np.zeros((2, 2)), (-3, 10), (0.001, 10))


@pytest.mark.parametrize("periods", [(2.8,), (2.7, 3.1), (2.6, 2.9, 3.3)])
def test_as_many_sines_are_found_as_there_are(periods):
    truth = sum(0.02 * np.cos(2 * np.pi * NUMBERS / period + period) for period in periods)
    data = truth + np.random.default_rng(1).normal(0, 3e-3, NUMBERS.size)
    found = find_sines(data, np.ones_like(data), NUMBERS, SEARCH)
    np.testing.assert_allclose(np.sort(1 / found.fitted[0]), periods, rtol=0, atol=2e-3)
    np.testing.assert_allclose(np.hypot(*found.fitted[1:]), 0.02, rtol=0, atol=1e-3)
    assert np.std(found.values - truth) < 5e-4
    assert len(found.periods) == len(periods)


def test_sines_are_fitted_where_data_are_usable():
    truth = 0.02 * np.cos(2 * np.pi * NUMBERS / 2.8)
    usable = np.arange(NUMBERS.size) < 600
    data = np.where(usable, truth, 5.0) + np.random.default_rng(1).normal(0, 1e-3, NUMBERS.size)
    found = find_sines(data, np.ones_like(data), NUMBERS, SEARCH, usable)
    np.testing.assert_allclose(found.values[usable], truth[usable], rtol=0, atol=1e-3)
    assert find_sines(data, np.ones_like(data), NUMBERS, SEARCH, np.zeros_like(usable)) is None


def test_no_more_sines_than_allowed():
    data = sum(0.02 * np.cos(2 * np.pi * NUMBERS / period) for period in (2.6, 2.9, 3.3))
    data += np.random.default_rng(1).normal(0, 1e-3, NUMBERS.size)
    assert find_sines(data, np.ones_like(data), NUMBERS, SEARCH._replace(most=2)).periods.size == 2
