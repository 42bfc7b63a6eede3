"""Periodograms against fits of a sine and a mean, period by period."""

import numpy as np
import pytest

from gpucal.kernels.fringes.periodogram import Periodogram

RNG = np.random.default_rng(5)
PLACES = np.delete(np.sort(1e4 / np.linspace(4.9, 5.74, 900) + RNG.normal(0, 0.01, 900)), slice(300, 340))[::-1]


def explained(places, data, period):
    """The share of the squares about the mean that a sine and a mean explain."""
    angles = 2 * np.pi * places / period
    model = np.stack([np.cos(angles), np.sin(angles), np.ones_like(angles)], axis=1)
    left = data - model @ np.linalg.lstsq(model, data, rcond=None)[0]
    about_mean = data - data.mean()
    return 1 - np.sum(left**2) / np.sum(about_mean**2)


@pytest.mark.parametrize(("period", "half_width", "number"), [(2.9, 1.5, 3000), (0.4, 0.15, 300), (2.9, 1.0, 4)])
def test_the_power_is_what_a_sine_and_a_mean_explain(period, half_width, number):
    periods = np.linspace(period - half_width, period + half_width, number)
    data = 3.0 + np.sin(2 * np.pi * PLACES / (1.07 * period)) + RNG.normal(0, 1, PLACES.size)
    power = Periodogram(PLACES, periods).power(data)
    some = np.linspace(0, number - 1, 25).astype(int)
    expected = [explained(PLACES, data, periods[index]) for index in some]
    np.testing.assert_allclose(power[some], expected, rtol=0, atol=1e-9)
    if number > 100:
        assert periods[np.argmax(power)] == pytest.approx(1.07 * period, rel=2e-3)


def test_constant_data_have_no_power():
    assert np.isnan(Periodogram(PLACES, np.linspace(2, 4, 50)).power(np.ones(PLACES.size))).all()


def test_data_of_another_number_of_places_are_refused():
    with pytest.raises(ValueError, match="data has shape"):
        Periodogram(PLACES, np.linspace(2, 4, 50)).power(np.ones(PLACES.size - 1))
