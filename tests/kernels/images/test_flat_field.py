"""Division by a flat field."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, HOT, NO_FLAT_FIELD, UNRELIABLE_FLAT
from gpucal.kernels.images.flat_field import (
    add_variance,
    divide_by_flat,
    multiply_by_flat,
    spread_nan,
    usable_flat,
)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(1)
    rates = rng.normal(100, 30, (3, 4, 5)).astype(np.float32)
    flat, error = rng.normal(1, 0.1, (2, 4, 5)).astype(np.float32)
    return rates, flat, np.abs(error) * np.float32(0.01)


def test_where_there_is_no_flat_it_is_one(backend):
    values = np.array([1.2, np.nan, 0, 1.2, 1.2, 1.2], np.float32)
    flags = np.array([0, HOT, 0, NO_FLAT_FIELD, DO_NOT_USE, UNRELIABLE_FLAT], np.uint32)
    both = NO_FLAT_FIELD | DO_NOT_USE
    expected = [0, HOT | both, both, both, DO_NOT_USE, UNRELIABLE_FLAT]
    given = backend.asarray(values), backend.asarray(flags)
    flat, dq = (backend.asnumpy(array) for array in usable_flat(*given))
    np.testing.assert_array_equal(dq, np.array(expected, np.uint32))
    np.testing.assert_array_equal(flat, np.array([1.2, 1, 1, 1, 1, 1.2], np.float32))
    assert dq.dtype == np.uint32 and flat.dtype == np.float32
    np.testing.assert_array_equal(backend.asnumpy(given[0]), values)
    np.testing.assert_array_equal(backend.asnumpy(given[1]), flags)


def test_division_and_the_variance_of_the_flat(backend, arrays):
    rates, flat, error = arrays
    data = backend.asarray(rates.copy())
    variance = backend.asnumpy(divide_by_flat(data, backend.asarray(flat), backend.asarray(error)))
    exact = rates.astype(float) / flat
    np.testing.assert_allclose(backend.asnumpy(data), exact, rtol=2e-7)
    np.testing.assert_allclose(variance, (exact * error.astype(float) / flat) ** 2, rtol=1e-6)
    assert variance.dtype == np.float32


def test_multiplication_undoes_division(backend, arrays):
    rates, flat, error = arrays
    data = backend.asarray(rates.copy())
    divide_by_flat(data, backend.asarray(flat), backend.asarray(error))
    variance = multiply_by_flat(data, backend.asarray(flat))
    np.testing.assert_allclose(backend.asnumpy(data), rates, rtol=3e-7)
    assert variance.shape == rates.shape and not backend.asnumpy(variance).any()


def test_variances_are_added_in_quadrature(backend):
    error = backend.asarray(np.array([[3, 0, np.nan]], np.float32))
    add_variance(error, backend.asarray(np.array([[16, 25, 1]], np.float32)))
    np.testing.assert_array_equal(backend.asnumpy(error), [[5, 5, np.nan]])


def test_what_is_nan_in_one_array_is_nan_in_all(backend):
    first, second = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
    first[0, 1], second[1, 2] = np.nan, np.nan
    arrays = backend.asarray(first), backend.asarray(second)
    spread_nan(*arrays)
    for array in arrays:
        np.testing.assert_array_equal(np.argwhere(np.isnan(backend.asnumpy(array))), [[0, 1], [1, 2]])
    assert backend.asnumpy(arrays[0])[0, 0] == 0 and backend.asnumpy(arrays[1])[0, 0] == 1
