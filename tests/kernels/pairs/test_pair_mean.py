"""Means of two images that are whole pixels apart, pixel by pixel."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.pairs.pair_mean import Image, mean_of_pair, mean_of_pair_as_peer, moved_onto

SHAPE = 5, 7


def image(seed):
    rng = np.random.default_rng(seed)
    data, err, variance = (rng.uniform(1, 2, SHAPE).astype(np.float32) for _ in range(3))
    dq = rng.choice([0, 0, 0, DO_NOT_USE, JUMP_DET], SHAPE).astype(np.uint32)
    data[1, 2 + seed] = np.nan
    return Image(data, err, dq, {"var_rnoise": variance, f"only_{seed}": variance})


def on_backend(one):
    backend = current_backend()
    planes = {name: backend.asarray(plane) for name, plane in one.variances.items()}
    return Image(*(backend.asarray(plane) for plane in one[:3]), planes)


def on_host(one):
    backend = current_backend()
    planes = {name: backend.asnumpy(plane) for name, plane in one.variances.items()}
    return Image(*(backend.asnumpy(plane) for plane in one[:3]), planes)


def expected_pixel(first, second, y, x, dx, dy):
    """Data, error, flags and variance of a pixel."""

    def at(one, row, column):
        inside = 0 <= row < SHAPE[0] and 0 <= column < SHAPE[1]
        if not inside or one.dq[row, column] & DO_NOT_USE or np.isnan(one.data[row, column]):
            return None
        places = one.data, one.err, one.dq, one.variances["var_rnoise"]
        return tuple(plane[row, column] for plane in places)

    here, there = at(first, y, x), at(second, y + dy, x + dx)
    if here and there:
        err = np.sqrt(float(here[1]) ** 2 + float(there[1]) ** 2) / 2
        return (float(here[0]) + float(there[0])) / 2, err, here[2], (float(here[3]) + float(there[3])) / 4
    return here or there or (np.nan, np.nan, first.dq[y, x] | DO_NOT_USE, np.nan)


@pytest.mark.parametrize("offset", [(0, 0), (2, 1), (-3, 2), (1, -4), (-6, -1), (7, 0), (0, -9)])
def test_each_pixel(offset, backend):
    first, second = image(0), image(1)
    mean = on_host(mean_of_pair(on_backend(first), on_backend(second), offset))
    for y, x in np.ndindex(SHAPE):
        data, err, dq, variance = expected_pixel(first, second, y, x, *offset)
        found = mean.data[y, x], mean.err[y, x], mean.variances["var_rnoise"][y, x]
        np.testing.assert_allclose(found, (data, err, variance), rtol=2e-7)
        assert mean.dq[y, x] == dq
    assert mean.variances.keys() == {"var_rnoise"}
    assert [plane.dtype for plane in mean[:3]] == [np.float32, np.float32, np.uint32]


def test_the_error_of_a_mean_is_that_of_its_scatter():
    """Of a hundred thousand pairs with errors 3 and 4: 2.5."""
    rng = np.random.default_rng(2)
    shape = 300, 350
    first, second = (
        Image(rng.normal(7, sigma, shape).astype(np.float32), np.full(shape, sigma, np.float32),
              np.zeros(shape, np.uint32), {"var_poisson": np.full(shape, sigma**2, np.float32)})
        for sigma in (3, 4)
    )  # fmt: skip
    mean = mean_of_pair(first, second, (0, 0))
    assert mean.data.std() == pytest.approx(2.5, rel=0.01)
    assert (mean.err == 2.5).all()
    assert (mean.variances["var_poisson"] == 6.25).all()


def test_as_jwst_makes_it():
    """The second image counts as 0, and as good, beyond its border; NaN counts as 0."""
    ones = np.ones(SHAPE, np.float32)
    first = Image(4 * ones, ones, np.zeros(SHAPE, np.uint32), {"var_rnoise": ones})
    second = Image(2 * ones, 2 * ones, np.full(SHAPE, SATURATED, np.uint32), {"var_rnoise": ones})
    first.dq[0, :2], second.dq[0, 4] = DO_NOT_USE, DO_NOT_USE
    first.data[2, 0] = np.nan
    mean = mean_of_pair_as_peer(first, second, (3, 0))
    data, err = np.full(SHAPE, 3.0), np.full(SHAPE, 1.5)
    data[:, 4:], err[:, 4:] = 2.0, 0.5
    data[0, :2], err[0, :2] = (2, 0), (2, 0)
    data[2, 0] = 1.0
    dq = np.zeros(SHAPE, int)
    dq[0, :2] = SATURATED, DO_NOT_USE
    np.testing.assert_array_equal(mean.data, data)
    np.testing.assert_array_equal(mean.err, err)
    np.testing.assert_array_equal(mean.dq, dq)
    assert mean.variances == {}
    assert np.isnan(first.data[2, 0])


def test_a_plane_that_is_moved(backend):
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    moved = backend.asnumpy(moved_onto(backend.asarray(plane), (1, -2), -1))
    np.testing.assert_array_equal(moved, [[-1] * 4, [-1] * 4, [1, 2, 3, -1]])
