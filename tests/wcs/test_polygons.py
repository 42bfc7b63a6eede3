"""Outlines of images on the sky, and their overlaps, at places whose size is known."""

import numpy as np
import pytest

from gpucal.wcs import nodes
from gpucal.wcs.frames import plane, sky
from gpucal.wcs.polygons import border, directions, outline, overlap
from gpucal.wcs.world import Wcs

SHAPE = 40, 60  # rows and columns
PIXEL = 1e-4  # degrees


def image(longitude=0.0, latitude=0.0, turn=0.0):
    """An image about a point, whose rows are along parallels there where it is not turned."""
    centre = nodes.beside(nodes.shift(-29.5), nodes.shift(-19.5))
    angle = np.deg2rad(turn)
    matrix = PIXEL * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = nodes.node("affine", inputs=["x", "y"], outputs=["x", "y"], matrix=matrix, translation=np.zeros(2))
    projection = nodes.node("gnomonic", direction="pix2sky", inputs=["x", "y"], outputs=["phi", "theta"])
    rotation = nodes.node(
        "rotate3d", direction="native2celestial", inputs=["phi_N", "theta_N"], outputs=["alpha_C", "delta_C"],
        phi=longitude, theta=latitude, psi=180.0,
    )  # fmt: skip
    frames = plane("detector", ("x", "y"), "pixel"), sky()
    return Wcs(frames, (nodes.chain(centre, scale, projection, rotation),))


def in_pixels(wcs, part):
    """Corners of a part on the plane that touches the sky in the middle of an image, in its pixels."""
    middle = directions(*wcs.program().at([29.5], [19.5]))[0]
    east, north = (directions(*wcs.program().at([29.5 + x], [19.5 + y]))[0] - middle for x, y in ((1, 0), (0, 1)))
    vectors = directions(*part)
    vectors = vectors / (vectors @ middle)[:, None] - middle
    unit = np.deg2rad(PIXEL)
    return np.stack([vectors @ east, vectors @ north], 1) / unit**2 + (29.5, 19.5)


def area(corners):
    x, y = np.transpose(corners)
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2


def outlines(*images, stepsize=None):
    return [outline(one, SHAPE, stepsize) for one in images]


@pytest.mark.parametrize("centre", [(0.0, 0.0), (123.4, -56.7), (359.9999, 89.9)])
def test_an_image_overlaps_with_itself(centre):
    wcs = image(*centre)
    (part,) = overlap(*outlines(wcs, wcs))
    corners = in_pixels(wcs, part)
    expected = [(-0.5, -0.5), (-0.5, 39.5), (59.5, -0.5), (59.5, 39.5)]
    np.testing.assert_allclose(sorted(map(tuple, np.round(corners, 6))), expected, atol=1e-5)


@pytest.mark.parametrize("centre", [(200.0, 0.0), (0.0, 60.0)])
def test_shifted_images_share_a_rectangle(centre):
    """The second one is 15 pixels further east and 7 further north; longitude 0 is inside."""
    first = image(*centre)
    second = image(*first.program().at([29.5 + 15], [19.5 + 7])[:, 0])
    (part,) = overlap(*outlines(first, second))
    corners = in_pixels(first, part)
    assert area(corners) == pytest.approx(45 * 33, rel=1e-5)
    np.testing.assert_allclose([corners.min(0), corners.max(0)], [(14.5, 6.5), (59.5, 39.5)], atol=2e-3)


def test_turned_images_share_an_octagon():
    """Of a rectangle of 60 by 40 and the same turned by 45 degrees; turned by 90 degrees, a square of 40."""
    first, second = image(80, 20), image(80, 20, 90)
    (part,) = overlap(*outlines(first, second))
    assert area(in_pixels(first, part)) == pytest.approx(40 * 40, rel=1e-6)
    (part,) = overlap(*outlines(first, image(80, 20, 45)))
    corners = in_pixels(first, part)
    assert len(corners) == 8
    cut = 50 - 20 * np.sqrt(2), 50 - 30 * np.sqrt(2)  # legs of the corners that are cut off, two of each
    assert area(corners) == pytest.approx(60 * 40 - cut[0] ** 2 - cut[1] ** 2, rel=1e-6)


@pytest.mark.parametrize("offset", [(60.01, 0), (0, 40.01), (3000, 0), (58, 39)])
def test_images_beside_each_other(offset):
    first = image(10, 30)
    place = first.program().at([29.5 + offset[0]], [19.5 + offset[1]])[:, 0]
    parts = overlap(*outlines(first, image(*place)))
    assert len(parts) == (offset == (58, 39))


def test_an_outline_that_is_bent_inwards():
    """A triangle is missing: outlines need not be convex."""
    whole, other = outlines(image(10, 30), image(10, 30))
    x, y = border(SHAPE, 10)
    bent = np.where(np.isclose(y, 39.5) & (np.abs(x - 29.5) < 10), 10.0, y)
    longitude, latitude = image(10, 30).program().at(x, bent)
    (part,) = overlap(whole, other._replace(vertices=directions(longitude, latitude)))
    assert area(in_pixels(image(10, 30), part)) == pytest.approx(60 * 40 - 20 * 29.5 / 2, rel=1e-6)


def test_points_on_the_border():
    x, y = border(SHAPE)
    assert list(zip(x, y, strict=True)) == [(-0.5, -0.5), (59.5, -0.5), (59.5, 39.5), (-0.5, 39.5)]
    x, y = border(SHAPE, 25)
    assert list(x[:3]) == [-0.5, 29.5, 59.5] and list(y[2:4]) == [-0.5, 39.5]
    assert len(x) == 6
