"""Waves between their samples, and when they are read."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from gpucal.kernels.emicorr_clock import ReadoutClock, ticks_in_period
from gpucal.kernels.emicorr_fit import evaluate_waves
from gpucal.kernels.emicorr_wave import sample_phases, spline_coefficients


@pytest.mark.parametrize("nsamples", [2, 5, 12])
def test_the_wave_is_a_cubic_spline_that_closes(backend, nsamples):
    wave = np.random.default_rng(nsamples).normal(0, 1, nsamples).astype(np.float32)
    phases = np.concatenate([np.linspace(0, 1, 13)[:-1], sample_phases(nsamples)])
    found = backend.asarray(np.empty((1, phases.size, 1)))

    reads, offset = backend.asarray(phases[:, None]), backend.asarray(np.zeros(1))
    evaluate_waves(found.shape, reads, offset, backend.asarray(spline_coefficients(wave)), found)

    around = (np.arange(nsamples + 2) - 0.5) / nsamples
    expected = CubicSpline(around, np.concatenate([wave[-1:], wave, wave[:1]]))(phases)
    np.testing.assert_allclose(backend.asnumpy(found)[0, :, 0], expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(expected[12:], wave, rtol=1e-12)


def test_ticks():
    clock = ReadoutClock(nsamples=1, row=28, reset=100)
    assert clock.group(64) == 64 * 28 + 960 * 7
    assert clock.integration(3, 64) == 3 * 8512 + 100
    assert ticks_in_period(200.0) == pytest.approx(500, rel=1e-15)
