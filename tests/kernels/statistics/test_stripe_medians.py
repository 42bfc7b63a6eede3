"""Medians along rows and columns of a masked image."""

import numpy as np
import pytest

from gpucal.kernels.statistics.stripe_medians import masked_median, subtract_stripes


def striped(axis, channels, shape=(12, 16)):
    rng = np.random.default_rng(5)
    image = rng.normal(0, 3, shape).astype(np.float32)
    mask = rng.random(shape) < 0.7
    mask[4], mask[:, 6] = False, False
    return image, mask


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("channels", [1, 4])
def test_each_part_loses_its_median(backend, axis, channels):
    image, mask = striped(axis, channels)
    on_backend = backend.asarray(image.copy())

    subtract_stripes(on_backend, backend.asarray(mask), axis, channels)

    expected = image.astype(float)
    lines = (expected, mask) if axis == 1 else (expected.T, mask.T)
    width = lines[0].shape[1] // channels
    for values, usable in zip(*lines, strict=True):
        for begin in range(0, values.size, width):
            part = slice(begin, begin + width)
            if usable[part].any():
                values[part] -= np.median(values[part][usable[part]])
    np.testing.assert_allclose(backend.asnumpy(on_backend), expected, atol=1e-6)


def test_no_value_no_median(backend):
    values = backend.asarray(np.ones((2, 3), np.float32))
    mask = backend.asarray(np.array([[True] * 3, [False] * 3]))
    np.testing.assert_array_equal(backend.asnumpy(masked_median(values, mask, 1)), [[1], [0]])
