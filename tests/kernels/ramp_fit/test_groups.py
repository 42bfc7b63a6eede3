"""Groups that are fitted."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, PERSISTENCE, SATURATED
from gpucal.kernels.ramp_fit.groups import keep_groups, usable_range


def flags_after(backend, first, last, ngroups=6):
    groupdq = backend.asarray(np.full((2, ngroups, 3, 2), SATURATED, np.uint8))
    kept = keep_groups(groupdq, first, last)
    flags = backend.asnumpy(groupdq)
    assert (flags & SATURATED).all()
    assert (flags == flags[:1, :, :1, :1]).all()
    return kept, "".join("x" if flag & DO_NOT_USE else "." for flag in flags[0, :, 0, 0])


@pytest.mark.parametrize(
    ("first", "last", "kept", "pattern"),
    [
        (None, None, True, "......"),
        (2, None, True, "xx...."),
        (None, 3, True, "....xx"),
        (1, 4, True, "x....x"),
        (-3, 4, True, ".....x"),
        (2, 99, True, "xx...."),
        (7, 99, True, "xxxxxx"),
        (3, 3, False, "......"),
        (4, 1, False, "......"),
        (5, None, False, "......"),
        (None, -1, False, "......"),
    ],
)
def test_groups_outside_the_range_are_flagged(backend, first, last, kept, pattern):
    assert flags_after(backend, first, last) == (kept, pattern)


def test_no_range_of_a_single_group(backend):
    assert flags_after(backend, None, None, ngroups=1) == (True, ".")


@pytest.mark.parametrize(
    ("unusable", "start", "stop"),
    [
        ([], 0, 5),
        ([0], 1, 5),
        ([0, 1], 2, 5),
        ([4], 0, 4),
        ([3, 4], 0, 4),
        ([0, 2, 4], 1, 4),
        ([0, 1, 2, 3], 4, 5),
    ],
)
def test_ends_that_no_pixel_can_use_are_left_out(backend, unusable, start, stop):
    groupdq = np.zeros((2, 5, 3, 3), np.uint8)
    groupdq[:, unusable] = DO_NOT_USE | JUMP_DET
    groupdq[1, 2, 0, 0] |= DO_NOT_USE
    assert usable_range(backend.asarray(groupdq)) == (start, stop)


def test_an_end_that_one_pixel_can_use_stays(backend):
    groupdq = np.full((2, 3, 3, 3), DO_NOT_USE, np.uint8)
    groupdq[1, [0, 2], 2, 1] = 0
    assert usable_range(backend.asarray(groupdq)) == (0, 3)


def test_nothing_is_usable(backend):
    groups = usable_range(backend.asarray(np.full((2, 3, 3, 3), DO_NOT_USE, np.uint8)))
    assert groups.stop <= groups.start


@pytest.mark.parametrize(
    ("ramp", "start", "stop"),
    [
        ([PERSISTENCE, SATURATED, SATURATED, SATURATED], 1, 3),  # a single good group
        ([JUMP_DET, 0, DO_NOT_USE, SATURATED], 1, 3),  # neither it nor the others can be used
        ([0, PERSISTENCE, SATURATED, SATURATED], 0, 4),  # two
        ([JUMP_DET, SATURATED, SATURATED, JUMP_DET], 0, 4),  # none, which is not one
        ([0, SATURATED, SATURATED, 0], 0, 4),
    ],
)
def test_ramps_of_one_good_group_are_dropped(backend, ramp, start, stop):
    groupdq = np.zeros((2, 4, 2, 2), np.uint8)
    groupdq[:, [0, 3]] = DO_NOT_USE
    groupdq[1, :, 1, 0] = ramp
    on_device = backend.asarray(groupdq)
    assert usable_range(on_device, drop_single_groups=True) == (start, stop)
    assert usable_range(on_device) == (0, 4)
    np.testing.assert_array_equal(backend.asnumpy(on_device), groupdq)
