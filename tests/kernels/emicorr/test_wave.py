"""Waves between their samples, and when they are read."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from gpucal.backend import pixel_kernel
from gpucal.kernels.emicorr.clock import ReadoutClock, ticks_in_period
from gpucal.kernels.emicorr.wave import sample_phases, spline_coefficients, wave_at


@pixel_kernel
def write_wave(place, phases, coefficients, found):
    found[place] = wave_at(phases[place], coefficients)


@pytest.mark.parametrize("nsamples", [2, 5, 12])
def test_the_wave_is_a_cubic_spline_that_closes(backend, nsamples):
    wave = np.random.default_rng(nsamples).normal(0, 1, nsamples).astype(np.float32)
    phases = np.concatenate([np.linspace(0, 1, 13)[:-1], sample_phases(nsamples)])
    found = backend.asarray(np.empty(phases.size))

    write_wave(found.shape, backend.asarray(phases), backend.asarray(spline_coefficients(wave)), found)

    around = (np.arange(nsamples + 2) - 0.5) / nsamples
    expected = CubicSpline(around, np.concatenate([wave[-1:], wave, wave[:1]]))(phases)
    np.testing.assert_allclose(backend.asnumpy(found), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(expected[12:], wave, rtol=1e-12)


def test_ticks():
    clock = ReadoutClock(nsamples=1, row=28, reset=100)
    assert clock.group(64) == 64 * 28 + 960 * 7
    assert clock.integration(3, 64) == 3 * 8512 + 100
    assert ticks_in_period(200.0) == pytest.approx(500, rel=1e-15)
