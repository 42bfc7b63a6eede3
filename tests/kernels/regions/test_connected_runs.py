"""Runs of a mask, and regions, against another labelling."""

import numpy as np
import pytest
from scipy import ndimage

from gpucal.kernels.regions.connected_runs import Runs, connect, ranges, runs_of


def labelled(mask):
    """The number of the region of each set pixel of a mask, in order."""
    runs = runs_of(np.flatnonzero(mask), mask.shape[-2:])
    return np.repeat(connect(runs, mask.shape[-2:]), runs.lengths)


def test_runs_end_with_their_row():
    runs = runs_of(np.array([0, 1, 4, 5, 6, 8, 9, 14]), (3, 5))
    assert [part.tolist() for part in runs] == [[0] * 5, [0, 0, 1, 1, 2], [0, 4, 0, 3, 4], [2, 1, 2, 2, 1]]


def test_runs_end_with_their_mask():
    runs = runs_of(np.array([4, 5, 6, 19]), (2, 3))
    assert [part.tolist() for part in runs] == [[0, 1, 3], [1, 0, 0], [1, 0, 1], [2, 1, 1]]


def test_masks_are_not_connected_with_each_other():
    masks = np.random.default_rng(6).random((9, 11, 13)) < 0.42
    masks[3], masks[6] = False, True
    expected, count = [], 0
    for mask in masks:
        labels, found = ndimage.label(mask, np.ones((3, 3)))
        expected.append(labels[mask] - 1 + count)
        count += found
    np.testing.assert_array_equal(labelled(masks), np.concatenate(expected))


def test_an_empty_mask_has_no_runs():
    runs = runs_of(np.empty(0, np.int64), (5, 7))
    assert runs.rows.size == 0
    assert connect(runs, (5, 7)).size == 0


def test_ranges_follow_one_another():
    assert ranges(np.array([7, 3, 0]), np.array([2, 0, 3])).tolist() == [7, 8, 0, 1, 2]


def test_pixels_of_runs():
    runs = Runs(np.array([0, 0]), np.array([0, 1]), np.array([2, 0]), np.array([2, 3]))
    assert runs.pixels_from(10 * runs.rows + runs.columns).tolist() == [2, 3, 10, 11, 12]


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (33, 47), (64, 64)])
@pytest.mark.parametrize("filled", [0.03, 0.3, 0.42, 0.6, 0.9])
def test_regions_touch_at_sides_or_corners(shape, filled):
    """As SciPy labels them: by their first pixels."""
    mask = np.random.default_rng(4).random(shape) < filled
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    np.testing.assert_array_equal(labelled(mask), labels[mask] - 1)


@pytest.mark.parametrize("turns", range(4))
def test_branches_that_meet_late_are_one_region(turns):
    """A comb, whose teeth are joined at the end of the scan, and a spiral."""
    comb = np.zeros((9, 21), bool)
    comb[:, ::2], comb[-1] = True, True
    spiral = np.zeros((9, 9), bool)
    spiral[0], spiral[:, 8], spiral[8], spiral[2:, 0], spiral[2, :7], spiral[2:7, 6] = [True] * 6
    for mask in (comb, spiral):
        assert set(labelled(np.rot90(mask, turns))) == {0}
