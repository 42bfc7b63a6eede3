"""Ellipses with the moments of regions, what they contain, and how they grow."""

import math

import numpy as np
import pytest

from gpucal.kernels.regions.flagged_regions import find_regions
from gpucal.kernels.regions.region_ellipses import Ellipses, contain, ellipses_of, expanded_radii, whole_radii


def disc(shape, x, y, minor, major, angle):
    """Pixels in an ellipse, the angle in degrees from y to x."""
    rows, columns = np.indices(shape)
    turn = math.radians(angle)
    along = (rows - y) * math.cos(turn) + (columns - x) * math.sin(turn)
    across = (rows - y) * math.sin(turn) - (columns - x) * math.cos(turn)
    return (along / major) ** 2 + (across / minor) ** 2 < 1


def ellipses_in(mask, min_area):
    """Regions of a mask and their ellipses."""
    regions = find_regions(np.flatnonzero(mask), mask.shape[-2:], min_area)
    return regions, ellipses_of(regions)


def one(*values):
    """A single ellipse."""
    return Ellipses(np.array([0]), *(np.array([float(value)]) for value in values))


@pytest.mark.parametrize("angle", [-60, -20, 0, 35, 80])
def test_the_ellipse_of_an_ellipse(angle):
    _, ellipses = ellipses_in(disc((80, 90), 41, 38, 9, 21, angle), 5)
    assert (*ellipses.x, *ellipses.y) == pytest.approx((41, 38), abs=1e-9)
    # Axes of 18 and 42 pixels, a pixel less; the steps of the outline add a few tenths.
    assert (*ellipses.minor, *ellipses.major) == pytest.approx((17, 41), abs=0.5)
    assert ellipses.angle == pytest.approx([angle], abs=0.5)


def test_ellipses_have_the_second_moments_of_the_regions():
    regions, ellipses = ellipses_in(np.random.default_rng(8).random((25, 31)) < 0.4, 4)
    owners = np.repeat(regions.owners, regions.runs.lengths)
    pixels = np.stack(np.divmod(regions.runs.pixels_from(31 * regions.runs.rows + regions.runs.columns), 31))
    assert len(regions) > 5
    for number, angle in enumerate(ellipses.angle):
        variances, directions = np.linalg.eigh(np.cov(pixels[:, owners == number], bias=True))
        axes = ellipses.minor[number], ellipses.major[number]
        assert axes == pytest.approx(4 * np.sqrt(variances.clip(0)) - 1, abs=1e-6)
        if variances[1] > variances[0] * 1.001:
            turn = math.radians(angle)
            along = abs(directions[:, 1] @ [math.cos(turn), math.sin(turn)])
            assert along == pytest.approx(1, abs=1e-6)


def test_ellipses_of_many_regions_are_those_of_each_to_the_last_bit():
    masks = np.random.default_rng(9).random((30, 21, 17)) < 0.35
    together = ellipses_in(masks, 2)[1]
    each = [ellipses_in(mask, 2)[1].moved(image) for image, mask in enumerate(masks)]
    alone = []
    for mask in masks:
        regions, _ = ellipses_in(mask, 2)
        chosen = np.eye(len(regions), dtype=bool)
        alone += [ellipses_of(regions.select(only)) for only in chosen]
    for name, expected, of_one in zip(Ellipses._fields, Ellipses.joined(each), Ellipses.joined(alone), strict=True):
        np.testing.assert_array_equal(getattr(together, name), expected)
        if name != "images":
            np.testing.assert_array_equal(getattr(together, name), of_one)


@pytest.mark.parametrize(
    ("rows", "angle", "axes"),
    [
        (["#####"], 90, (-1, 4 * math.sqrt(2) - 1)),
        (["#"] * 5, 0, (-1, 4 * math.sqrt(2) - 1)),
        (["#..", ".#.", "..#"], 45, (-1, 4 * math.sqrt(4 / 3) - 1)),
        (["..#", ".#.", "#.."], -45, (-1, 4 * math.sqrt(4 / 3) - 1)),
        (["#"], -45, (-1, -1)),
    ],
)
def test_lines_have_no_width(rows, angle, axes):
    _, ellipses = ellipses_in(np.array([[pixel == "#" for pixel in row] for row in rows]), 1)
    assert abs(ellipses.angle) == pytest.approx([abs(angle)])
    assert ellipses.angle == pytest.approx([angle]) or angle == 90
    assert (*ellipses.minor, *ellipses.major) == pytest.approx(axes)


def test_no_regions_have_no_ellipses():
    _, ellipses = ellipses_in(np.zeros((4, 5), bool), 0)
    assert [part.size for part in Ellipses.joined([ellipses, ellipses])] == [0] * 6
    assert [part.size for part in Ellipses.joined([])] == [0] * 6


def test_a_point_is_judged_as_if_the_ellipse_were_turned_by_90_degrees():
    upright = one(10, 10, 4, 12, 0).select([0] * 5)
    x, y = np.array([[15.9, 10], [16, 10], [16.1, 10], [10, 12], [10, 13]]).T
    assert contain(upright, x, y).tolist() == [True, True, False, True, False]


@pytest.mark.parametrize(("limit", "radii"), [(200, (4, 11)), (10, (4, 10)), (3, (3, 3))])
def test_both_axes_grow_by_as_many_pixels(limit, radii):
    """A minor axis of 4 grows to 8; 18 grows to 22."""
    assert np.concatenate(expanded_radii(one(0, 0, 4, 18, 0), 2.0, limit)).tolist() == list(radii)


def test_half_radii_go_to_the_even_one():
    assert whole_radii(np.array([5.0, 7.0, -1.0, -2.0])).tolist() == [2, 4, 0, -1]
