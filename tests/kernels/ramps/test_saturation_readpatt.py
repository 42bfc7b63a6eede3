"""Saturation hidden in averaged groups, against a NumPy statement of the rules and known ramps."""

import numpy as np
import pytest
from scipy import ndimage

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, NO_SAT_CHECK, SATURATED
from gpucal.kernels.ramps.saturation_readpatt import flag_partial_saturation, flag_second_group


def frame_numbers(ngroups, nframes):
    """The numbers of the frames in each group, from 1."""
    return np.arange(1, ngroups * nframes + 1).reshape(ngroups, nframes)


def expected_partial(ramp, groupdq, limit, limit_dq, nframes, radius):
    """DO_NOT_USE where a group of a steady ramp saturated before its end, and round it."""
    frames = frame_numbers(ramp.shape[1], nframes)
    dilution = frames.mean(axis=1) / frames[:, -1]
    saturated = (groupdq & SATURATED) != 0
    partial = np.zeros(ramp.shape, dtype=bool)
    partial[:, :-1] = (
        (ramp[:, :-1] >= limit.astype(float) * dilution[:-1, None, None])
        & ~saturated[:, :-1]
        & ((groupdq[:, :-1] & DO_NOT_USE) == 0)
        & saturated[:, 1:]
        & ((limit_dq & NO_SAT_CHECK) == 0)
    )
    if radius:
        partial = ndimage.binary_dilation(partial, np.ones((1, 1, 2 * radius + 1, 2 * radius + 1)))
    return groupdq | partial * np.uint8(DO_NOT_USE)


def expected_second_group(ramp, groupdq, limit, superbias, nframes):
    """DO_NOT_USE in the second group where an event hides."""
    frames = frame_numbers(3, nframes)
    extrapolated = (ramp[:, 0] - superbias) / frames[0].mean() * frames[2, -1] + superbias
    rise = ramp[:, 1] - ramp[:, 0]
    hidden = (extrapolated < limit) & (rise > (limit - ramp[:, 0]) / nframes)
    hidden &= ((groupdq[:, 2] & SATURATED) != 0) & ((groupdq[:, 1] & SATURATED) == 0)
    expected = groupdq.copy()
    expected[:, 1] |= hidden * np.uint8(DO_NOT_USE)
    return expected


def random_case(seed, ngroups, nints=2, ny=6, nx=7):
    """Steep ramps whose values above the limit carry SATURATED, with some other flags and NaN."""
    rng = np.random.default_rng(seed)
    ramp = 10000 + rng.gamma(0.7, 20000, (nints, ngroups, ny, nx)).cumsum(axis=1)
    ramp[rng.random(ramp.shape) < 0.02] = np.nan
    limit = rng.normal(50000, 2000, (ny, nx)).astype(np.float32)
    groupdq = np.logical_or.accumulate(ramp >= limit, axis=1) * np.uint8(SATURATED)
    groupdq |= rng.choice([0, JUMP_DET, DO_NOT_USE], ramp.shape, p=[0.9, 0.05, 0.05]).astype(np.uint8)
    limit_dq = (rng.random((ny, nx)) < 0.1) * np.uint32(NO_SAT_CHECK)
    return ramp.astype(np.float32), groupdq, limit, limit_dq


@pytest.mark.parametrize("radius", [0, 1])
@pytest.mark.parametrize(("ngroups", "nframes"), [(1, 4), (2, 2), (5, 8)])
def test_partial_saturation_follows_the_rule(backend, ngroups, nframes, radius):
    ramp, groupdq, limit, limit_dq = random_case(3, ngroups)
    expected = expected_partial(ramp, groupdq, limit, limit_dq, nframes, radius)
    device_dq = backend.asarray(groupdq.copy())
    arrays = (backend.asarray(ramp), device_dq, backend.asarray(limit), backend.asarray(limit_dq))
    flag_partial_saturation(*arrays, nframes, radius)
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)
    assert (expected != groupdq).any() == (ngroups > 1)


def test_groups_of_one_frame_hide_nothing(backend):
    ramp, groupdq, limit, limit_dq = random_case(4, 5)
    device_dq = backend.asarray(groupdq.copy())
    arrays = (backend.asarray(ramp), device_dq, backend.asarray(limit), backend.asarray(limit_dq))
    flag_partial_saturation(*arrays, 1, 1)
    np.testing.assert_array_equal(backend.asnumpy(device_dq), groupdq)


def test_partial_saturation_does_not_depend_on_the_blocks(backend, monkeypatch):
    ramp, groupdq, limit, limit_dq = random_case(5, 4, nints=3)
    expected = expected_partial(ramp, groupdq, limit, limit_dq, 4, 1)
    monkeypatch.setattr(
        "gpucal.kernels.ramps.saturation_growth.row_tiles",
        lambda count, size: (slice(start, min(start + 5, count)) for start in range(0, count, 5)),
    )
    device_dq = backend.asarray(groupdq.copy())
    arrays = (backend.asarray(ramp), device_dq, backend.asarray(limit), backend.asarray(limit_dq))
    flag_partial_saturation(*arrays, 4, 1)
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)


@pytest.mark.parametrize(("ngroups", "nframes"), [(3, 1), (3, 4), (5, 8)])
def test_second_group_follows_the_rule(backend, ngroups, nframes):
    rng = np.random.default_rng(7)
    ramp = np.full((2, ngroups, 6, 7), 12000, dtype=np.float32)
    ramp[:, 0] += rng.gamma(0.7, 2000, ramp[:, 0].shape)
    ramp[:, 1] = ramp[:, 0] + rng.uniform(0, 80000 / nframes, ramp[:, 0].shape)
    limit = rng.normal(50000, 2000, (6, 7)).astype(np.float32)
    superbias = rng.normal(10000, 300, (6, 7)).astype(np.float32)
    superbias[0, 0] = np.nan
    groupdq = np.zeros(ramp.shape, dtype=np.uint8)
    groupdq[:, 2] = rng.choice([SATURATED, JUMP_DET], ramp[:, 2].shape, p=[0.8, 0.2])
    groupdq[:, 1] = rng.choice([SATURATED, 0], ramp[:, 1].shape, p=[0.2, 0.8])
    expected = expected_second_group(ramp, groupdq, limit, superbias, nframes)
    device_dq = backend.asarray(groupdq.copy())
    arrays = (backend.asarray(ramp), device_dq, backend.asarray(limit), backend.asarray(superbias))
    flag_second_group(*arrays, nframes)
    np.testing.assert_array_equal(backend.asnumpy(device_dq), expected)
    assert 0.1 < (expected[:, 1] != groupdq[:, 1]).mean() < 0.7


def test_an_event_in_the_last_frame_is_found_and_a_bright_source_is_not(backend):
    """Groups of 4 frames, no bias, limit 40000: an event adds 44000 to one frame in four."""
    event = [1000, 2000 + 44000 / 4, 46000]
    source = [15000, 35000, 60000]
    ramp = np.array([event, source], dtype=np.float32).T.reshape(1, 3, 1, 2)
    groupdq = np.zeros(ramp.shape, dtype=np.uint8)
    groupdq[0, 2] = SATURATED
    device_dq = backend.asarray(groupdq)
    limit = backend.asarray(np.full((1, 2), 40000, np.float32))
    no_bias = backend.asarray(np.zeros((1, 2), np.float32))
    flag_second_group(backend.asarray(ramp), device_dq, limit, no_bias, 4)
    np.testing.assert_array_equal(backend.asnumpy(device_dq)[0, 1, 0], [DO_NOT_USE, 0])


def test_two_groups_have_no_third_to_judge_by(backend):
    ramp = backend.asarray(np.array([1000, 30000], np.float32).reshape(1, 2, 1, 1))
    groupdq = backend.asarray(np.array([0, SATURATED], np.uint8).reshape(1, 2, 1, 1))
    image = backend.asarray(np.full((1, 1), 40000, np.float32))
    flag_second_group(ramp, groupdq, image, image, 4)
    np.testing.assert_array_equal(backend.asnumpy(groupdq).ravel(), [0, SATURATED])
