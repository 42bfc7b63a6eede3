"""Polygons on the sky, and what they share."""

import numpy as np
import pytest

from gpucal.steps.parts.alignment.overlaps import hull, overlap
from gpucal.wcs.correction import directions


def box(ra, dec, width, height):
    """The corners of a small box, degrees, and points in it."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 4) * width, np.linspace(-0.5, 0.5, 3) * height)
    return directions(ra + x.ravel() / np.cos(np.deg2rad(dec)), dec + y.ravel())


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.99, 60.0), (120.0, -89.0)])
def test_a_box_overlaps_itself_whole(ra, dec):
    shape = hull(box(ra, dec, 0.02, 0.01))
    expected = np.deg2rad(0.02) * np.deg2rad(0.01)
    assert overlap([shape], [shape]) == pytest.approx(expected, rel=2e-2 if dec < -80 else 1e-4)


def test_what_is_shared_is_counted():
    one, other = hull(box(0.0, 0.0, 0.02, 0.01)), hull(box(0.005, 0.0025, 0.02, 0.01))
    expected = np.deg2rad(0.015) * np.deg2rad(0.0075)
    assert overlap([one], [other]) == pytest.approx(expected, rel=1e-6)
    assert overlap([other], [one]) == pytest.approx(expected, rel=1e-6)
    assert overlap([one, one], [other]) == pytest.approx(2 * expected, rel=1e-6)


def test_an_octant_is_an_eighth_of_the_sky():
    octant = hull(np.eye(3))
    assert overlap([octant], [octant]) == pytest.approx(4 * np.pi / 8, rel=1e-12)


def test_polygons_apart_share_nothing():
    one = hull(box(0.0, 0.0, 0.02, 0.01))
    assert overlap([one], [hull(box(0.03, 0.0, 0.02, 0.01))]) == 0
    assert overlap([one], [hull(box(180.0, 0.0, 0.02, 0.01))]) == 0


def test_few_sources_have_a_margin():
    line = directions(np.array([0.0, 0.005, 0.01]), np.zeros(3))
    width = np.deg2rad(0.01) + 5e-6
    assert overlap([hull(line)], [hull(line)]) == pytest.approx(width * 5e-6, rel=1e-4)
    assert overlap([hull(line[:1])], [hull(line[:1])]) == pytest.approx(25e-12, rel=1e-6)
