"""Values along the dispersion are the same all across it."""

import numpy as np
import pytest

from gpucal.kernels.slitless.lines import spread

SIZES = np.array([(3, 5), (1, 1), (6, 2)])


@pytest.mark.parametrize("direction", [1, 2])
def test_every_pixel_has_the_value_at_its_place(backend, direction):
    lengths = SIZES[:, 1 if direction == 1 else 0]
    lines = np.split(np.arange(lengths.sum()) * 1.5, np.cumsum(lengths)[:-1])
    plane = spread(backend.asarray(np.concatenate(lines)), SIZES, direction)
    lines = lines if direction == 1 else [line[:, None] for line in lines]
    wanted = [np.broadcast_to(line, size) for line, size in zip(lines, SIZES, strict=True)]
    assert plane.dtype == np.float32
    np.testing.assert_array_equal(backend.asnumpy(plane), np.concatenate([one.ravel() for one in wanted]))


def test_lines_have_to_fit_the_boxes(backend):
    with pytest.raises(ValueError, match="^7 values do not fit boxes that are 8 pixels long$"):
        spread(backend.asarray(np.zeros(7)), SIZES, 1)
