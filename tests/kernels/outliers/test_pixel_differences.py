"""Pixels that stand out from their neighbours: differences by hand, and the percentile that is cut at."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.outliers.pixel_differences import above_percentile, normalized, smaller_differences

NAN = np.nan


@pytest.mark.parametrize("along_rows", [True, False])
def test_the_smaller_difference(along_rows, backend):
    data = np.array([[3, 4, 10, NAN, 1, 1.5, 9, -2], [5, 5, 5, 5, 7, 5, 5, 5]], np.float32)
    dq = np.zeros(data.shape, np.uint32)
    dq[0, 6] = DO_NOT_USE | 4
    dq[1, 0] = 4
    expected = np.array([[1, 1, 6, NAN, 0.5, 0.5, NAN, 2], [0, 0, 0, 0, 2, 0, 0, 0]], np.float32)
    arrays = (data, dq) if along_rows else (data.T.copy(), dq.T.copy())
    found = backend.asnumpy(smaller_differences(*map(backend.asarray, arrays), along_rows))
    np.testing.assert_array_equal(found if along_rows else found.T, expected)


def test_differences_are_divided_by_what_is_usual_about_them(backend):
    rng = np.random.default_rng(4)
    differences = rng.gamma(2, 1, (12, 14)).astype(np.float32)
    differences[:, 7:] *= 100
    differences[:3, :3] = 1e-3
    differences[5, 5] = NAN
    medians, values = map(backend.asnumpy, normalized(backend.asarray(differences), (3, 5)))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(differences, ((1, 1), (2, 2))).astype(float), (3, 5))
    floor = np.nanmedian(differences.astype(float)) / 3
    expected = np.maximum(np.nanmedian(windows, axis=(-1, -2)), floor)
    np.testing.assert_array_equal(medians, expected)
    np.testing.assert_array_equal(values, differences / expected)
    assert (expected == floor).any() and np.isnan(values[5, 5])


def test_the_edges_do_not_tell_what_is_usual(backend):
    values = np.arange(400.0).reshape(20, 20)
    values[:4] += 1000
    values[10, 10] = NAN
    mask, limit = above_percentile(backend.asarray(values), 90)
    assert limit == np.nanpercentile(values[4:-4, 4:-4], 90)
    np.testing.assert_array_equal(backend.asnumpy(mask), values > limit)


def test_nothing_known_nothing_found(backend):
    differences = backend.asarray(np.full((12, 12), NAN, np.float32))
    mask, limit = above_percentile(normalized(differences, (7, 7)).values, 99.8)
    assert np.isnan(limit) and not backend.asnumpy(mask).any()
