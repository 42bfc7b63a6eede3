"""Noise of subarrays: sections, their fit, and what is left of noise that was put in."""

import numpy as np
import pytest

from gpucal.kernels.flicker.nsclean_subarray import (
    DEFAULT_PASSBAND,
    Passband,
    Section,
    sections,
    series_noise,
    without_outliers,
)

WIDE = Passband(3000, 4000, 49000, 49500)


def test_passband():
    frequency = np.array([0, 3000, 3500, 4000, 30000, 49000, 49250, 49500, 50000])
    np.testing.assert_allclose(WIDE.passed(frequency), [1, 1, 0.5, 0, 0, 0, 0.5, 1, 1], atol=1e-12)


def test_sections_overlap_by_half_and_the_last_takes_the_rest():
    filled = np.full(40, 100)
    filled[:3] = filled[-2:] = 0
    found = sections(filled)
    # six lines are the fewest with more than 512 pixels; the last section begins where 768 or fewer are left
    assert found[:3] == [(3, 6), (6, 6), (9, 6)]
    begin, length = found[-1]
    assert begin + length == 38 and filled[begin:].sum() <= 768 < filled[begin - 3 :].sum()
    assert sections(np.zeros(5, int)) == []


def test_outliers_leave_the_mask_with_their_neighbours(backend):
    image = np.random.default_rng(1).normal(0, 1, (9, 9)).astype(np.float32)
    image[4, 5] = 60
    mask = np.ones((9, 9), bool)
    left = backend.asnumpy(without_outliers(backend.asarray(image), backend.asarray(mask)))
    expected = mask.copy()
    for row, column in ((4, 5), (3, 5), (5, 5), (4, 4), (4, 6)):
        expected[row, column] = False
    np.testing.assert_array_equal(left, expected)


@pytest.mark.parametrize("passband", [DEFAULT_PASSBAND, WIDE])
def test_fit_of_a_section(backend, passband):
    rng = np.random.default_rng(2)
    values, mask = rng.normal(0, 3, (2, 10, 52)), rng.random((2, 10, 52)) < 0.8
    section = Section.of(10, 52, passband)

    fits = backend.asnumpy(section.noise(backend.asarray(values), backend.asarray(mask)))

    samples = 10 * 64
    places = (64 * np.arange(10)[:, None] + np.arange(52)).ravel()
    passed = passband.passed(np.fft.rfftfreq(samples, 1e-5))
    used = np.flatnonzero(passed > 0)
    waves = np.exp(2j * np.pi * np.outer(places, used) / samples)
    sigma = 1 / ((passband.low + passband.low_end) / 2 * 1e-5 * 8)
    filled = np.zeros(samples)
    distance = (np.arange(samples)[:, None] - np.arange(samples) - 1 + samples // 2) % samples - samples // 2
    kernel = np.exp(-(distance**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    twice = np.where((used == 0) | (used == samples // 2), 1, 2)
    for fit, data, usable in zip(fits, values, mask, strict=True):
        filled[places] = usable.ravel()
        weight = usable.ravel() / (kernel @ filled)[places]
        amplitude = np.linalg.lstsq(waves * weight[:, None], weight * data.ravel(), rcond=None)[0]
        expected = (waves * (twice * passed[used] * amplitude)).sum(axis=1).real.reshape(10, 52)
        np.testing.assert_allclose(fit, expected, atol=1e-4 * abs(expected).max())


def test_noise_is_found(backend):
    rng = np.random.default_rng(3)
    time = 64 * np.arange(30)[:, None] + np.arange(52)
    slow = 5 * np.sin(2 * np.pi * 200 * 1e-5 * time)
    image = (slow + rng.normal(0, 0.5, slow.shape)).astype(np.float32)
    mask = rng.random(slow.shape) < 0.8
    noise = backend.asnumpy(series_noise(backend.asarray(image), backend.asarray(mask)))
    residual = (noise - slow)[2:-2]
    assert residual.std() < 0.25 and slow.std() > 3


def test_nothing_to_fit(backend):
    image = backend.asarray(np.zeros((8, 20), np.float32))
    assert series_noise(image, backend.asarray(np.zeros((8, 20), bool))) is None
    sparse = np.zeros((8, 20), bool)
    sparse[::3, 4] = True
    noise = series_noise(image, backend.asarray(sparse))
    np.testing.assert_array_equal(backend.asnumpy(noise), 0)
