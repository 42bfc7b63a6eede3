"""Low-frequency noise of full frames: the fit, beside normal equations that are written out."""

import numpy as np
import pytest

from gpucal.kernels.flicker.nsclean import (
    fit_sinusoids,
    line_noise,
    low_pass,
    mask_weights,
    sinusoids,
    smooth_across,
    without_outliers,
)


def test_the_filter_falls_from_one_to_zero():
    passed = low_pass(2048)
    frequency = np.arange(9) / 2048
    expected = 2 * 0.5 * (1 + np.cos(np.pi * np.clip((frequency - 1 / 256) * 1024 + 0.5, 0, 1)))
    expected[0] /= 2
    np.testing.assert_allclose(passed, expected, atol=1e-12)


def test_weighted_fit(backend):
    rng = np.random.default_rng(1)
    values, weights = rng.normal(0, 1, (3, 64)), rng.uniform(0.5, 2, (3, 64))
    weights[rng.random((3, 64)) < 0.3] = 0
    table = sinusoids(4, 64)

    found = fit_sinusoids(*map(backend.asarray, (values, weights**2, table)))

    for line in range(3):
        design = (weights[line] * table).T
        expected = np.linalg.lstsq(design, weights[line] * values[line], rcond=None)[0]
        np.testing.assert_allclose(backend.asnumpy(found)[line], expected, rtol=1e-9)


def gaussian(distance, sigma):
    return np.exp(-(distance**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))


def test_weights_are_the_inverse_of_the_density_one_line_and_pixel_before(backend):
    mask = np.random.default_rng(2).random((8, 256)) < 0.6
    weights = backend.asnumpy(mask_weights(backend.asarray(mask)))

    distance = (np.arange(256)[:, None] - np.arange(256) + 127) % 256 - 128
    density = np.roll(mask, 1, axis=0) @ gaussian(distance, 32).T
    np.testing.assert_allclose(weights, np.where(mask, 1 / density, 0), rtol=1e-5)


def test_noise_is_smoothed_from_line_to_line(backend):
    noise = np.zeros((32, 16), np.float32)
    noise[10, 5] = 7
    smoothed = backend.asnumpy(smooth_across(backend.asarray(noise)))
    expected = np.zeros((32, 16))
    expected[:, 6] = 7 * gaussian(np.arange(32) - 11.0, 1.5)
    np.testing.assert_allclose(smoothed, expected, atol=1e-6)


def test_outliers_are_replaced_by_the_median_of_their_line(backend):
    values = np.tile(np.arange(-5, 6, dtype=np.float32), (2, 1))
    values[1, 3] = 100
    mask = np.ones(values.shape, bool)
    mask[:, 0] = False
    clean = backend.asnumpy(without_outliers(backend.asarray(values), backend.asarray(mask)))
    expected = values.copy()
    expected[1, 3] = np.median(values[1, 1:])
    np.testing.assert_array_equal(clean, expected)


@pytest.mark.parametrize("masked", [0.0, 0.4])
def test_slow_noise_is_found_and_fast_signal_left(backend, masked):
    """Slow noise that lines have in common comes out a pixel off, as in jwst, hence the tolerance."""
    rng = np.random.default_rng(3)
    x = np.arange(512)
    slow, fast = 5 * np.sin(2 * np.pi * x / 512 + 0.3) + 2, np.sin(2 * np.pi * 40 * x / 512)
    image = np.tile(slow + fast, (64, 1)).astype(np.float32)
    mask = rng.random(image.shape) >= masked
    noise = backend.asnumpy(line_noise(backend.asarray(image), backend.asarray(mask)))
    np.testing.assert_allclose(noise[16:-16], np.tile(slow, (32, 1)), atol=0.25 if masked else 0.1)


def test_a_line_with_too_few_pixels_adds_nothing(backend):
    image = np.full((64, 256), 3, np.float32)
    mask = np.ones(image.shape, bool)
    mask[20:50] = False
    mask[35, 100] = True
    noise = backend.asnumpy(line_noise(backend.asarray(image), backend.asarray(mask)))
    np.testing.assert_allclose(noise[30:42], 0, atol=1e-4)
