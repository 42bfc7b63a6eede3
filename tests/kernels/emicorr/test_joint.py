"""Waves of known shape, fitted together with ramps."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from gpucal.kernels.emicorr.clock import ReadoutClock
from gpucal.kernels.emicorr.fit import TRIALS, best_phase, next_trial, trial_phases
from gpucal.kernels.emicorr.joint import first_read_phases, remove_wave_with_ramps

WAVE = np.array([0.1, 0.9, 0.3, -1.2])
CLOCK = ReadoutClock(nsamples=1, row=30, reset=77)
PERIOD = 33.7
SHAPE = (2, 4, 6, 16)


def shape_at(periods):
    """The wave after some periods; float64."""
    around = (np.arange(WAVE.size + 2) - 0.5) / WAVE.size
    return CubicSpline(around, np.concatenate([WAVE[-1:], WAVE, WAVE[:1]]))(periods % 1)


def periods_at_reads(shape=SHAPE):
    """Periods of the wave that passed before each read."""
    nints, ngroups, ny, nx = shape
    group = ny * 30 + (1024 - ny) * 7
    integration = np.arange(nints)[:, None, None, None] * (ngroups * group + 77)
    row = np.arange(ny)[:, None] * 30 + np.arange(nx) // 4
    return (integration + np.arange(ngroups)[:, None, None] * group + row) / PERIOD


def straight(seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(100, 200, SHAPE[2:]) + rng.uniform(3, 4, SHAPE[2:]) * np.arange(4)[:, None, None]


def removed(backend, ramp, **settings):
    moved = backend.asarray(ramp.astype(np.float32))
    pixeldq = backend.asarray(np.zeros(SHAPE[2:], np.uint32))
    fits = remove_wave_with_ramps(moved, pixeldq, WAVE, CLOCK, PERIOD, **settings)
    return backend.asnumpy(moved), fits


@pytest.mark.parametrize("each_integration", [False, True])
def test_the_subtracted_wave_is_the_best_of_all(backend, each_integration):
    """Each trial phase has a linear least-squares fit in which each pixel has its own line."""
    noise = np.random.default_rng(1).normal(0, 0.3, SHAPE)
    ramp = straight() + 5 * shape_at(periods_at_reads() + 0.31) + noise
    ramp = ramp.astype(np.float32).astype(float)
    found, fits = removed(backend, ramp, each_integration=each_integration)

    assert len(fits) == (2 if each_integration else 1)
    steady = ramp.std(axis=1) < 2 * np.median(ramp.std(axis=1))
    steady[..., 4:12] = False  # the second and third quads are not used
    for number, fit in enumerate(fits):
        chosen = [number] if each_integration else [0, 1]
        trials = [least_squares(ramp, trial, chosen, steady) for trial in np.arange(TRIALS) / TRIALS]
        lowest = np.argmin([chisq for chisq, _ in trials]) / TRIALS
        assert fit.phase == pytest.approx(lowest, abs=1 / TRIALS)
        assert fit.amplitude == pytest.approx(least_squares(ramp, fit.phase, chosen, steady)[1], rel=1e-6)
        amount = fit.amplitude * shape_at(periods_at_reads() + fit.phase)[chosen]
        np.testing.assert_allclose(found[chosen], ramp[chosen] - amount, atol=1e-4)


def least_squares(ramp, trial, chosen, steady):
    """Chi-squared, but for a constant, and amplitude of the wave for some integrations.

    Reads of one of the four parts of the period count as if they were in its middle.
    """
    first = np.repeat((np.floor(first_read_phases(6, 16, CLOCK, PERIOD) * 4) + 0.5) / 4, 4, axis=1)
    later = periods_at_reads()[chosen][:, :, :1, :1]
    start = np.ceil(np.round((trial + later[:, :1]) % 1 * TRIALS, 9)) / TRIALS
    waves = shape_at(first + later - later[:, :1] + start)
    line = np.vstack([np.ones(4), np.arange(4)]).T
    straighten = np.eye(4) - line @ np.linalg.pinv(line)
    bent = np.einsum("gh,ihyx->igyx", straighten, waves) * steady[chosen][:, None]
    amplitude = (bent * ramp[chosen]).sum() / (bent * bent).sum()
    return -amplitude * (bent * ramp[chosen]).sum(), amplitude


def test_where_no_pixel_is_good_nothing_is_subtracted(backend):
    ramp = np.broadcast_to(straight(), SHAPE).copy()
    ramp[0, 0, 0, 0] = np.nan
    found, fits = removed(backend, ramp)
    np.testing.assert_array_equal(found, ramp.astype(np.float32))
    assert fits[0].amplitude == 0


def test_the_best_phase_is_the_vertex_of_a_parabola():
    phases = trial_phases()
    assert best_phase(3 * (phases - 0.3007) ** 2 - 7) == pytest.approx(0.3007, abs=1e-9)


def test_without_a_parabola_the_best_phase_is_that_of_the_lowest_value():
    chisq = np.full(TRIALS, np.nan)
    assert best_phase(chisq) == 0
    chisq[[7, 200]] = -1, -2
    assert best_phase(chisq) == 200 / TRIALS
    assert best_phase(np.zeros(TRIALS)) == 0


def test_the_trial_phase_is_that_at_a_phase_or_after_it():
    grid = trial_phases()
    phases = np.array([0.0, 0.0011, 0.4999, 0.9991, grid[77]])[:, None]
    later = np.array([0.0, 12.3456])
    expected = ((grid - phases[..., None] - later[:, None]) % 1).argmin(axis=2)
    np.testing.assert_array_equal(next_trial(phases, later), expected)
    np.testing.assert_array_equal(expected[:, 0], [0, 1, 250, 0, 77])
