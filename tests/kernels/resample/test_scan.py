"""Limits of the scan: which pixels of each row are drizzled."""

import numpy as np

from gpucal.kernels.resample.scan import known_section, scan_limits
from tests.kernels.resample.images import turned_map


def limits_of(placed, shape, section=None):
    return scan_limits(lambda x, y: placed[:, y, x], placed.shape[1:], shape, section)


def test_an_input_inside_of_the_output_is_used_whole():
    placed, shape = turned_map((20, 30), 25)
    np.testing.assert_array_equal(limits_of(placed, shape), np.tile([0, 30], (20, 1)))


def test_a_shifted_input_is_used_as_far_as_centres_are_inside():
    y, x = np.indices((20, 30), float)
    limits = limits_of(np.array([x - 4.3, y - 7.4]), (9, 12))
    np.testing.assert_array_equal(limits[7:16], np.tile([4, 16], (9, 1)))
    assert (np.delete(limits, slice(7, 16), 0) == 0).all()


def test_nothing_is_used_of_an_input_outside_of_the_output():
    placed, shape = turned_map((20, 30), 25, shift=(200, 0))
    assert not limits_of(placed, (40, 50)).any()


def test_a_section_is_what_is_known():
    placed, shape = turned_map((20, 30), 25)
    placed[:, :2], placed[:, :, -3:], placed[0, 10, 10] = np.nan, np.nan, np.nan
    section = known_section(placed)
    assert section == (0, 26, 2, 19)
    limits = limits_of(placed, shape, section)
    assert not limits[:2].any()
    np.testing.assert_array_equal(limits[2:], np.tile([0, 27], (18, 1)))


def test_nothing_known_is_an_empty_section():
    placed = np.full((2, 5, 6), np.nan)
    assert known_section(placed) == (0, -1, 0, -1)
    assert not limits_of(placed, (5, 6), known_section(placed)).any()
