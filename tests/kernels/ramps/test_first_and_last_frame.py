"""Flags on the first and the last group."""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, HOT, JUMP_DET, SATURATED
from gpucal.kernels.ramps.firstframe import flag_first_group
from gpucal.kernels.ramps.lastframe import flag_last_group


def flags(backend):
    """Two integrations of four groups of two pixels; the second one saturates in group 2 of integration 1."""
    groupdq = np.zeros((2, 4, 1, 2), np.uint8)
    groupdq[:, 0] = JUMP_DET
    groupdq[1, 2:, 0, 1] = SATURATED
    return backend.asarray(groupdq), backend.asarray(np.full((1, 2), HOT, np.uint32))


def test_the_first_group(backend):
    groupdq, pixeldq = flags(backend)
    assert flag_first_group(groupdq, pixeldq, keep_bright=False) == 0
    groupdq = backend.asnumpy(groupdq)
    assert (groupdq[:, 0] == JUMP_DET | DO_NOT_USE).all() and not (groupdq[:, 1:] & DO_NOT_USE).any()
    assert (backend.asnumpy(pixeldq) == HOT).all()


def test_bright_pixels_keep_it(backend):
    groupdq, pixeldq = flags(backend)
    assert flag_first_group(groupdq, pixeldq, keep_bright=True) == 1
    np.testing.assert_array_equal(backend.asnumpy(groupdq)[:, 0, 0] & DO_NOT_USE, [[1, 1], [1, 0]])
    np.testing.assert_array_equal(backend.asnumpy(pixeldq), [[HOT, HOT | FLUX_ESTIMATED]])


def test_the_last_group(backend):
    groupdq, _ = flags(backend)
    before = backend.asnumpy(groupdq).copy()
    flag_last_group(groupdq)
    groupdq = backend.asnumpy(groupdq)
    np.testing.assert_array_equal(groupdq[:, -1], before[:, -1] | DO_NOT_USE)
    np.testing.assert_array_equal(groupdq[:, :-1], before[:, :-1])
