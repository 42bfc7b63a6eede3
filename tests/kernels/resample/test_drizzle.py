"""Drizzled images against the package drizzle: values, weights, contexts, and which pixels are empty."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.resample.drops import drop_of
from gpucal.kernels.resample.scan import known_section, scan_limits
from gpucal.kernels.resample.sums import add_context
from tests.kernels.resample.images import images_of, peer_of, random_planes, resampled, turned_map

pytestmark = pytest.mark.filterwarnings("ignore:.*not a flux-conserving", "ignore:.*pixel_fraction is ignored")

pytest.importorskip("drizzle", reason="the peer is not installed: pip install .[peer]")

KERNELS = ["square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"]
LOBES = ["lanczos2", "lanczos3"]
SHAPE = (60, 70)

# The package keeps a mean in float32, which it rounds with each pixel that it adds.
ROUNDING = 1e-6

# Where the first weights of a pixel nearly cancel, that mean is large for a while, and so is what it is rounded by.
# Where all of them do, it stays so: such pixels are not compared. `test_drops` holds the sums against float64.
ROUNDING_OF_LOBES = 1e-5


def assert_like_peer(values, weight, placed, shape, kernel="square", pixfrac=1.0, ratio=1.0, scale=1.0):
    """All planes, the weights, the context and the empty pixels are as the package has them."""
    limits = scan_limits(lambda x, y: placed[:, y, x], weight.shape, shape, known_section(placed))
    sums = resampled(values, weight, placed, shape, drop_of(kernel, pixfrac, ratio), limits=limits, scale=scale)
    peer, images = peer_of(values, weight, placed, shape, kernel, pixfrac, ratio, scale)
    context = current_backend().xp.zeros((1, *shape), np.int32)
    add_context(context, sums, 0)
    weights, ours = images_of(sums)

    np.testing.assert_array_equal(current_backend().asnumpy(context), peer.out_ctx)
    np.testing.assert_array_equal(weights == 0, peer.out_wht == 0)
    if kernel in LOBES:
        heavy = peer.out_wht > peer.out_wht.max() / 2
        np.testing.assert_allclose(weights, peer.out_wht, rtol=0, atol=ROUNDING * peer.out_wht.max())
        np.testing.assert_allclose(ours[:, heavy], images[:, heavy], rtol=ROUNDING_OF_LOBES)
    else:
        np.testing.assert_allclose(weights, peer.out_wht, rtol=ROUNDING)
        np.testing.assert_allclose(ours, images, rtol=ROUNDING)
    return ours


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("angle", "ratio", "pixfrac"), [(0, 1, 1), (0.3, 1, 0.5), (30, 0.5, 1), (30, 2, 0.5), (137, 1, 1)]
)
def test_like_the_package(kernel, angle, ratio, pixfrac):
    placed, shape = turned_map(SHAPE, angle, ratio, bend=0.1)
    assert_like_peer(*random_planes(2, SHAPE), placed, shape, kernel, pixfrac, ratio)


@pytest.mark.parametrize("shift", [(0, 0), (0.5, 0.5), (0.25, 0.75), (1, 0.1)])
@pytest.mark.parametrize("kernel", ["square", "point", "turbo"])
def test_shifts_that_meet_the_edges_of_pixels(kernel, shift):
    placed, shape = turned_map(SHAPE, 0, shift=shift)
    assert_like_peer(*random_planes(1, SHAPE), placed, shape, kernel)


def test_a_scale_multiplies_values_alone():
    placed, shape = turned_map(SHAPE, 0.3)
    assert_like_peer(*random_planes(2, SHAPE), placed, shape, scale=1 / 0.37)


def test_an_image_that_is_turned_over():
    placed, shape = turned_map(SHAPE, 20)
    assert_like_peer(*random_planes(1, SHAPE), placed[::-1].copy(), shape[::-1])


def test_pixels_smaller_than_a_window_of_cells():
    """Ten cells and more a pixel, along each axis."""
    placed, shape = turned_map((12, 14), 25, 0.1)
    assert_like_peer(*random_planes(2, (12, 14)), placed, shape, ratio=0.1)


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_unknown_place_is_left_out(kernel):
    placed, shape = turned_map(SHAPE, 10, 0.8)
    placed[:, :3], placed[:, :, -4:] = np.nan, np.nan
    placed[0, 20:23, 30], placed[1, 41, 11] = np.nan, np.nan
    assert_like_peer(*random_planes(1, SHAPE), placed, shape, kernel, ratio=0.8)


def test_values_that_are_nan_spread_where_they_have_weight():
    placed, shape = turned_map(SHAPE, 30)
    values, weight = random_planes(3, SHAPE)
    values[0, 10:12, 13], values[1, 30, 31], values[2, 40:45, 50] = np.nan, np.inf, np.nan
    weight[40:45, 50] = 0
    ours = assert_like_peer(values, weight, placed, shape)
    inner = slice(45, 55)
    assert np.isnan(ours[0]).sum() > np.isnan(ours[2]).sum()
    assert np.isfinite(ours[2][inner, inner]).all()


def test_a_weight_that_is_nan_makes_weights_nan_that_it_falls_into():
    """And values; the package keeps the value where nothing else falls into a pixel."""
    placed, shape = turned_map(SHAPE, 0.3)
    values, weight = random_planes(1, SHAPE)
    weight[20, 30] = np.nan
    sums = resampled(values, weight, placed, shape, drop_of("square"))
    peer, images = peer_of(values, weight, placed, shape)
    weights, ours = images_of(sums)
    np.testing.assert_allclose(weights, peer.out_wht, rtol=ROUNDING)
    assert 4 <= np.isnan(weights).sum() <= 9
    known = np.isfinite(peer.out_wht)
    np.testing.assert_allclose(ours[:, known], images[:, known], rtol=ROUNDING)


def test_weights_of_zero_leave_all_empty():
    placed, shape = turned_map(SHAPE, 30)
    ours = assert_like_peer(random_planes(1, SHAPE)[0], np.zeros(SHAPE, np.float32), placed, shape)
    assert np.isnan(ours).all()


@pytest.mark.parametrize("angle", [0, 30, 90, 211])
@pytest.mark.parametrize("kernel", ["square", "turbo", "lanczos3"])
def test_an_output_that_holds_a_part_of_the_input(angle, kernel):
    placed, _ = turned_map(SHAPE, angle, shift=(-14.3, -22.2), bend=0.1)
    assert_like_peer(*random_planes(1, SHAPE), placed, (40, 45), kernel)


def test_a_map_outside_of_the_output():
    placed, shape = turned_map(SHAPE, 3, shift=(1000, 0))
    ours = assert_like_peer(*random_planes(1, SHAPE), placed, (50, 60))
    assert np.isnan(ours).all()
