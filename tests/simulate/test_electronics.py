"""Correlated noise: its strength and its spectrum."""

import numpy as np
import pytest

from gpucal.simulate.electronics import correlated_noise


def test_level_and_spectrum():
    rng = np.random.default_rng(5)
    series = np.array([correlated_noise(256, 500, 4.0, rng)[:, ::8].ravel() for _ in range(60)])
    assert np.sqrt(np.mean(series**2)) == pytest.approx(4.0, rel=0.1)
    power = np.mean(np.abs(np.fft.rfft(series)[:, 20:4000]) ** 2, axis=0)
    slope = np.polyfit(np.log(np.arange(20, 4000)), np.log(power), 1)[0]
    assert slope == pytest.approx(-1, abs=0.05)
