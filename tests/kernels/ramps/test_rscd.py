"""Flags on groups that the decay of the reset switches spoils."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, HOT, SATURATED
from gpucal.kernels.ramps.rscd import flag_decaying_groups, groups_to_skip

NGROUPS = 8


def saturated_from(groups):
    """Group flags of a row of pixels in one integration; each is saturated from a group on."""
    indices = np.arange(NGROUPS)[:, None, None]
    return np.where(indices >= np.array(groups), SATURATED, 0).astype(np.uint8)[None]


def run(backend, groupdq, skip):
    on_device, pixeldq = backend.asarray(groupdq.copy()), np.full(groupdq.shape[2:], HOT, np.uint32)
    pixeldq = backend.asarray(pixeldq)
    spared = flag_decaying_groups(on_device, pixeldq, skip)
    return backend.asnumpy(on_device), backend.asnumpy(pixeldq), spared


@pytest.mark.parametrize(
    ("wanted", "ngroups", "skip"),
    [(4, 7, 4), (4, 6, 3), (1, 6, 1), (0, 6, 0), (4, 5, 1), (0, 5, 1), (4, 4, 1), (4, 3, 0), (4, 2, 0)],
)
def test_three_groups_remain(wanted, ngroups, skip):
    assert groups_to_skip(wanted, ngroups) == skip


def test_two_good_groups_remain_of_pixels_that_saturate_early(backend):
    # skip 3: groups 3 and 4 have to be good; one group less is skipped for each that is not
    groups, skipped = [0, 1, 2, 3, 4, 5, 99], [3, 0, 0, 1, 2, 3, 3]
    groupdq = saturated_from(groups)

    flagged, pixeldq, spared = run(backend, groupdq, 3)

    expected = groupdq | (np.arange(NGROUPS)[:, None, None] < np.array(skipped)) * np.uint8(DO_NOT_USE)
    np.testing.assert_array_equal(flagged, expected)
    lowered = np.array(skipped) < 3
    np.testing.assert_array_equal(pixeldq[0], np.where(lowered, HOT | FLUX_ESTIMATED, HOT))
    assert spared == (4, 2)


def test_each_integration_by_itself_and_pixels_counted_once(backend):
    groupdq = np.concatenate([saturated_from([99, 3]), saturated_from([3, 3])])

    flagged, pixeldq, spared = run(backend, groupdq, 2)

    np.testing.assert_array_equal((flagged & DO_NOT_USE)[:, :3, 0, 0], [[1, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal((flagged & DO_NOT_USE)[:, :3, 0, 1], [[1, 0, 0], [1, 0, 0]])
    assert (pixeldq & FLUX_ESTIMATED).all()
    assert spared == (2, 0)


def test_a_gap_in_saturation_ends_the_search_unless_another_pixel_goes_on(backend):
    gap = np.zeros((1, NGROUPS, 1, 2), np.uint8)
    gap[0, [2, 4], 0, 0] = SATURATED  # not in group 3
    flagged, _, _ = run(backend, gap, 3)
    assert (flagged[0, :, 0, 0] & DO_NOT_USE).sum() == 2
    gap[0, 3, 0, 1] = SATURATED
    flagged, _, _ = run(backend, gap, 3)
    assert (flagged[0, :, 0, 0] & DO_NOT_USE).sum() == 1


def test_nothing_saturates(backend):
    flagged, pixeldq, spared = run(backend, saturated_from([99, 99]), 3)
    assert (flagged[:, :3] == DO_NOT_USE).all() and not flagged[:, 3:].any()
    assert (pixeldq == HOT).all()
    assert spared == (0, 0)


def test_nothing_to_skip(backend):
    flagged, _, spared = run(backend, saturated_from([1, 99]), 0)
    assert not (flagged & DO_NOT_USE).any()
    assert spared == (0, 2)  # as in jwst 3.0.0, all pixels count once one of them saturates early
