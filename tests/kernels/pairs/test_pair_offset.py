"""Offsets of a star between two images, against those that it was put in with."""

import numpy as np
import pytest

from gpucal.kernels.pairs.pair_offset import SourceSize, cross_correlation, fill_bad, residual_offset
from tests.wavefront_pairs import star

SIZES = SourceSize(30, 6, 2)


@pytest.mark.parametrize(
    ("offset", "more"), [((0, 0), (0, 0)), ((9, -4), (3, 2)), ((-12, 7), (-2, 5)), ((5, 5), (0.4, -1.3))]
)
def test_the_offset_of_a_star(offset, more):
    first = star(48, 52, 0)
    second = star(48 + offset[0] + more[0], 52 + offset[1] + more[1], 1)
    rng = np.random.default_rng(3)
    for image in (first, second):
        image[rng.random(image.shape) < 0.02] = np.nan
    found = residual_offset(first, second, offset, SIZES)
    np.testing.assert_allclose(found, more, atol=0.5)
    assert tuple(map(round, found)) == tuple(map(round, more))


def test_the_correlation_is_the_plain_one():
    from scipy.signal import correlate2d

    rng = np.random.default_rng(6)
    first, second = rng.normal(3, 1, (2, 13, 22))
    np.testing.assert_allclose(cross_correlation(first, second), correlate2d(first, second), rtol=1e-12)


def test_too_far_apart():
    assert residual_offset(star(48, 52, 0), star(48, 52, 1), (70, 0), SIZES) is None


def test_bad_pixels_take_the_mean_of_those_around():
    y, x = np.mgrid[:9, :9]
    plane = 3.0 + 2 * x - y
    holes = plane.copy()
    holes[4, 4] = holes[2, 6] = np.nan
    np.testing.assert_allclose(fill_bad(holes, 2), plane, atol=0.02)
    np.testing.assert_allclose(fill_bad(holes, 1)[4, 4], plane[4, 4], rtol=1e-12)


def test_bad_pixels_with_no_good_one_around():
    image = np.full((9, 9), np.nan)
    np.testing.assert_array_equal(fill_bad(image, 1), np.zeros((9, 9)))
    image[0, 0], image[0, 1] = 2.0, 6.0
    filled = fill_bad(image, 1)
    assert filled[8, 8] == 4.0
    assert (filled[0, 0], filled[0, 2]) == (2.0, 6.0)
    assert filled[1, 0] == pytest.approx((2.0 + 6.0 / 4) / 1.25)
