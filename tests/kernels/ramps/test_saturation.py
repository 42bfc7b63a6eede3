"""Saturation and A/D floor flags against a NumPy statement of the rules."""

import numpy as np
import pytest
from scipy import ndimage

from gpucal.kernels.flags.dqflags import (
    AD_FLOOR,
    CHARGELOSS,
    DO_NOT_USE,
    HOT,
    JUMP_DET,
    NO_SAT_CHECK,
    SATURATED,
)
from gpucal.kernels.ramps.saturation import (
    ATOD_LIMIT,
    blank_saturated_zeroframe,
    flag_saturation,
    flags_of_pixels,
    saturation_limits,
)
from gpucal.kernels.ramps.saturation_growth import grow, grow_flag


def dilated(mask, radius):
    """Each plane of a mask, dilated by a box."""
    if radius == 0:
        return mask
    box = np.ones((1,) * (mask.ndim - 2) + (2 * radius + 1,) * 2, dtype=bool)
    return ndimage.binary_dilation(mask, box)


def expected_groupdq(ramp, groupdq, limit, radius):
    """The flags that the rules ask for."""
    saturated = np.logical_or.accumulate(ramp >= limit, axis=1)
    floor = ramp <= 0
    flags = groupdq | saturated * np.uint8(SATURATED) | floor * np.uint8(AD_FLOOR | DO_NOT_USE)
    return flags | dilated((flags & SATURATED) != 0, radius) * np.uint8(SATURATED)


def random_case(seed, nints=2, ngroups=4, ny=6, nx=7):
    """A ramp near a threshold of 50000 DN, with earlier flags, NaN and values at the A/D floor."""
    rng = np.random.default_rng(seed)
    ramp = rng.gamma(0.3, 30000, (nints, ngroups, ny, nx)).cumsum(axis=1).astype(np.float32)
    ramp[rng.random(ramp.shape) < 0.03] = np.nan
    ramp[rng.random(ramp.shape) < 0.03] = 0
    ramp[rng.random(ramp.shape) < 0.03] = -7
    groupdq = rng.choice([0, JUMP_DET, SATURATED, CHARGELOSS], ramp.shape, p=[0.9, 0.04, 0.02, 0.04])
    limit = rng.normal(50000, 2000, (ny, nx)).astype(np.float32)
    return ramp, groupdq.astype(np.uint8), limit


@pytest.mark.parametrize("radius", [0, 1, 2, 3])
def test_flags_follow_the_rules(backend, radius):
    ramp, groupdq, limit = random_case(radius)
    expected = expected_groupdq(ramp, groupdq, limit, radius)
    device_dq = backend.asarray(groupdq)
    flag_saturation(backend.asarray(ramp), device_dq, backend.asarray(limit), radius)
    assert device_dq.dtype == np.uint8
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)
    assert 0 < (expected & SATURATED).astype(bool).mean() < 1


def test_a_value_at_the_limit_saturates_the_rest_of_its_integration_only(backend):
    ramp = np.full((2, 4, 1, 1), 100, dtype=np.float32)
    ramp[0, 1] = 500
    groupdq = backend.asarray(np.zeros(ramp.shape, dtype=np.uint8))
    flag_saturation(backend.asarray(ramp), groupdq, backend.asarray(np.full((1, 1), 500, np.float32)), 1)
    flags = backend.asnumpy(groupdq)[:, :, 0, 0]
    np.testing.assert_array_equal(flags, [[0, SATURATED, SATURATED, SATURATED], [0, 0, 0, 0]])


def test_the_floor_neither_lasts_nor_grows(backend):
    ramp = np.full((1, 3, 3, 3), 100, dtype=np.float32)
    ramp[0, 1, 1, 1] = 0
    groupdq = backend.asarray(np.zeros(ramp.shape, dtype=np.uint8))
    flag_saturation(backend.asarray(ramp), groupdq, backend.asarray(np.full((3, 3), 500, np.float32)), 1)
    expected = np.zeros(ramp.shape, dtype=np.uint8)
    expected[0, 1, 1, 1] = AD_FLOOR | DO_NOT_USE
    np.testing.assert_array_equal(backend.asnumpy(groupdq), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 3), (6, 7)])
@pytest.mark.parametrize("radius", [0, 1, 4])
def test_growth_reaches_edges_and_corners(backend, shape, radius):
    mask = np.zeros((3, *shape), dtype=bool)
    mask[0, 0, 0] = mask[1, -1, -1] = mask[2, shape[0] // 2, shape[1] // 2] = True
    grown = backend.asnumpy(grow(backend.asarray(mask), radius))
    np.testing.assert_array_equal(grown, dilated(mask, radius))


def test_growth_leaves_other_flags_alone(backend):
    groupdq = np.zeros((1, 2, 3, 3), dtype=np.uint8)
    groupdq[0, 0, 0, 0] = SATURATED | JUMP_DET
    groupdq[0, 1, 2, 2] = DO_NOT_USE
    device_dq = backend.asarray(groupdq)
    grow_flag(device_dq, SATURATED, 1)
    expected = groupdq.copy()
    expected[0, 0, :2, :2] |= SATURATED
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)


def test_growth_does_not_depend_on_the_blocks(backend, monkeypatch):
    ramp, groupdq, limit = random_case(11, nints=3, ngroups=5)
    expected = expected_groupdq(ramp, groupdq, limit, 1)
    monkeypatch.setattr(
        "gpucal.kernels.ramps.saturation_growth.row_tiles",
        lambda count, size: (slice(start, min(start + 2, count)) for start in range(0, count, 2)),
    )
    device_dq = backend.asarray(groupdq)
    flag_saturation(backend.asarray(ramp), device_dq, backend.asarray(limit), 1)
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)


def test_pixels_without_a_threshold_are_not_checked(backend):
    threshold = np.array([[np.nan, 100, 100]], dtype=np.float32)
    threshold_dq = np.array([[HOT, NO_SAT_CHECK, HOT]], dtype=np.uint32)
    on_backend = backend.asarray(threshold), backend.asarray(threshold_dq)
    limit, limit_dq = saturation_limits(*on_backend)
    np.testing.assert_array_equal(backend.asnumpy(limit), [[ATOD_LIMIT + 1, ATOD_LIMIT + 1, 100]])
    np.testing.assert_array_equal(backend.asnumpy(limit_dq), [[HOT | NO_SAT_CHECK, NO_SAT_CHECK, HOT]])
    assert (limit.dtype, limit_dq.dtype) == (np.float32, np.uint32)
    np.testing.assert_array_equal(backend.asnumpy(on_backend[0]), threshold)
    np.testing.assert_array_equal(backend.asnumpy(on_backend[1]), threshold_dq)


@pytest.mark.parametrize("radius", [0, 1])
def test_zero_frame_is_blanked(backend, radius):
    zeroframe = np.full((2, 4, 5), 300, dtype=np.float32)
    zeroframe[0, 1, 1] = 500
    zeroframe[0, 3, 4] = -2
    zeroframe[1, 0, 0] = np.nan
    blank = (dilated(zeroframe >= 500, radius)) | (zeroframe <= 0)
    device = backend.asarray(zeroframe.copy())
    blank_saturated_zeroframe(device, backend.asarray(np.full((4, 5), 500, np.float32)), radius)
    np.testing.assert_array_equal(backend.asnumpy(device), np.where(blank, 0, zeroframe))


def test_the_flags_of_all_groups_come_together(backend):
    groupdq = np.zeros((2, 3, 2, 2), dtype=np.uint8)
    groupdq[0, 1:, 0, 0] = SATURATED | JUMP_DET
    groupdq[1, 2, 0, 0] = DO_NOT_USE
    groupdq[1, 0, 1, 0] = SATURATED
    groupdq[0, 0, 1, 1] = JUMP_DET
    flags = backend.asnumpy(flags_of_pixels(backend.asarray(groupdq)))
    np.testing.assert_array_equal(flags, [[SATURATED | JUMP_DET | DO_NOT_USE, 0], [SATURATED, JUMP_DET]])
