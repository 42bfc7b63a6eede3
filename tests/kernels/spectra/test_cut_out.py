"""Rectangles are cut out of images as slices of them are."""

import numpy as np
import pytest

from gpucal.kernels.spectra.cut_out import cut_out

BOXES = np.array([[1, 2, 4, 5], [0, 0, 1, 12], [3, 7, 6, 5]])


@pytest.mark.parametrize("dtype", [np.float32, np.uint32])
@pytest.mark.parametrize("series", [(), (3,)])
def test_all_rectangles_in_one_plane(backend, series, dtype):
    image = np.arange(np.prod((*series, 9, 12)), dtype=dtype).reshape(*series, 9, 12)
    plane = cut_out(backend.asarray(image), BOXES)
    wanted = [image[..., y : y + ny, x : x + nx].ravel() for y, x, ny, nx in BOXES]
    assert plane.dtype == dtype
    np.testing.assert_array_equal(backend.asnumpy(plane), np.concatenate(wanted))


def test_no_rectangle_gives_an_empty_plane(backend):
    assert cut_out(backend.xp.ones((4, 4)), np.zeros((0, 4), np.int64)).shape == (0,)


@pytest.mark.parametrize("box", [(-1, 0, 2, 2), (0, -1, 2, 2), (3, 0, 2, 2), (0, 4, 2, 2)])
def test_a_rectangle_beyond_the_image_is_refused(backend, box):
    with pytest.raises(ValueError, match="^rectangle 1 reaches beyond an image of 4 rows and 5 columns$"):
        cut_out(backend.xp.ones((4, 5)), np.array([(0, 0, 1, 1), box]))
