"""Groups after large jumps."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.jump.transients import Transient, flag_transients

NONE = Transient(0.0, 0)
GAIN = np.float32(2)


def stepped(*heights, group=3, ngroups=10):
    """A row of pixels of 10 DN a group, each with a flagged jump of a height in DN."""
    ramp = np.cumsum(np.full((1, ngroups, 1, len(heights)), 10.0), axis=1)
    ramp[0, group:, 0] += heights
    groupdq = np.zeros(ramp.shape, np.uint8)
    groupdq[0, group] = JUMP_DET
    return ramp.astype(np.float32), groupdq


def flagged(backend, ramp, groupdq, first, second, gain=None):
    edited = backend.asarray(groupdq.copy())
    gain = np.full(ramp.shape[2:], GAIN) if gain is None else gain
    flag_transients(backend.asarray(ramp), edited, backend.asarray(gain), first, second)
    return backend.asnumpy(edited)


def groups_with_jump(groupdq, x, integration=0):
    return np.flatnonzero(groupdq[integration, :, 0, x] & JUMP_DET).tolist()


def test_each_height_has_its_time(backend):
    result = flagged(backend, *stepped(99, 101, 501), Transient(500.0, 4), Transient(100.0, 2))
    assert groups_with_jump(result, 0) == [3]
    assert groups_with_jump(result, 1) == [3, 4, 5]
    assert groups_with_jump(result, 2) == [3, 4, 5, 6, 7]


def test_a_transient_ends_with_the_integration(backend):
    ramp, groupdq = stepped(300)
    ramp, groupdq = np.repeat(ramp, 2, axis=0), np.repeat(groupdq, 2, axis=0)
    groupdq[1] = 0
    result = flagged(backend, ramp, groupdq, Transient(100.0, 50), NONE)
    assert groups_with_jump(result, 0) == [3, 4, 5, 6, 7, 8, 9]
    assert groups_with_jump(result, 0, integration=1) == []


def test_groups_that_cannot_be_used_stay_and_do_not_end_a_transient(backend):
    ramp, groupdq = stepped(300)
    groupdq[0, 4], groupdq[0, 5] = DO_NOT_USE, SATURATED
    result = flagged(backend, ramp, groupdq, NONE, Transient(100.0, 3))
    assert result[0, :, 0, 0].tolist() == [0, 0, 0, JUMP_DET, DO_NOT_USE, SATURATED, JUMP_DET, 0, 0, 0]


def test_flagged_groups_start_no_transient_of_their_own(backend):
    """A second jump within the first transient starts one only if it was flagged before."""
    ramp, groupdq = stepped(300)
    ramp[0, 4:] += 300
    assert groups_with_jump(flagged(backend, ramp, groupdq, Transient(100.0, 2), NONE), 0) == [3, 4, 5]
    groupdq[0, 4] = JUMP_DET
    assert groups_with_jump(flagged(backend, ramp, groupdq, Transient(100.0, 2), NONE), 0) == [3, 4, 5, 6]


@pytest.mark.parametrize(("typical", "expected"), [(2.0, [3]), (1.0, [3, 4])])
def test_the_median_gain_sets_the_height_for_all_pixels(backend, typical, expected):
    """A jump of 150 DN in a pixel of gain 1 is below 100 DN times 2, and above 100 DN times 1."""
    ramp, groupdq = stepped(150, 0, 0, 0)
    gain = np.array([[1.0, typical, typical, np.nan]], np.float32)
    result = flagged(backend, ramp, groupdq, Transient(100.0, 1), NONE, gain)
    assert groups_with_jump(result, 0) == expected


def test_without_any_gain_nothing_is_flagged(backend):
    ramp, groupdq = stepped(300)
    result = flagged(backend, ramp, groupdq, Transient(0.0, 3), NONE, np.full((1, 1), np.nan, np.float32))
    np.testing.assert_array_equal(result, groupdq)
