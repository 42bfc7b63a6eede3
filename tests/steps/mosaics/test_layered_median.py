"""The median of layers is that of whole images, for any number of rows at a time."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.outliers.weights import weight_threshold
from gpucal.steps.parts.outliers.layered_median import layered_median

SHAPE = (23, 17)


class Held:
    """A layer whose image and weights are held."""

    def __init__(self, image, weights, top, left):
        self.image, self.weights = (current_backend().asarray(array) for array in (image, weights))
        self.rows, self.columns = slice(top, top + image.shape[0]), slice(left, left + image.shape[1])
        self.cuts = 0

    def cut(self, rows):
        self.cuts += 1
        inside = slice(rows.start - self.rows.start, rows.stop - self.rows.start)
        return self.image[inside].copy(), self.weights[inside].copy()


def layers_of(rng):
    boxes = [(0, 0, 23, 17), (3, 2, 12, 10), (8, 5, 15, 12), (0, 9, 5, 8), (20, 0, 3, 17)]
    return [
        Held(*(rng.uniform(1, 2, box[2:]).astype(np.float32) for _ in range(2)), *box[:2]) for box in boxes
    ]


@pytest.mark.parametrize("nrows", [None, 23, 8, 1])
def test_bands_do_not_change_it(nrows, backend):
    layers, seen = layers_of(np.random.default_rng(4)), []
    budget = None if nrows is None else 2 * 3 * nrows * SHAPE[1] * 4  # three layers lie on each other
    median = layered_median(layers, SHAPE, 0.8, budget, lambda number, image, weights: seen.append(number))
    stack = np.full((len(layers), *SHAPE), np.nan)
    for plane, layer in zip(stack, layers, strict=True):
        image, weights = (backend.asnumpy(array) for array in (layer.image, layer.weights))
        light = weights < weight_threshold(layer.weights, 0.8)
        assert 0 < light.sum() < light.size
        plane[layer.rows, layer.columns] = np.where(light, np.nan, image)
    with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning, match="All-NaN"):
        expected = np.nanmedian(stack, axis=0).astype(np.float32)
    np.testing.assert_array_equal(backend.asnumpy(median), expected)
    assert seen == [0, 1, 2, 3, 4]
    expected_cuts = {None: [1] * 5, 23: [1] * 5, 8: [4, 3, 3, 2, 2], 1: [24, 13, 16, 6, 4]}
    # Of a layer, only the bands that it reaches are made.
    assert [layer.cuts for layer in layers] == expected_cuts[nrows]
