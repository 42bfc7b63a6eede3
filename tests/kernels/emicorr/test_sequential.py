"""Waves that are measured on what straight ramps leave."""

import numpy as np
import pytest

from gpucal.kernels.emicorr.clock import ReadoutClock
from gpucal.kernels.emicorr.frames import residual_frames, scene_of
from gpucal.kernels.emicorr.phasing import ordered_bits, phased_wave, values_of
from gpucal.kernels.emicorr.sequential import (
    aligned_reference,
    best_shift,
    number_of_bins,
    remove_wave_after_ramps,
    resampled,
)

SHAPE = (2, 5, 4, 16)
CLOCK = ReadoutClock(nsamples=1, row=30, reset=77)
PERIOD = 13.7


def made(seed, shape=SHAPE):
    rng = np.random.default_rng(seed)
    lines = (
        rng.uniform(100, 200, shape[2:]) + rng.uniform(3, 4, shape[2:]) * np.arange(shape[1])[:, None, None]
    )
    return (lines + rng.normal(0, 2, shape)).astype(np.float32)


def read_ticks(shape=SHAPE, clock=CLOCK):
    """Ticks before each quad is read, written out."""
    nints, ngroups, ny, nx = shape
    ticks = np.zeros((nints, ngroups, ny, nx // 4))
    now = 0
    for integration in range(nints):
        for group in range(ngroups):
            for y in range(ny):
                ticks[integration, group, y] = now + np.arange(nx // 4) * clock.nsamples
                ticks[integration, group, y, -1] += clock.last_column
                now += clock.row
            now += (1024 - ny) * 7
        now += clock.reset
    return ticks


def residuals(ramp):
    """Groups without slope and bias, averaged over outputs, about their median; float64."""
    ramp = ramp.astype(float)
    inner = ramp[1:-1].reshape(ramp.shape[0] - 2, -1)
    slope = np.polyfit(np.arange(inner.shape[0]), inner, 1)[0].reshape(ramp.shape[1:])
    level = ramp - slope * np.arange(ramp.shape[0])[:, None, None]
    level -= np.median(level[1:-1], axis=0) if inner.shape[0] > 2 else level[1:-1].min(axis=0)
    quads = level.reshape(*level.shape[:2], -1, 4).mean(axis=3)
    quads[..., 1:3] = quads[..., [0, 3]].mean(axis=2, keepdims=True)
    return quads - np.median(quads, axis=(1, 2), keepdims=True)


def clipped_mean(values):
    """The mean without outliers, three standard deviations from the median, in five rounds."""
    for _ in range(5):
        values = values[abs(values - np.median(values)) <= 3 * values.std()]
    return values.mean()


def measured(ramps, ticks, nbins):
    """The phased wave; float64."""
    level = np.stack([residuals(ramp) for ramp in ramps])
    phase = ticks / PERIOD % 1
    bins = [(phase > place / nbins) & (phase <= (place + 1) / nbins) for place in range(nbins)]
    wave = np.array([clipped_mean(level[inside]) for inside in bins])
    return wave - np.median(wave)


@pytest.mark.parametrize("ngroups", [4, 5, 6])
def test_frames_are_without_scene(backend, ngroups):
    ramp = made(1, (1, ngroups, 4, 16))[0]
    moved = backend.asarray(ramp)
    found = residual_frames(moved, scene_of(moved), slice(1, ngroups))
    np.testing.assert_allclose(backend.asnumpy(found), residuals(ramp)[1:], atol=1e-4)


def test_a_group_with_nan_does_not_count(backend):
    ramp = made(2)
    ramp[0, 0, 1, 2] = np.nan
    wave = phased_wave(backend.asarray(ramp), CLOCK, PERIOD, 4)
    assert np.isfinite(wave).all()
    ramp[:, 2, 1, 2] = np.nan
    assert np.isnan(phased_wave(backend.asarray(ramp), CLOCK, PERIOD, 4)).all()


@pytest.mark.parametrize("last_column", [0, 5])
def test_the_wave_is_the_clipped_mean_in_each_bin(backend, last_column):
    clock, ramp = CLOCK._replace(last_column=last_column), made(3)
    ramp[0, 1, :, 3] += 400
    found = phased_wave(backend.asarray(ramp), clock, PERIOD, 5)
    np.testing.assert_allclose(found, measured(ramp, read_ticks(clock=clock), 5), atol=1e-4)


def test_blocks_of_bins_make_no_difference(backend, monkeypatch):
    ramp = backend.asarray(made(4))
    whole = phased_wave(ramp, CLOCK, PERIOD, 6)
    monkeypatch.setattr("gpucal.kernels.emicorr.phasing.RESIDUALS_BUDGET", 1)
    np.testing.assert_array_equal(phased_wave(ramp, CLOCK, PERIOD, 6), whole)


def test_the_wave_is_subtracted_where_it_was_read(backend):
    ramp = made(5)
    moved = backend.asarray(ramp.copy())
    wave = remove_wave_after_ramps(moved, CLOCK, PERIOD, 5, 1)

    np.testing.assert_allclose(wave, measured(ramp[:1], read_ticks()[:1], 5), atol=1e-4)
    ticks_in_period = (read_ticks() / PERIOD % 1 * PERIOD).astype(int)
    amount = np.repeat(wave[(np.arange(14) * (5 / PERIOD)).astype(int)][ticks_in_period], 4, axis=3)
    np.testing.assert_allclose(backend.asnumpy(moved), ramp - amount, atol=1e-4)


def test_without_integrations_to_measure_on_nothing_is_subtracted(backend):
    ramp = made(6)
    moved = backend.asarray(ramp.copy())
    wave = remove_wave_after_ramps(moved, CLOCK, PERIOD, 5, 0, reference=np.array([1.0, 0.0, -1.0]))
    assert np.isnan(wave).all()
    np.testing.assert_array_equal(backend.asnumpy(moved), ramp)


@pytest.mark.parametrize("shift", [0, 3, 11])
def test_a_reference_is_shifted_and_scaled(shift):
    reference = np.random.default_rng(7).normal(0, 1, 12)
    wave = 3 * np.roll(reference, shift) + 0.5
    assert best_shift(reference, wave) == shift
    aligned = aligned_reference(reference, wave, resampled(wave, 24.0), 24.0, scale=True)
    np.testing.assert_allclose(aligned, np.repeat(3 * np.roll(reference, shift), 2), rtol=1e-9)
    unscaled = aligned_reference(reference, wave, resampled(wave, 24.0), 24.0, scale=False)
    np.testing.assert_array_equal(unscaled, np.repeat(np.roll(reference, shift), 2))


def test_a_reference_of_a_length_that_rounding_makes_longer():
    """228 samples resampled to 100 are 101, and the waves at each tick may differ in length too."""
    reference = np.sin(2 * np.pi * (np.arange(100) + 0.5) / 100)
    measured = 7 * np.sin(2 * np.pi * (np.arange(228) + 0.5) / 228 - 2 * np.pi * 0.3)
    at_samples = resampled(measured, reference.size)
    assert at_samples.size == 101
    likeness = [np.corrcoef(np.roll(reference, shift), at_samples[:100])[0, 1] for shift in range(100)]
    assert best_shift(reference, at_samples[:100]) == np.argmax(likeness) == 31
    aligned = aligned_reference(reference, measured, resampled(measured, 457.0), 457.0, scale=True)
    assert abs(aligned).max() == pytest.approx(7, rel=0.01)


def test_resampling_takes_the_sample_before():
    np.testing.assert_array_equal(resampled(np.arange(4), 6.0), [0, 0, 1, 2, 2, 3])
    np.testing.assert_array_equal(resampled(np.arange(4), 2.5), [0, 1, 3])


@pytest.mark.parametrize(
    ("asked", "period", "nbins"),
    [(None, 256.9, 128), (None, 9961.0, 500), (37, 256.0, 37), (501, 9.0, 501), (502, 9.0, 500)],
)
def test_number_of_bins(asked, period, nbins):
    assert number_of_bins(period, asked) == nbins


def test_keys_are_ordered_as_values(backend):
    values = np.array([-np.inf, -3e5, -1e-30, 0.0, 1e-40, 2.5, np.inf], np.float32)
    bits = ordered_bits(backend.asarray(values))
    assert (np.diff(backend.asnumpy(bits).astype(np.int64)) > 0).all()
    np.testing.assert_array_equal(backend.asnumpy(values_of(bits)), values)
