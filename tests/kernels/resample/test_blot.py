"""Blotted images against the package drizzle, and at places whose values are known."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.resample.blot import blot
from tests.kernels.resample.images import turned_map

SHAPE = (30, 40)


@pytest.mark.parametrize("angle", [0, 0.3, 30, 170])
@pytest.mark.parametrize("shift", [(0.3, 0.6), (-12, -9.5)])
def test_like_the_package(angle, shift):
    resample = pytest.importorskip("drizzle.resample", reason="the peer is not installed: pip install .[peer]")
    placed, shape = turned_map(SHAPE, angle, 0.9, shift, bend=0.3)
    image = np.random.default_rng(1).normal(10, 2, (shape[0] - 12, shape[1] - 3)).astype(np.float32)
    image[5:7, 8] = np.nan
    pixel_map = np.ascontiguousarray(np.moveaxis(placed, 0, -1))
    expected = resample.blot_image(image, pixel_map, fillval=-7.0, interp="linear")
    backend = current_backend()
    blotted = blot(backend.asarray(image), backend.asarray(placed), empty=-7)
    np.testing.assert_array_equal(backend.asnumpy(blotted), expected)
    assert 0 < (expected == -7).sum() < expected.size


def test_places_between_pixels_and_beyond(backend):
    image = np.array([[0, 10, 20], [100, 110, 120]], np.float32)
    x = np.array([[0, 0.5, 1.25, 2.75, 3, -0.1, np.nan], [1, 2, 0, 2.5, 1, 0, 1]])
    y = np.array([[0, 0.5, 0, 0.5, 0, 0, 0], [0.75, 1, 1.9, 1.5, 2, -1, np.nan]])
    expected = [[0, 55, 12.5, 70, -1, -1, -1], [85, 120, 100, 120, -1, -1, -1]]
    blotted = blot(backend.asarray(image), backend.asarray(np.array([x, y])), empty=-1)
    np.testing.assert_array_equal(backend.asnumpy(blotted), np.array(expected, np.float32))


@pytest.mark.parametrize("shapes", [((3, 4, 5), (2, 6, 7)), ((4, 5), (3, 6, 7)), ((4, 5), (2, 6))])
def test_shapes_that_do_not_fit_are_refused(shapes):
    image, pixel_map = (np.zeros(shape, np.float32) for shape in shapes)
    with pytest.raises(ValueError, match="cannot be interpolated"):
        blot(image, pixel_map)
