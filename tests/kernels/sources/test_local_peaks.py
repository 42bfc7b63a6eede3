"""Convolution, peaks and cutouts against SciPy and by hand."""

import numpy as np
import pytest
from scipy import ndimage

from gpucal.backend import current_backend
from gpucal.kernels.sources.local_peaks import convolve, cutouts, find_peaks
from gpucal.kernels.sources.star_profile import StarProfile
from tests.kernels.sources.fields import field


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolution_like_scipy(backend, dtype):
    image, _ = field((19, 23), 10, dtype=dtype)
    weights = np.random.default_rng(1).normal(size=(5, 3))
    weights[0, 0] = weights[3, 2] = 0
    expected = ndimage.convolve(image, weights, mode="constant")
    made = backend.asnumpy(convolve(backend.asarray(image), weights))
    assert made.dtype == dtype and np.isnan(expected).any()
    np.testing.assert_allclose(made, expected, rtol=1e-6 if dtype == np.float32 else 1e-12)


def test_an_image_smaller_than_the_weights():
    image, weights, backend = np.arange(6, dtype=np.float64).reshape(2, 3), np.ones((9, 7)), current_backend()
    made = backend.asnumpy(convolve(backend.asarray(image), weights))
    np.testing.assert_array_equal(made, np.full((2, 3), 15.0))


def test_weights_need_a_middle():
    with pytest.raises(ValueError, match="no pixel in the middle"):
        convolve(np.ones((4, 4)), np.ones((2, 3)))


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 6])
def test_peaks_like_a_maximum_filter(backend, radius):
    image = np.random.default_rng(2).integers(-9, 30, (21, 26)).astype(np.float32)  # with ties
    mask = np.random.default_rng(3).random(image.shape) < 0.1
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    highest = ndimage.maximum_filter(image, footprint=x * x + y * y <= radius * radius, mode="constant")
    for threshold in (-5, 12):
        rows, columns = np.nonzero((image == highest) & ~mask & (image > threshold))
        found = find_peaks(backend.asarray(image), backend.asarray(mask), threshold, radius)
        np.testing.assert_array_equal(found, (columns, rows))
        assert 0 < len(rows)


def test_pixels_that_are_not_known_are_no_peaks():
    image = np.array([[np.nan, 4, 3], [5, np.nan, 2]], np.float32)
    x, y = find_peaks(current_backend().asarray(image), current_backend().asarray(np.zeros(image.shape, bool)), 0, 2)
    assert (x.tolist(), y.tolist()) == ([0], [1])


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="mask has shape"):
        find_peaks(np.ones((5, 6)), np.ones((5, 7), bool), 3, 1)


def test_cutouts_beyond_borders_are_zero(backend):
    image = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    made = cutouts(backend.asarray(image), np.array([0, 2]), np.array([0, 1]), 1)
    expected = [[[0, 0, 0], [0, 1, 2], [0, 5, 6]], [[2, 3, 4], [6, 7, 8], [10, 11, 12]]]
    np.testing.assert_array_equal(made, np.array(expected, np.float32))
    assert made.dtype == np.float32


def test_the_profile_sums_to_zero_and_finds_heights():
    profile = StarProfile.of(2.5, 1.5)
    assert profile.radius == 2 and profile.filter.shape == (5, 5)
    np.testing.assert_allclose(profile.filter.sum(), 0, atol=1e-15)
    np.testing.assert_allclose((profile.filter * (7 + 3 * profile.gaussian)).sum(), 3, rtol=1e-13)
    np.testing.assert_allclose(np.sqrt((profile.filter**2).sum()), profile.relative_error, rtol=1e-13)


@pytest.mark.parametrize("arguments", [(0, 1.5), (2.5, -1)])
def test_a_profile_has_a_width(arguments):
    with pytest.raises(ValueError, match="is none"):
        StarProfile.of(*arguments)
