"""Sums do not depend on tiles, threads, or how the input is cut; backends agree; shapes are checked."""

from dataclasses import replace

import numpy as np
import pytest

from gpucal.backend import current_backend, use_backend
from gpucal.kernels.resample.drizzle import add_image, add_part
from gpucal.kernels.resample.drops import drop_of
from gpucal.kernels.resample.sums import add_context, emptied, means, no_sums
from gpucal.kernels.wcs.instructions import AFFINE_2D
from gpucal.wcs.program import Instruction, assembled
from tests.kernels.resample.images import images_of, on_host, part_of, random_planes, resampled, turned_map

SHAPE = (75, 150)
DEVICE = {"values", "weight", "pixel_map"}
KERNELS = ["square", "point", "turbo", "gaussian", "lanczos3"]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("angle", [0.3, 30])
def test_bands_and_threads_give_the_same_bits(kernel, angle, monkeypatch):
    placed, shape = turned_map(SHAPE, angle, 0.9, bend=0.3)
    values, weight = random_planes(4, SHAPE)
    drop = drop_of(kernel, 1, 0.9)
    expected = resampled(values, weight, placed, shape, drop, tile=shape)
    for nthreads in (1, 2, 3):
        monkeypatch.setenv("NUMBA_NUM_THREADS", str(nthreads))
        for tile in (None, (1, shape[1]), (7, shape[1]), (64, shape[1]), (5, 9)):
            sums = resampled(values, weight, placed, shape, drop, tile=tile)
            np.testing.assert_array_equal(on_host(sums), on_host(expected))
            np.testing.assert_array_equal(*map(current_backend().asnumpy, (sums.touched, expected.touched)))


@pytest.mark.parametrize("kernel", ["square", "lanczos2"])
def test_blocks_of_rows_give_the_same_bits(kernel):
    placed, shape = turned_map(SHAPE, 30)
    values, weight = random_planes(2, SHAPE)
    expected = resampled(values, weight, placed, shape, drop_of(kernel), rows=SHAPE[0])
    for rows in (1, 2, 17):
        sums = resampled(values, weight, placed, shape, drop_of(kernel), rows=rows)
        np.testing.assert_array_equal(on_host(sums), on_host(expected))


@pytest.mark.parametrize("kernel", KERNELS)
def test_rectangles_of_the_input_come_to_the_same(kernel):
    """In another order, so that sums are rounded otherwise."""
    placed, shape = turned_map(SHAPE, 30)
    values, weight = random_planes(1, SHAPE)
    expected = resampled(values, weight, placed, shape, drop_of(kernel))
    sums = resampled(values, weight, placed, shape, drop_of(kernel), rows=20, columns=33)
    np.testing.assert_allclose(on_host(sums), on_host(expected), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("nplanes", [1, 2, 4, 5, 9])
def test_planes_are_summed_alike_however_many_there_are(nplanes):
    placed, shape = turned_map((20, 30), 30)
    values, weight = random_planes(9, (20, 30))
    sums = resampled(values[:nplanes], weight, placed, shape, drop_of("square"))
    alone = resampled(values[nplanes - 1 : nplanes], weight, placed, shape, drop_of("square"))
    np.testing.assert_array_equal(on_host(sums)[[0, nplanes]], on_host(alone))


def test_a_rectangle_of_the_output():
    placed, shape = turned_map(SHAPE, 30)
    values, weight = random_planes(2, SHAPE)
    whole = resampled(values, weight, placed, shape, drop_of("square"))
    sums = no_sums((40, 50), 2, drop_of("square"), corner=(30, 41))
    limits = np.tile([0, SHAPE[1]], (SHAPE[0], 1))
    add_part(sums, part_of(values, weight, placed, limits, (0, 0), SHAPE), drop_of("square"))
    np.testing.assert_array_equal(on_host(sums), on_host(whole)[:, 30:70, 41:91])
    assert (on_host(sums)[0] > 0).mean() > 0.9


@pytest.mark.parametrize("kernel", KERNELS)
def test_backends_agree_to_the_bit(backend, kernel):
    placed, shape = turned_map((6, 7), 30)
    values, weight = random_planes(2, (6, 7))
    sums = resampled(values, weight, placed, shape, drop_of(kernel))
    totals, mean = on_host(sums), backend.asnumpy(means(sums, 1))
    with use_backend("cpu"):
        expected = resampled(values, weight, placed, shape, drop_of(kernel))
        np.testing.assert_array_equal(totals, on_host(expected))
        np.testing.assert_array_equal(mean, means(expected, 1))


def test_an_image_whose_map_a_program_makes():
    """Some rows at a time: the same bits."""
    shape = 300, 400
    turn = np.deg2rad(20)
    affine = np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn), 120.0, 3.0
    program = assembled([Instruction(AFFINE_2D, (2, 3), (0, 1), affine)], 2, (2, 3))
    values, weight = random_planes(3, shape)
    limits = np.tile([0, shape[1]], (shape[0], 1))
    expected, sums = (no_sums((450, 520), 3, drop_of("square")) for _ in range(2))
    whole = part_of(values, weight, current_backend().asnumpy(program.on_grid(shape)), limits, (0, 0), shape, 0.5)
    add_part(expected, whole, drop_of("square"))
    planes = list(whole.values)
    with use_backend(replace(current_backend(), scratch_bytes=3 * 2**20)):
        add_image(sums, planes, whole.weight, program.on_grid, limits, drop_of("square"), 0.5)
    np.testing.assert_array_equal(on_host(sums), on_host(expected))
    np.testing.assert_allclose(on_host(sums)[0].sum(), weight.sum(dtype=float), rtol=1e-7)
    with pytest.raises(ValueError, match="2 planes with 300 rows"):
        add_image(sums, planes[:2], whole.weight, program.on_grid, limits, drop_of("square"))


def test_some_rows_of_an_image_and_square_roots_of_planes():
    shape = 60, 70
    program = assembled([Instruction(AFFINE_2D, (2, 3), (0, 1), (1.0, 0.0, 0.0, 1.0, 0.3, 0.4))], 2, (2, 3))
    values, weight = random_planes(3, shape)
    planes, weight = map(current_backend().asarray, (np.abs(values), weight))
    limits = np.tile([0, shape[1]], (shape[0], 1))
    drop = drop_of("square")
    expected, sums = no_sums((70, 80), 3, drop), no_sums((10, 80), 3, drop, corner=(20, 0))
    rooted = [planes[0], *(current_backend().xp.sqrt(plane) for plane in planes[1:])]
    add_image(expected, rooted, weight, program.on_grid, limits, drop)
    add_image(sums, list(planes), weight, program.on_grid, limits, drop, nroots=2, rows=slice(17, 33))
    np.testing.assert_array_equal(on_host(sums), on_host(expected)[:, 20:30])
    assert (on_host(sums)[0] > 0).mean() > 0.8


def test_sums_are_emptied_in_their_own_memory():
    sums = no_sums((5, 6), 1, drop_of("lanczos2"), with_flags=True)
    for array in (sums.totals, sums.touched, sums.flags):
        array[...] = 1
    again = emptied(sums, 3, (7, 2))
    assert again.corner == (7, 2) and again.totals.shape == (3, 6, 2)
    assert not again.totals.any() and not again.touched.any() and not again.flags.any()
    assert sums.totals[3:].all() and sums.touched[3:].all() and sums.flags[3:].all()


def test_nothing_is_added_of_nothing():
    sums = no_sums((5, 6), 1, drop_of("square"))
    empty = np.zeros((0, 4), np.float32)
    part = part_of(empty[None], empty, np.zeros((2, 1, 4)), np.zeros((0, 2), int), (0, 0), (4, 4))
    add_part(sums, part, drop_of("square"))
    assert not on_host(sums).any()
    assert np.isnan(images_of(sums)[1]).all()
    assert (current_backend().asnumpy(means(sums, 0, empty=-7)) == -7).all()


def test_context_has_a_bit_for_each_image(backend):
    placed, shape = turned_map((6, 7), 30)
    sums = resampled(*random_planes(1, (6, 7)), placed, shape, drop_of("square"))
    context = backend.xp.zeros((2, *shape), np.int32)
    add_context(context, sums, 31)
    add_context(context, sums, 33)
    bits = np.array([-(2**31), 2])[:, None, None]
    np.testing.assert_array_equal(backend.asnumpy(context), np.where(on_host(sums)[0] > 0, bits, 0))
    with pytest.raises(ValueError, match="no place for image 64"):
        add_context(context, sums, 64)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": np.zeros((2, 8, 9), np.float32)}, "1 planes of 8 x 9 pixels"),
        ({"weight": np.zeros((8, 8), np.float32)}, "1 planes of 8 x 8 pixels"),
        ({"pixel_map": np.zeros((2, 8, 10))}, "the map is of"),
        ({"image_shape": (8, 10)}, "the map is of"),
        ({"limits": np.zeros((7, 2), int)}, "for 8 rows"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(changed, message):
    part = part_of(
        np.zeros((1, 8, 9), np.float32), np.zeros((8, 9), np.float32), np.zeros((2, 8, 9)), np.zeros((8, 2), int),
        (0, 0), (8, 9),
    )  # fmt: skip
    changed = {name: current_backend().asarray(one) if name in DEVICE else one for name, one in changed.items()}
    sums = no_sums((5, 6), 1, drop_of("square"))
    add_part(sums, part, drop_of("square"))
    with pytest.raises(ValueError, match=message):
        add_part(sums, part._replace(**changed), drop_of("square"))


def test_an_image_of_one_row_is_refused():
    part = part_of(
        np.zeros((1, 1, 9), np.float32), np.zeros((1, 9), np.float32), np.zeros((2, 1, 9)), np.zeros((1, 2), int),
        (0, 0), (1, 9),
    )  # fmt: skip
    with pytest.raises(ValueError, match="too small"):
        add_part(no_sums((5, 6), 1, drop_of("square")), part, drop_of("square"))
