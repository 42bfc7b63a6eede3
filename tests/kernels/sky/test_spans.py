"""Polygons filled with pixels."""

import numpy as np
import pytest

from gpucal.kernels.sky.spans import polygon_spans, whole_image

SHAPE = 6, 9


def filled(spans, shape=SHAPE):
    """How many spans each pixel is in."""
    x = np.arange(shape[1])
    return ((spans[..., :1] <= x) & (x <= spans[..., 1:])).sum(axis=1)


def test_all_of_an_image():
    np.testing.assert_array_equal(filled(whole_image(SHAPE)), np.ones(SHAPE))
    outer = [(-0.5, -0.5), (8.5, -0.5), (8.5, 5.5), (-0.5, 5.5)]
    np.testing.assert_array_equal(filled(polygon_spans([outer], SHAPE)), np.ones(SHAPE))


@pytest.mark.parametrize("turn", [0, 1, 2])
@pytest.mark.parametrize("step", [1, -1])
def test_both_borders_are_inside(turn, step):
    corners = np.roll([(2, 1), (5, 1), (5, 4), (2, 4)], turn, axis=0)[::step]
    expected = np.zeros(SHAPE, int)
    expected[1:5, 2:6] = 1
    np.testing.assert_array_equal(filled(polygon_spans([corners], SHAPE)), expected)


def test_slanted_sides_are_rounded_up():
    """The left side crosses the rows at 0, 1.33, 2.67 and 4, the right one at 8; the last row has both of them."""
    expected = np.zeros(SHAPE, int)
    for row, first in enumerate((0, 2, 3, 4)):
        expected[row, first:] = 1
    np.testing.assert_array_equal(filled(polygon_spans([[(0, 0), (8, 0), (8, 3), (4, 3)]], SHAPE)), expected)


def test_a_polygon_that_is_cut_out_has_two_runs_in_a_row():
    corners = [(0, 0), (8, 0), (8, 4), (6, 4), (6, 2), (2, 2), (2, 4), (0, 4)]
    expected = np.ones(SHAPE, int)
    expected[5], expected[2:5, 3:6] = 0, 0
    np.testing.assert_array_equal(filled(polygon_spans([corners], SHAPE)), expected)


def test_pixels_of_several_polygons_count_once():
    first, second = [(0, 0), (5, 0), (5, 3), (0, 3)], [(3, 2), (8, 2), (8, 5), (3, 5)]
    expected = np.zeros(SHAPE, int)
    expected[:4, :6], expected[2:, 3:] = 1, 1
    np.testing.assert_array_equal(filled(polygon_spans([second, first], SHAPE)), expected)


@pytest.mark.parametrize(
    "polygons",
    [
        [],
        [[(2, 2), (2.3, 4), (1.9, 5)]],
        [[(1, 2), (5, 2.2), (6, 1.8)]],
        [[(1, 7), (5, 7), (3, 9)]],
        [[(20, 1), (30, 1), (9, 4)]],
    ],
    ids=["none", "no width", "no height", "above", "on the right"],
)
def test_none_is_inside(polygons):
    assert filled(polygon_spans(polygons, SHAPE)).sum() == 0
