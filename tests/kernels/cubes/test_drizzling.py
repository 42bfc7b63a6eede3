"""Drops in cubes: weights are areas times lengths, sums do not depend on tiles, holes are told from what is outside."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.cubes.drizzle import COLUMNS, Grid, add_drops
from gpucal.kernels.cubes.field import mark_slices
from gpucal.kernels.cubes.finish import HOLE, OUTSIDE, blank, planes_of, torn_planes
from gpucal.kernels.cubes.sums import COUNT, VALUE, VARIANCE, WEIGHT, no_sums

SHAPE = NZ, NY, NX = 6, 5, 7
SIDE, STEP = 0.5, 0.1


def grid(folds=False):
    """Spaxels about zero, and planes from 5 micron."""
    centers = [(np.arange(count) - count // 2) * SIDE for count in (NX, NY)]
    arrays = [current_backend().asarray(one) for one in (*centers, 5 + STEP * np.arange(NZ), np.full(NZ, STEP))]
    return Grid(*arrays, SIDE, SIDE, folds)


def drop(x, y, wave, half=(0.1, 0.1), width=STEP, value=2.0, error=0.5, turn=0.0):
    """A rectangle, turned about its middle."""
    corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)]) * half
    cosine, sine = np.cos(turn), np.sin(turn)
    corners = corners @ np.array([[cosine, sine], [-sine, cosine]]) + (x, y)
    return [*corners[:, 0], *corners[:, 1], wave, width, value, error]


def added(*drops, folds=False, tile=None):
    """The sums of drops, on the host."""
    made = np.array(sorted(drops, key=lambda one: one[8]))
    sums = no_sums(SHAPE)
    add_drops(sums, current_backend().asarray(made), grid(folds), tile)
    return current_backend().asnumpy(sums)


def many(count, rng):
    places = rng.uniform(-1.5, 1.5, (count, 2))
    waves, sizes = rng.uniform(4.9, 5.6, count), rng.uniform(0.1, 0.6, (count, 2))
    given = zip(places, waves, sizes, strict=True)
    return [drop(*place, wave, size, turn=wave, value=wave) for place, wave, size in given]


def test_a_drop_inside_a_voxel_has_its_volume_as_weight(backend):
    sums = added(drop(0.05, -0.02, 5.2, (0.1, 0.15), width=0.04))
    voxel = sums[2, NY // 2, NX // 2]
    area = 0.2 * 0.3 * 0.04
    np.testing.assert_allclose(voxel, [2 * area, area, (0.5 * area) ** 2, 1], rtol=1e-6)
    assert (sums[..., COUNT] > 0).sum() == 1


def test_weights_of_a_turned_drop_add_to_its_volume(backend):
    sums = added(drop(0.2, 0.13, 5.27, (0.6, 0.3), turn=0.5))
    assert sums[..., WEIGHT].sum() == pytest.approx(1.2 * 0.6 * STEP, rel=1e-6)
    by_plane = sums[..., WEIGHT].sum(axis=(1, 2))
    np.testing.assert_allclose(by_plane / by_plane.sum(), [0, 0, 0.3, 0.7, 0, 0], atol=1e-6)
    reached = sums[..., COUNT] > 0
    np.testing.assert_allclose(sums[reached, VALUE] / sums[reached, WEIGHT], 2, rtol=1e-12)
    np.testing.assert_allclose(np.sqrt(sums[reached, VARIANCE]) / sums[reached, WEIGHT], 0.5, rtol=1e-12)


def test_sums_do_not_depend_on_tiles(backend):
    drops = many(60, np.random.default_rng(1))
    usual = added(*drops)
    assert usual[..., COUNT].max() > 3
    for tile in ((1, 1), (2, 5), (6, 2)):
        np.testing.assert_array_equal(added(*drops, tile=tile), usual)


def test_a_drop_that_is_not_known_adds_nothing(backend):
    unknown = drop(0, 0, 5.2)
    unknown[2] = np.nan
    without_width = drop(0, 0, 5.3)
    without_width[9] = np.nan
    assert not added(unknown, without_width).any()


def test_a_large_drop_that_begins_before_the_grid(backend):
    large = drop(-NX / 2 * SIDE - 0.5, 0, 5.2, (0.9, 0.1))
    assert added(large)[2, NY // 2, 0, WEIGHT] == pytest.approx(0.4 * 0.2 * STEP, rel=1e-6)
    assert not added(large, folds=True)[..., 0, COUNT].any()


def test_holes_of_the_field(backend):
    xp = current_backend().xp
    sums = no_sums(SHAPE)
    sums[:, 1:4, 1:6] = xp.asarray([8.0, 2.0, 4.0, 3.0])
    field = xp.zeros(SHAPE, np.uint8)
    field[0, 0, 3] = field[0, 2, 3] = field[0, 2, 6] = 1
    sums[0, 2, 3] = 0  # a hole: all of its neighbours have data
    sums[1, 2, 3] = 0  # not in the field
    field[2, 2, 2:5] = 1
    sums[2, 2, 2:5] = 0
    sums[2, 3, 4] = 0  # outside: the next one becomes so, too, but not what was looked at before
    planes = planes_of(sums, field)
    dq = current_backend().asnumpy(planes.dq)
    assert dq[0, 2, 3] == HOLE
    assert dq[0, 0, 3] == dq[0, 2, 6] == dq[1, 2, 3] == OUTSIDE
    np.testing.assert_array_equal(dq[2, 2, 1:6], [0, HOLE, HOLE, OUTSIDE, 0])
    data, err, weightmap = (current_backend().asnumpy(one) for one in planes[:3])
    assert (data[0, 1, 1], err[0, 1, 1], weightmap[0, 1, 1]) == (4, 1, 3)
    np.testing.assert_array_equal(np.isnan(data), dq != 0)
    np.testing.assert_array_equal(np.isnan(err), dq != 0)


def test_planes_that_some_slices_do_not_reach_are_blank(backend):
    xp = current_backend().xp
    sums = no_sums((30, NY, NX))
    sums[1:] = xp.asarray([1.0, 1.0, 1.0, 1.0])
    sums[29, 1:] = 0
    planes = planes_of(sums)
    torn = torn_planes(planes)
    assert torn.tolist() == [29]
    blank(planes, torn)
    assert current_backend().asnumpy(planes.dq[29] == OUTSIDE).all()
    assert not current_backend().asnumpy(planes.weightmap[29]).any()
    assert torn_planes(planes_of(no_sums(SHAPE))).size == 0


def test_spaxels_that_slices_cross(backend):
    asarray = current_backend().asarray
    field = asarray(np.zeros(SHAPE, np.uint8))
    places = np.array([(-1.5, 0.0), (1.5, 0.5), (-1.5, -1.0), (-1.0, 1.0), (0.0, 0.0)])
    waves, slices = np.array([5.0, 5.02, 5.21, 5.22, 5.5]), np.array([1, 1, 30, 30, 4], np.int32)
    mark_slices(field, asarray(places), asarray(waves), asarray(slices), grid(), 0.05)
    found = current_backend().asnumpy(field)
    rows, columns = np.nonzero(found[0])
    assert rows.tolist() == [2, 2, 2, 2, 3, 3, 3]
    assert columns.tolist() == list(range(7))
    rows, columns = np.nonzero(found[2])  # a steep one
    assert rows.tolist() == columns.tolist() == [0, 1, 2, 3, 4]
    assert not found[[1, 3, 4, 5]].any()
    with pytest.raises(ValueError, match="30 slices"):
        mark_slices(field, asarray(places), asarray(waves), asarray(slices + 1), grid(), 0.05)


def test_columns_of_drops():
    assert len(drop(0, 0, 5)) == COLUMNS
