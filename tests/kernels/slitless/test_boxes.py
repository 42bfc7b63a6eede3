"""Boxes are added to images, and carried to other boxes."""

import numpy as np
import pytest

from gpucal.kernels.slitless.boxes import add_boxes, on_other_boxes

BOXES = np.array([[1, 2, 3, 4], [0, 3, 2, 5], [4, 0, 2, 2]])
PLACES = np.array([0, 12, 22])
PLANE = np.arange(1.0, 27.0)


def images():
    for (y, x, ny, nx), place in zip(BOXES, PLACES, strict=True):
        image = np.zeros((6, 8))
        image[y : y + ny, x : x + nx] = PLANE[place : place + ny * nx].reshape(ny, nx)
        yield image


def test_boxes_are_added_where_they_are(backend):
    image = backend.asarray(np.ones((6, 8)))
    add_boxes(image, backend.asarray(PLANE), BOXES, PLACES)
    np.testing.assert_array_equal(backend.asnumpy(image), 1 + sum(images()))
    with pytest.raises(ValueError, match="boxes reach beyond the image"):
        add_boxes(image, backend.asarray(PLANE), BOXES + np.array([0, 3, 0, 0]), PLACES)


def test_boxes_on_others(backend):
    others = np.array([[0, 1, 4, 4], [2, 2, 1, 1], [0, 0, 2, 6]])
    which, limits = np.array([0, -1, 1]), np.array([[1, 4, 1, 4], [0, 1, 0, 1], [0, 2, 3, 6]])
    plane = on_other_boxes(backend.asarray(PLANE), BOXES, PLACES, others, which, limits)
    first, second, _ = images()
    wanted = [first[0:4, 1:5].ravel(), np.zeros(1), second[0:2, 0:6].ravel()]
    assert plane.dtype == np.float32
    np.testing.assert_array_equal(backend.asnumpy(plane), np.concatenate(wanted))
    with pytest.raises(ValueError, match="limits reach beyond the boxes"):
        on_other_boxes(backend.asarray(PLANE), BOXES, PLACES, others, which, limits - np.array([1, 0, 0, 0]))
