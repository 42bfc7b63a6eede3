"""Jumps as outliers among first differences, against a plain statement of the algorithm."""

import numpy as np
import pytest

from gpucal.backend import strips
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.jump.two_point_difference import (
    RejectionThresholds,
    flag_jumps_iteratively,
    flag_jumps_once,
)
from tests.kernels.jump.jump_ramps import first_differences, noise_of, noisy_ramps, pixel_maps

THRESHOLDS = RejectionThresholds(normal=4.0, three_differences=5.0, two_differences=6.0)


def outliers_at_once(differences, read_noise, gain, nframes, threshold):
    """Differences of one pixel that are far from their median."""
    median = np.median(differences[~np.isnan(differences)])
    return np.abs(differences - median) / noise_of(median, read_noise, gain, nframes) > threshold


def outliers_one_by_one(differences, read_noise, gain, nframes, thresholds):
    """The same, the worst first, each round without those found before."""
    left = {place: abs(value) for place, value in np.ndenumerate(differences) if not np.isnan(value)}
    found = np.zeros(differences.shape, bool)
    while len(left) >= 2:
        values = sorted(left.values())
        threshold = {2: thresholds.two_differences, 3: thresholds.three_differences}
        median = {2: values[0], 3: values[1]}.get(len(values), np.median(values[:-1]))
        worst = max(left, key=lambda place: abs(left[place] - median))
        noise = noise_of(median, read_noise, gain, nframes)
        if not abs(left[worst] - median) / noise > threshold.get(len(values), thresholds.normal):
            break
        found[worst] = True
        del left[worst]
    return found


def expected_flags(outliers, ramp, groupdq, gain, read_noise, *settings):
    differences = first_differences(ramp, groupdq, gain)
    expected = groupdq.copy()
    for y, x in np.ndindex(gain.shape):
        pixel = differences[..., y, x]
        if np.isnan(pixel).all():
            continue
        found = outliers(pixel, read_noise[y, x], gain[y, x], *settings)
        expected[:, 1:, y, x] |= np.where(found, JUMP_DET, 0).astype(np.uint8)
    return expected


def flagged(backend, flag_jumps, ramp, groupdq, *settings):
    edited = backend.asarray(groupdq.copy())
    moved = [backend.asarray(value) if isinstance(value, np.ndarray) else value for value in settings]
    flag_jumps(backend.asarray(ramp), edited, *moved)
    return backend.asnumpy(edited)


@pytest.mark.parametrize(("nints", "ngroups", "nframes"), [(1, 12, 1), (3, 7, 4)])
def test_all_outliers_at_once(backend, nints, ngroups, nframes):
    rng = np.random.default_rng(1)
    ramp, groupdq = noisy_ramps(rng, nints, ngroups)
    gain, read_noise = pixel_maps(rng)

    result = flagged(backend, flag_jumps_once, ramp, groupdq, gain, read_noise, nframes, 4.0)

    expected = expected_flags(outliers_at_once, ramp, groupdq, gain, read_noise, nframes, 4.0)
    np.testing.assert_array_equal(result, expected)
    assert (result & JUMP_DET).any()


@pytest.mark.parametrize(
    ("nints", "ngroups", "nframes"), [(1, 3, 1), (1, 4, 1), (1, 5, 8), (1, 10, 1), (2, 6, 2)]
)
def test_outliers_one_by_one(backend, nints, ngroups, nframes):
    rng = np.random.default_rng(ngroups)
    ramp, groupdq = noisy_ramps(rng, nints, ngroups, rays=0.2)
    gain, read_noise = pixel_maps(rng)

    result = flagged(backend, flag_jumps_iteratively, ramp, groupdq, gain, read_noise, nframes, THRESHOLDS)

    expected = expected_flags(outliers_one_by_one, ramp, groupdq, gain, read_noise, nframes, THRESHOLDS)
    np.testing.assert_array_equal(result, expected)
    assert (result & JUMP_DET).any()


def test_a_group_that_cannot_be_used_hides_both_its_differences(backend):
    ramp = np.cumsum(np.full((1, 8, 1, 3), 10.0, np.float32), axis=1)
    ramp[0, 3:] += 1000
    groupdq = np.zeros(ramp.shape, np.uint8)
    groupdq[0, 3, 0, 1], groupdq[0, 3:, 0, 2] = DO_NOT_USE, SATURATED
    ones = np.ones((1, 3), np.float32)
    for flag_jumps, thresholds in ((flag_jumps_once, 4.0), (flag_jumps_iteratively, THRESHOLDS)):
        result = flagged(backend, flag_jumps, ramp, groupdq, ones, ones, 1, thresholds)
        assert np.argwhere(result & JUMP_DET).tolist() == [[0, 3, 0, 0]]


def test_equal_outliers_leave_together(backend):
    steps = np.array([9, 11, 100, 10, 100, 10], np.float32)
    ramp = np.cumsum(np.append(0, steps)).astype(np.float32).reshape(1, 7, 1, 1)
    one = np.ones((1, 1), np.float32)
    result = flagged(
        backend, flag_jumps_iteratively, ramp, np.zeros(ramp.shape, np.uint8), one, one, 1, THRESHOLDS
    )
    assert np.flatnonzero(result & JUMP_DET).tolist() == [3, 5]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_threshold_goes_by_the_number_of_differences(backend, count):
    """One jump of 7.5 sigma, and a threshold of 7 for this number of differences alone."""
    steps = np.full(count, 16.0)
    noise = noise_of(16.0, 1.0, 1.0, 1)
    steps[-1] += 7.5 * noise
    ramp = np.cumsum(np.append(0, steps)).astype(np.float32).reshape(1, count + 1, 1, 1)
    one = np.ones((1, 1), np.float32)
    for special in (4, 3, 2):
        thresholds = RejectionThresholds(*(7.0 if number == special else 8.0 for number in (4, 3, 2)))
        result = flagged(
            backend, flag_jumps_iteratively, ramp, np.zeros(ramp.shape, np.uint8), one, one, 1, thresholds
        )
        assert (result & JUMP_DET).any() == (special == count)


def test_pixels_without_noise_have_no_jumps(backend):
    ramp = np.zeros((1, 6, 1, 2), np.float32)
    ramp[0, 3:] = 500
    maps = np.ones((1, 2), np.float32), np.array([[0, 1]], np.float32)
    for flag_jumps, thresholds in ((flag_jumps_once, 4.0), (flag_jumps_iteratively, THRESHOLDS)):
        result = flagged(backend, flag_jumps, ramp, np.zeros(ramp.shape, np.uint8), *maps, 1, thresholds)
        assert np.argwhere(result & JUMP_DET).tolist() == [[0, 3, 0, 1]]


@pytest.mark.parametrize("width", [1, 3, 16])
def test_the_width_of_strips_does_not_show(backend, monkeypatch, width):
    rng = np.random.default_rng(5)
    ramp, groupdq = noisy_ramps(rng, 1, 8, ny=7, rays=0.2)
    maps = pixel_maps(rng, ny=7)
    for flag_jumps, thresholds in ((flag_jumps_once, 4.0), (flag_jumps_iteratively, THRESHOLDS)):
        whole = flagged(backend, flag_jumps, ramp, groupdq, *maps, 1, thresholds)
        with monkeypatch.context() as context:
            context.setattr(strips, "strip_width", lambda scratch, columns: min(width, columns))
            strip_by_strip = flagged(backend, flag_jumps, ramp, groupdq, *maps, 1, thresholds)
        np.testing.assert_array_equal(strip_by_strip, whole)
        assert (whole != groupdq).any()


def test_the_medians_are_those_of_the_differences(backend):
    rng = np.random.default_rng(6)
    ramp, groupdq = noisy_ramps(rng, 2, 7)
    gain, read_noise = pixel_maps(rng)
    on_backend = [backend.asarray(array) for array in (ramp, groupdq.copy(), gain, read_noise)]
    medians = backend.asnumpy(flag_jumps_once(*on_backend, 1, 4.0))
    with np.testing.suppress_warnings() as suppress:
        suppress.filter(RuntimeWarning)
        expected = np.nanmedian(first_differences(ramp, groupdq, gain), axis=(0, 1))
    np.testing.assert_allclose(medians, expected, rtol=1e-6, atol=1e-4)
