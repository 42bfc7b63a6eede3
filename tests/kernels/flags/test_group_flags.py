"""Questions about the flags of groups."""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, DROPOUT, JUMP_DET, SATURATED
from gpucal.kernels.flags.group_flags import count_flagged, drop_flag_where, fully_flagged_groups

SHAPE = (2, 3, 4, 5)


def test_a_group_is_full_when_each_pixel_has_one_of_the_flags(backend):
    groupdq = np.zeros(SHAPE, np.uint8)
    groupdq[0, 1] = DO_NOT_USE | DROPOUT
    groupdq[1, 0] = DO_NOT_USE
    groupdq[1, 0, 2] = JUMP_DET
    groupdq[1, 2] = DO_NOT_USE
    groupdq[1, 2, 3, 4] = DROPOUT

    given = backend.asarray(groupdq)

    assert fully_flagged_groups(given, DO_NOT_USE).tolist() == [[False, True, False], [False, False, False]]
    either = fully_flagged_groups(given, DO_NOT_USE | JUMP_DET)
    assert either.tolist() == [[False, True, False], [True, False, False]]


def test_flags_are_counted_over_groups_and_integrations(backend):
    groupdq = np.random.default_rng(1).integers(0, 16, SHAPE).astype(np.uint8)
    expected = sum(1 for flags in groupdq.ravel() if flags & JUMP_DET)
    assert count_flagged(backend.asarray(groupdq), JUMP_DET) == expected
    assert count_flagged(backend.asarray(groupdq), 128) == 0


def test_a_flag_goes_where_others_void_it(backend):
    groupdq = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(np.uint8)
    edited = backend.asarray(groupdq.copy())

    drop_flag_where(edited, JUMP_DET, DO_NOT_USE | SATURATED)

    expected = np.where(groupdq & (DO_NOT_USE | SATURATED), groupdq & np.uint8(255 - JUMP_DET), groupdq)
    np.testing.assert_array_equal(backend.asnumpy(edited), expected)
