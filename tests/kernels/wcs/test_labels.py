"""Each label of an image has a program of its own, on every backend."""

import numpy as np

from gpucal.kernels.wcs.instructions import ADD, ROUND, SCALE, SHIFT, WITHIN
from gpucal.kernels.wcs.interpreter import evaluate_at_points
from gpucal.kernels.wcs.labels import evaluate_by_label

NAN = np.nan


def test_pixels_of_a_label_have_its_program(backend):
    """Two labels in an image of 2 x 300 pixels: x + 10 y, and 5 times what is 100 to the right."""
    code = [
        [SCALE, 2, 0, 0, 1, 0, 0, 0],
        [ADD, 2, 0, 0, 0, 2, 0, 1],
        [SHIFT, 1, 0, 0, 0, 0, 0, 1],
        [SCALE, 0, 0, 0, 1, 0, 0, 2],
    ]
    first, second = np.arange(290), np.array([300, 302, 599])
    strips = [[0, 0, 256], [0, 256, 34], [1, 290, 3]]
    boxes = [[-np.inf, np.inf, -np.inf, np.inf], [1.5, 400.0, 0.0, 2.0]]
    tables = (
        np.int64(code),
        np.float64([10, 100, 5, 0]),
        np.int64([[0, 2], [2, 4]]),
        np.int64([[2], [0]]),
        np.float64(boxes),
    )
    pixels = np.int32([*first, *second])
    lists = np.int64(strips), pixels, (pixels + 1) % 600
    out = backend.asarray(np.full((1, 600), NAN))
    evaluate_by_label(*map(backend.asarray, tables), 3, *map(backend.asarray, lists), 300, (0.25, 0.5), out)
    expected = np.full((1, 2, 300), NAN)
    expected[0, 0, :290] = first + 0.25 + 5.0
    expected[0, 1, [2, 299]] = 5 * (np.array([2, 299]) + 100.25)  # the pixel at x = 0.25 is outside of the box
    np.testing.assert_array_equal(backend.asnumpy(out)[0], np.roll(expected.ravel(), 1))


def test_choices_and_whole_numbers_at_points(backend):
    code = np.int64([[WITHIN, 3, 0, 0, 0, 1, 2, 0], [ROUND, 4, 0, 0, 0, 0, 0, 0]])
    points = np.array([[1.0, 1.5, 2.0, 2.5, NAN], [10.0] * 5, [20.0] * 5])
    out = backend.xp.empty((2, 5))
    tables = map(backend.asarray, (code, np.float64([1.0, 2.0]), np.int64([3, 4])))
    evaluate_at_points(*tables, 5, backend.asarray(points), out)
    np.testing.assert_array_equal(backend.asnumpy(out), [[20, 10, 20, 20, 20], [1, 2, 2, 3, NAN]])
