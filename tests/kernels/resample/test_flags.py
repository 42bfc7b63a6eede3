"""Flags of input pixels go where their weight goes; sums of a part are added to those of the whole."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.resample.drizzle import add_part
from gpucal.kernels.resample.drops import drop_of
from gpucal.kernels.resample.sums import Sums, add_sums, no_sums
from tests.kernels.resample.images import on_host, part_of, random_planes, resampled, turned_map

SHAPE = (20, 30)


def flagged(shape, placed, drop, weight, flags):
    sums = no_sums(shape, 1, drop, with_flags=True)
    limits = np.tile([0, SHAPE[1]], (SHAPE[0], 1))
    part = part_of(np.ones((1, *SHAPE), np.float32), weight, placed, limits, (0, 0), SHAPE)
    add_part(sums, part._replace(flags=current_backend().asarray(flags)), drop)
    return sums


@pytest.mark.parametrize("kernel", ["square", "turbo", "lanczos2"])
def test_flags_are_those_of_drizzle(kernel):
    from drizzle.resample import Drizzle

    placed, shape = turned_map(SHAPE, 20, 0.9)
    _, weight = random_planes(1, SHAPE)
    flags = np.random.default_rng(7).choice([0, 0, 0, 1, 2, 4, 2**31], SHAPE).astype(np.uint32)
    sums = flagged(shape, placed, drop_of(kernel, 1, 0.9), weight, flags)
    peer = Drizzle(kernel=kernel, out_shape=shape, out_dq=np.zeros(shape, np.uint32))
    pixel_map = np.ascontiguousarray(np.moveaxis(placed, 0, -1))
    peer.add_image(np.ones(SHAPE, np.float32), 1.0, pixel_map, weight_map=weight, dq=flags, pixel_scale_ratio=0.9)
    np.testing.assert_array_equal(current_backend().asnumpy(sums.flags), peer.out_dq)
    assert len(np.unique(peer.out_dq)) > 4


def test_flags_on_all_backends(backend):
    placed, shape = turned_map((4, 5), 30)
    weight = np.ones((4, 5), np.float32)
    weight[1, 2] = 0
    flags = np.zeros((4, 5), np.uint32)
    flags[1, 2], flags[2, 1] = 8, 4
    sums = no_sums(shape, 1, drop_of("point"), with_flags=True)
    limits = np.tile([0, 5], (4, 1))
    part = part_of(np.ones((1, 4, 5), np.float32), weight, placed, limits, (0, 0), (4, 5))
    add_part(sums, part._replace(flags=backend.asarray(flags)), drop_of("point"))
    x, y = np.round(placed[:, 2, 1]).astype(int)
    expected = np.zeros(shape, np.uint32)
    expected[y, x] = 4  # what has no weight brings no flags
    np.testing.assert_array_equal(backend.asnumpy(sums.flags), expected)


def test_flags_without_a_place_for_them_are_refused():
    placed, shape = turned_map(SHAPE, 0)
    weight, flags = np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.uint32)
    drop = drop_of("square")
    part = part_of(weight[None], weight, placed, np.tile([0, SHAPE[1]], (SHAPE[0], 1)), (0, 0), SHAPE)
    with_flags = part._replace(flags=current_backend().asarray(flags))
    with pytest.raises(ValueError, match="of pixels that have them"):
        add_part(no_sums(shape, 1, drop), with_flags, drop)
    with pytest.raises(ValueError, match="of pixels that have them"):
        add_part(no_sums(shape, 1, drop, with_flags=True), part, drop)
    with pytest.raises(ValueError, match="do not fit"):
        add_part(no_sums(shape, 1, drop, with_flags=True), with_flags._replace(flags=with_flags.flags[1:]), drop)


@pytest.mark.parametrize("kernel", ["square", "lanczos2"])
def test_sums_of_a_part_are_added(kernel):
    placed, shape = turned_map(SHAPE, 20)
    values, weight = random_planes(2, SHAPE)
    drop = drop_of(kernel)
    own = resampled(values, weight, placed, shape, drop)
    whole = no_sums((shape[0] + 5, shape[1] + 3), 1, drop)
    for _ in range(2):
        add_sums(whole, own._replace(corner=(5, 2)))
    made, expected = on_host(whole), np.zeros((2, shape[0] + 5, shape[1] + 3))
    expected[:, 5:, 2:-1] = 2 * on_host(own)[:2]
    np.testing.assert_array_equal(made, expected)
    touched = current_backend().asnumpy(whole.touched)
    assert touched.size == 0 or touched[5:, 2:-1].sum() == touched.sum() == own.touched.sum() > 0
    with pytest.raises(ValueError, match="are no part of"):
        add_sums(whole, own._replace(corner=(6, 2)))
    with pytest.raises(ValueError, match="are no part of"):
        add_sums(own, whole._replace(corner=(0, 0)))


def test_sums_of_a_part_are_added_on_all_backends(backend):
    added = np.arange(24.0).reshape(2, 4, 3)
    part = Sums(backend.asarray(added), backend.xp.zeros((0, 0), bool), (1, 2))
    whole = no_sums((4, 7), 1, drop_of("square"))
    add_sums(whole, part)
    expected = np.zeros((4, 7, 2))
    expected[1:3, 2:6] = added[..., :2]
    np.testing.assert_array_equal(backend.asnumpy(whole.totals), expected)
