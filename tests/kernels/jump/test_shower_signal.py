"""Typical differences between groups, and smoothing over a ring, against NumPy and astropy."""

import numpy as np
import pytest
from astropy.convolution import Ring2DKernel, convolve
from astropy.stats import sigma_clip

from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL, SATURATED
from gpucal.kernels.jump.shower_signal import (
    find_bright,
    measure_ratio,
    ratio_space,
    ring_offsets,
    typical_differences,
)
from tests.kernels.jump.jump_ramps import noisy_ramps, pixel_maps

NFRAMES = 4
NY, NX = 4, 5


def differences_of(ramp, groupdq, gain):
    """Electrons gained from group to group, NaN where a group is void; float64."""
    void = (groupdq & (DO_NOT_USE | SATURATED) > 0) | (groupdq == JUMP_DET)
    return np.diff(np.where(void, np.nan, ramp.astype(np.float64)) * gain, axis=1)


@pytest.fixture
def exposed():
    """Ramps with flags of several kinds, gain and read noise."""
    rng = np.random.default_rng(8)
    ramp, groupdq = noisy_ramps(rng, 30, 4, NY, NX)
    groupdq |= rng.choice([0, JUMP_DET, JUMP_DET | AD_FLOOR], groupdq.shape, p=[0.9, 0.05, 0.05]).astype("u1")
    gain, read_noise = pixel_maps(rng, NY, NX)
    groupdq[:, :, 3, 4] |= SATURATED
    return ramp, groupdq, gain, read_noise


@pytest.mark.filterwarnings("ignore:All-NaN slice")
def test_the_typical_difference_is_the_median(backend, exposed):
    ramp, groupdq, gain, read_noise = exposed
    typical = typical_differences(*map(backend.asarray, exposed), NFRAMES, by_group=False)

    median = np.nanmedian(differences_of(ramp, groupdq, gain), axis=(0, 1))
    noise = np.sqrt(np.abs(median) + (read_noise.astype(np.float64) * gain) ** 2 / NFRAMES)
    center, spread = map(backend.asnumpy, typical.of_group(3))
    np.testing.assert_allclose(center, median, rtol=2e-6, atol=1e-4)
    np.testing.assert_allclose(spread, noise, rtol=2e-6)
    assert np.isnan(center[3, 4])


@pytest.mark.filterwarnings("ignore:Input data contains invalid values", "ignore:.*empty", "ignore:All-NaN")
@pytest.mark.filterwarnings("ignore:Degrees of freedom")
def test_with_many_integrations_each_group_is_clipped(backend, exposed):
    ramp, groupdq, gain, _ = exposed
    ramp[3, 2:, 1, 2] += 30000
    groupdq[:, :, 1, 2] = 0
    typical = typical_differences(*map(backend.asarray, exposed), NFRAMES, by_group=True)

    clipped = sigma_clip(differences_of(ramp, groupdq, gain), sigma=5, axis=0).filled(np.nan)
    for group in range(1, 4):
        center, spread = map(backend.asnumpy, typical.of_group(group))
        np.testing.assert_allclose(center, np.nanmedian(clipped[:, group - 1], axis=0), rtol=2e-6, atol=1e-4)
        np.testing.assert_allclose(spread, np.nanstd(clipped[:, group - 1], axis=0), rtol=1e-5, atol=1e-3)


def test_ratios_are_in_units_of_the_noise(backend, exposed):
    ramp, groupdq, gain, _ = exposed
    pixeldq = np.zeros((NY, NX), np.uint32)
    pixeldq[0], pixeldq[1, 0], pixeldq[1, 1] = 2048, REFERENCE_PIXEL, DO_NOT_USE
    rng = np.random.default_rng(2)
    center, spread = rng.normal(50, 9, (2, NY, NX)).astype(np.float32)
    ratio = ratio_space(backend.asarray(spread), len(ramp), ring_offsets(1, 1))
    arrays = map(backend.asarray, (ramp, groupdq, pixeldq, gain, center, spread))

    measure_ratio(2, *arrays, ratio)

    expected = np.abs(differences_of(ramp, groupdq, gain)[:, 1] - center) / spread
    expected[groupdq[:, 2] & (DO_NOT_USE | SATURATED | JUMP_DET) > 0] = np.nan
    expected[:, 1, :2] = np.nan
    measured, known = backend.asnumpy(ratio)[..., 2:-2, 2:-2].swapaxes(0, 1)
    np.testing.assert_array_equal(known, np.isfinite(expected))
    np.testing.assert_allclose(measured, np.where(known, expected, 0), rtol=2e-5, atol=1e-5)


def test_without_noise_there_is_no_ratio(backend):
    ramp, ones = np.ones((1, 2, NY, NX), np.float32), np.ones((NY, NX), np.float32)
    spread = ones.copy()
    spread[1, 2] = 0
    ratio = ratio_space(backend.asarray(ones), 1, ring_offsets(0, 1))
    flags = np.zeros(ramp.shape, np.uint8), np.zeros((NY, NX), np.uint32)
    measure_ratio(1, *map(backend.asarray, (ramp, *flags, ones, ones, spread)), ratio)
    measured, known = backend.asnumpy(ratio)[0]
    assert np.argwhere(known == 0).tolist() == [[2, 3]]
    assert measured[2, 3] == 0 and (measured[1:-1, 1:-1] == known[1:-1, 1:-1]).all()


@pytest.mark.parametrize(("inner", "width"), [(1, 2.6), (0, 1), (1, 1), (2, 3.3), (3, 1.2)])
def test_the_ring_is_that_of_astropy(inner, width):
    weights = Ring2DKernel(inner, width).array
    expected = np.argwhere(weights > 0) - np.array(weights.shape) // 2
    assert ring_offsets(inner, width).tolist() == expected.tolist()


def in_a_border(backend, ratio, offsets):
    """Ratios of images on the backend, with the border that a ring needs."""
    border = abs(offsets).max()
    space = ratio_space(backend.asarray(ratio[0]), len(ratio), offsets)
    known = np.isfinite(ratio)
    planes = np.stack([np.where(known, ratio, 0), known], axis=1).astype(np.float32)
    space[..., border:-border, border:-border] = backend.asarray(planes)
    return space


def test_brightness_is_the_mean_over_the_ring(backend):
    """As astropy convolves: NaN has no weight, pixels beyond the edge are zero, NaN remains."""
    rng = np.random.default_rng(6)
    ratio = rng.exponential(1, (3, 9, 11)).astype(np.float32)
    ratio[rng.random(ratio.shape) < 0.2] = np.nan
    ratio[1, 0, 0], ratio[1, 2, 3] = np.inf, -np.inf
    threshold = 0.8
    bright = backend.asarray(np.empty(ratio.shape, bool))

    find_bright(in_a_border(backend, ratio, ring_offsets(1, 1.5)), ring_offsets(1, 1.5), threshold, bright)

    finite = np.where(np.isfinite(ratio), ratio, np.nan).astype(np.float64)
    smoothed = [
        convolve(image, Ring2DKernel(1, 1.5), boundary="fill", fill_value=0, preserve_nan=True) for image in finite
    ]
    np.testing.assert_array_equal(backend.asnumpy(bright), np.array(smoothed) > threshold)
    assert all(5 < image.sum() < 60 for image in bright)


def test_a_pixel_with_no_neighbour_is_not_bright(backend):
    ratio = np.full((1, 7, 7), np.nan, np.float32)
    ratio[0, 3, 3] = 9
    bright = backend.asarray(np.empty(ratio.shape, bool))
    find_bright(in_a_border(backend, ratio, ring_offsets(1, 1)), ring_offsets(1, 1), 0.0, bright)
    assert not bright.any()
