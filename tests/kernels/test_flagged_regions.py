"""Connected regions and their ellipses."""

import math

import numpy as np
import pytest

from gpucal.kernels.flagged_regions import Ellipse, contains, draw_ellipse, find_regions


def mask_of(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def disc(shape, x, y, minor, major, angle):
    """Pixels in an ellipse, the angle in degrees from y to x."""
    rows, columns = np.indices(shape)
    turn = math.radians(angle)
    along = (rows - y) * math.cos(turn) + (columns - x) * math.sin(turn)
    across = (rows - y) * math.sin(turn) - (columns - x) * math.cos(turn)
    return (along / major) ** 2 + (across / minor) ** 2 < 1


def test_pixels_that_touch_at_corners_are_one_region():
    mask = mask_of("##....", "..#...", ".....#", "....#.")
    regions = find_regions(mask, 1)
    assert [(region.x, region.y, region.area) for region in regions] == [(1.0, 1 / 3, 3), (4.5, 2.5, 2)]


@pytest.mark.parametrize(("min_area", "areas"), [(1, [1, 8, 7]), (7, [8, 7]), (8, [8]), (9, [8]), (9.5, [])])
def test_holes_count_for_the_area(min_area, areas):
    ring_and_hook = mask_of("#.........", "..###..###", "..#.#..#.#", "..###..##.", "..........")
    assert [region.area for region in find_regions(ring_and_hook, min_area)] == areas


def test_an_empty_mask_has_no_regions():
    assert find_regions(np.zeros((4, 5), bool), 0) == []


@pytest.mark.parametrize("angle", [-60, -20, 0, 35, 80])
def test_the_ellipse_of_an_ellipse(angle):
    [region] = find_regions(disc((80, 90), 41, 38, 9, 21, angle), 5)
    ellipse = region.ellipse
    assert (ellipse.x, ellipse.y) == pytest.approx((41, 38), abs=1e-9)
    # Axes of 18 and 42 pixels, a pixel less; the steps of the outline add a few tenths.
    assert (ellipse.minor, ellipse.major) == pytest.approx((17, 41), abs=0.5)
    assert ellipse.angle == pytest.approx(angle, abs=0.5)


def test_the_ellipse_has_the_second_moments_of_the_region():
    rng = np.random.default_rng(8)
    mask = rng.random((25, 31)) < 0.5
    for region in find_regions(mask, 4):
        covariance = np.cov(np.stack([region.rows, region.columns]), bias=True)
        variances, directions = np.linalg.eigh(covariance)
        ellipse = region.ellipse
        assert (ellipse.minor, ellipse.major) == pytest.approx(4 * np.sqrt(variances.clip(0)) - 1, abs=1e-6)
        if variances[1] > variances[0] * 1.001:
            turn = math.radians(ellipse.angle)
            along = abs(directions[:, 1] @ [math.cos(turn), math.sin(turn)])
            assert along == pytest.approx(1, abs=1e-6)


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
    [region] = find_regions(mask_of(*rows), 1)
    assert abs(region.ellipse.angle) == pytest.approx(abs(angle))
    assert region.ellipse.angle == pytest.approx(angle) or angle == 90
    assert (region.ellipse.minor, region.ellipse.major) == pytest.approx(axes)


@pytest.mark.parametrize("angle", [0, 30, -70, 90])
@pytest.mark.parametrize(("x", "y"), [(20, 15), (1, 29), (38.4, 0.6)])
def test_drawing_fills_the_ellipse(angle, x, y):
    window, inside = draw_ellipse(Ellipse(x, y, 0, 0, angle), 4, 11, (30, 40))
    drawn = np.zeros((30, 40), bool)
    drawn[window] = inside
    rows, columns = np.indices((30, 40))
    turn = math.radians(angle)
    along = (rows - round(y)) * math.cos(turn) + (columns - round(x)) * math.sin(turn)
    across = (rows - round(y)) * math.sin(turn) - (columns - round(x)) * math.cos(turn)
    distance = (along / 11) ** 2 + (across / 4) ** 2
    on_the_outline = abs(distance - 1) < 1e-9
    np.testing.assert_array_equal(drawn[~on_the_outline], (distance < 1)[~on_the_outline])
    assert drawn.any()


@pytest.mark.parametrize("radii", [(0, 5), (5, 0)])
def test_without_a_radius_nothing_is_drawn(radii):
    window, inside = draw_ellipse(Ellipse(5, 5, 0, 0, 0), *radii, (10, 10))
    assert np.ones((10, 10))[window].size == inside.size == 0


def test_a_point_is_judged_as_if_the_ellipse_were_turned_by_90_degrees():
    upright = Ellipse(x=10, y=10, minor=4, major=12, angle=0)
    assert contains(upright, 15.9, 10)
    assert contains(upright, 16, 10)
    assert not contains(upright, 16.1, 10)
    assert contains(upright, 10, 12)
    assert not contains(upright, 10, 13)
