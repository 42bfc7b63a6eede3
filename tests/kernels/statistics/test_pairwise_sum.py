"""Sums in the order in which NumPy adds."""

import numpy as np
import pytest

from gpucal.backend import pixel_kernel
from gpucal.kernels.statistics.pairwise_sum import DEPTH, LANES, pairwise_sum


@pixel_kernel
def sum_of_row(frame, values, begin, count, partial, pending, single, sums):
    sums[frame] = pairwise_sum(values, frame, begin, count, partial, pending, frame, single)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 127, 128, 129, 1000, 4099])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_to_the_last_bit(backend, dtype, count):
    values = np.random.default_rng(count).normal(1e3, 1e3, (2, count + 5)).astype(dtype)
    sums = backend.asarray(np.zeros(2))
    scratch = backend.asarray(np.zeros((2, DEPTH + LANES))), backend.asarray(np.zeros((2, DEPTH), np.int32))

    given = backend.asarray(values.astype(np.float64))
    sum_of_row((2,), given, 3, count, *scratch, dtype is np.float32, sums)

    np.testing.assert_array_equal(backend.asnumpy(sums), [row[3 : 3 + count].sum() for row in values])
