"""Saturation flags of raw images with interleaved reference pixels."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, SATURATED
from gpucal.kernels.ramps.saturation_irs2 import (
    blank_saturated_zeroframe_irs2,
    flag_saturation_irs2,
    flag_second_group_irs2,
)

ROWS = np.array([0, 1, 4, 5])  # rows 2 and 3 are interleaved
LIMIT = np.full((4, 5), 100, np.float32)


def flags(backend, ramp, radius=0):
    groupdq = backend.asarray(np.zeros(ramp.shape, np.uint8))
    on = backend.asarray
    flag_saturation_irs2(on(ramp), groupdq, on(LIMIT), on(ROWS), radius)
    return backend.asnumpy(groupdq)


def quiet(ngroups):
    return np.full((1, ngroups, 6, 5), 10, np.float32)


def test_saturation_lasts_and_grows_over_interleaved_rows(backend):
    ramp = quiet(3)
    ramp[0, 1, 1, 2] = 100
    expected = np.zeros(ramp.shape, np.uint8)
    expected[0, 1:, [0, 1, 4], 1:4] = SATURATED
    np.testing.assert_array_equal(flags(backend, ramp, radius=1), expected)


def test_interleaved_pixels_are_never_flagged(backend):
    ramp = quiet(2)
    ramp[0, :, 2, 2] = 1000
    ramp[0, :, 3, 2] = -5
    assert not flags(backend, ramp, radius=1).any()


def test_floor_is_flagged_where_it_is(backend):
    ramp = quiet(2)
    ramp[0, 0, 4, 0] = 0
    ramp[0, 1, 5, 1] = np.nan
    expected = np.zeros(ramp.shape, np.uint8)
    expected[0, 0, 4, 0] = AD_FLOOR | DO_NOT_USE
    np.testing.assert_array_equal(flags(backend, ramp, radius=1), expected)


def box(mask, radius):
    """True where a true pixel stands in the box round each pixel of a plane."""
    reached = np.zeros_like(mask)
    for y, x in np.argwhere(mask):
        reached[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1] = True
    return reached


@pytest.mark.parametrize("radius", [-1, 0, 1, 2, 9])
def test_flags_are_those_of_the_groups_so_far_and_of_their_boxes(backend, radius):
    """Several integrations, flags that were there before, and boxes as wide as the image."""
    rng = np.random.default_rng(71)
    ramp = rng.normal(50, 22, (2, 4, 6, 5)).astype(np.float32)
    ramp[rng.random(ramp.shape) < 0.02] = np.nan
    before = rng.choice(np.array([0, SATURATED, 128], np.uint8), ramp.shape)
    groupdq = backend.asarray(before.copy())
    on = backend.asarray

    flag_saturation_irs2(on(ramp), groupdq, on(LIMIT), on(ROWS), radius)

    expected = before.copy()
    for integration in range(2):
        for group in range(4):
            so_far = (ramp[integration, : group + 1, ROWS] >= 100).any(axis=1)
            floor = ramp[integration, group, ROWS] <= 0
            flags = box(so_far, max(radius, 0)) * SATURATED | floor * (AD_FLOOR | DO_NOT_USE)
            expected[integration, group, ROWS] |= flags.astype(np.uint8)
    assert (expected != before).any()
    np.testing.assert_array_equal(backend.asnumpy(groupdq), expected)


def hidden(backend, ramp, nframes, radius=0):
    groupdq = backend.asarray(np.zeros(ramp.shape, np.uint8))
    on = backend.asarray
    bias = np.full(ramp.shape[2:], 5, np.float32)
    flag_second_group_irs2(on(ramp), groupdq, on(LIMIT), on(bias), nframes, on(ROWS), radius)
    return backend.asnumpy(groupdq)


def test_an_event_in_the_second_group_is_saturated_there(backend):
    """Limit 100, bias 5, two frames: the first group of 10 extrapolates to (10 - 5) / 1.5 * 6 + 5 = 25."""
    ramp = quiet(4)
    ramp[0, :, 4, 2] = [10, 60, 100, 100]  # rises by 50, more than (100 - 10) / 2 = 45
    ramp[0, :, 0, 0] = [10, 55, 100, 100]  # rises by no more than that
    ramp[0, :, 0, 4] = [10, 60, 99, 100]  # does not saturate in the third group
    ramp[0, :, 5, 4] = [29, 70, 100, 100]  # would saturate by itself: 24 / 1.5 * 6 + 5 > 100
    expected = np.zeros(ramp.shape, np.uint8)
    expected[0, 1, 4, 2] = SATURATED
    np.testing.assert_array_equal(hidden(backend, ramp, 2), expected)
    expected[0, 1][np.ix_([1, 4, 5], [1, 2, 3])] = SATURATED
    np.testing.assert_array_equal(hidden(backend, ramp, 2, radius=1), expected)


def test_two_groups_hide_nothing(backend):
    ramp = quiet(2)
    ramp[0, 1] = 1000
    assert not hidden(backend, ramp, 2).any()


def test_zero_frames_are_blanked_in_normal_rows(backend):
    zeroframe = np.full((1, 6, 5), 10, np.float32)
    zeroframe[0, 1, 2] = 200
    zeroframe[0, 2, 2] = 200
    made = backend.asarray(zeroframe.copy())
    blank_saturated_zeroframe_irs2(made, backend.asarray(LIMIT), backend.asarray(ROWS), 1)
    zeroframe[0][np.ix_([0, 1, 4], [1, 2, 3])] = 0
    np.testing.assert_array_equal(backend.asnumpy(made), zeroframe)
