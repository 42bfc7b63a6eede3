"""What is summed for the fit of a wave: the wave itself without straight lines, and ramps by phase."""

import numpy as np
from scipy.interpolate import CubicSpline

from gpucal.kernels.emicorr.fit import TRIALS, bent_waves
from gpucal.kernels.emicorr.joint import SumsByPhase
from gpucal.kernels.emicorr.wave import spline_coefficients

WAVE = np.array([0.4, 1.1, -0.6, -0.3, 0.2])


def test_waves_lose_the_line_that_fits_them_best(backend):
    groups, step = np.arange(6), 0.237
    trials = slice(490, TRIALS)
    coefficients = backend.asarray(spline_coefficients(WAVE))

    waves, squares = map(backend.asnumpy, bent_waves(trials, 5, groups.size, step, coefficients))

    around = (np.arange(-1, 6) + 0.5) / 5
    spline = CubicSpline(around, np.concatenate([WAVE[-1:], WAVE, WAVE[:1]]))
    phases = np.arange(490, TRIALS)[:, None, None] / TRIALS + groups[:, None] * step + (np.arange(5) + 0.5) / 5
    expected = spline(phases % 1)
    for trial, sample in np.ndindex(10, 5):
        values = expected[trial, :, sample]
        values -= np.polyval(np.polyfit(groups, values, 1), groups)
    assert waves.shape == (10, 6, 5)
    np.testing.assert_allclose(waves, expected, atol=1e-12)
    np.testing.assert_allclose(squares, (expected**2).sum(axis=1), atol=1e-12)


def test_ramps_of_steady_pixels_are_added_by_phase(backend):
    """The second and third quads of a row do not count, nor does what is not steady, NaN among it."""
    rng = np.random.default_rng(81)
    ramp = rng.normal(0, 9, (2, 3, 7, 20)).astype(np.float32)
    steady = rng.random((2, 7, 20)) < 0.6
    ramp[np.broadcast_to(~steady[:, None], ramp.shape)] = np.nan
    phases = rng.random((7, 5))
    sums_of = SumsByPhase(backend.asarray(ramp), backend.asarray(steady), phases, 4)

    sums, counts = map(backend.asnumpy, sums_of(slice(0, 2)))

    part = np.repeat(np.floor(phases * 4).astype(int), 4, axis=1)
    part[:, 4:12] = -1
    for sample in range(4):
        used = steady & (part == sample)
        np.testing.assert_array_equal(counts[:, sample], used.sum(axis=(1, 2)))
        expected = np.where(used[:, None], ramp, 0).sum(axis=(2, 3), dtype=np.float64)
        np.testing.assert_allclose(sums[:, :, sample], expected, rtol=1e-12)
