"""Flags of a reference get the standard bits of their names."""

import numpy as np

from gpucal.kernels.storage.flag_definitions import standardize_flags


def test_each_bit_is_translated_and_others_are_dropped(backend):
    meanings = np.array([(1, 1 << 10), (2, 1), (8, 1 << 31), (16, 0)], np.uint32)
    given = np.arange(64, dtype=np.uint32).reshape(2, 4, 8)
    expected = np.zeros_like(given)
    for bit, standard in meanings:
        expected |= np.where(given & bit, standard, 0).astype(np.uint32)
    dq = backend.asarray(given.copy())
    standardize_flags(dq, backend.asarray(meanings))
    np.testing.assert_array_equal(backend.asnumpy(dq), expected)


def test_all_bits_at_once_meet_in_one(backend):
    dq = backend.asarray(np.full((1, 3), 7, np.uint32))
    standardize_flags(dq, backend.asarray(np.array([(1, 4), (2, 4), (4, 4)], np.uint32)))
    assert backend.asnumpy(dq).tolist() == [[4, 4, 4]]
