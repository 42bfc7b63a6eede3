"""Sources that may be blends: whoever looks at these alone takes apart the same as who looks at all."""

import numpy as np
import pytest
from photutils.segmentation import deblend_sources, detect_sources

from gpucal.kernels.sources.blends import may_be_blends
from tests.kernels.sources.fields import field


def sources(shape, nstars, npixels, connectivity, seed):
    image, mask = field(shape, nstars, seed=seed)
    image = np.where(np.isfinite(image), image, 0)
    return image, detect_sources(image, 12.0, npixels, connectivity=connectivity, mask=mask)


@pytest.mark.parametrize("mode", ["exponential", "linear", "sinh"])
@pytest.mark.parametrize(("npixels", "connectivity", "seed"), [(5, 8, 1), (5, 4, 2), (12, 8, 3), (1, 8, 4)])
def test_no_blend_is_missed(npixels, connectivity, seed, mode):
    image, found = sources((160, 170), 260, npixels, connectivity, seed)
    blends = may_be_blends(image, found.data, npixels, connectivity)
    options = {"mode": mode, "connectivity": connectivity, "contrast": 0, "progress_bar": False}
    of_all = deblend_sources(image, found, npixels, **options)
    of_these = deblend_sources(image, found, npixels, labels=blends, **options)
    np.testing.assert_array_equal(of_these.data, of_all.data)
    assert of_all.n_labels > found.n_labels and len(blends) < found.n_labels


def test_by_hand(backend):
    image = np.array([[9, 8, 1, 7, 9], [0, 0, 0, 0, 0], [3, 4, 5, 6, 7]], float)
    segments = np.array([[4] * 5, [0] * 5, [7] * 5])
    assert may_be_blends(image, segments, 2).tolist() == [4]
    assert may_be_blends(image, segments, 4).tolist() == []
    assert may_be_blends(image, np.zeros((3, 5), int), 1).tolist() == []


def test_corners_join_with_connectivity_8():
    image = np.array([[9, 1, 0], [2, 8, 3]], float)
    segments = np.ones((2, 3), int)
    assert may_be_blends(image, segments, 1, 8).tolist() == []
    assert may_be_blends(image, segments, 1, 4).tolist() == [1]


def test_segments_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="segments has shape"):
        may_be_blends(np.ones((5, 6)), np.ones((5, 7), int), 3)
