"""Sums and histograms of regions, against plain ones of their pixels."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.sky.region_sums import ROWS, region_histogram, region_moments
from gpucal.kernels.sky.spans import polygon_spans

LOW, HIGH = np.float32(-1), np.float32(1.5)


def image(shape=(23, 17)):
    rng = np.random.default_rng(0)
    values = rng.normal(0.3, 1, shape).astype(np.float32)
    values[rng.random(shape) < 0.1] = np.nan
    values[3, 5], values[4, 6] = LOW, HIGH
    return values


def spans_and_mask(shape=(23, 17)):
    spans = polygon_spans([[(2, 1), (15, 4), (9, 22), (0, 12)], [(8, 0), (16, 3), (12, 11)]], shape)
    x = np.arange(shape[1])
    return spans, ((spans[..., :1] <= x) & (x <= spans[..., 1:])).any(axis=1)


def test_sums_of_a_region(backend):
    values, (spans, mask) = image(), spans_and_mask()
    kept = values[mask & (values >= LOW) & (values <= HIGH)].astype(np.float64)
    moments = region_moments(backend.asarray(values), backend.asarray(spans), LOW, HIGH, 0.25)
    assert moments.count == kept.size
    assert moments.total == pytest.approx((kept - 0.25).sum(), rel=1e-12)
    assert moments.squares == pytest.approx(((kept - 0.25) ** 2).sum(), rel=1e-12)
    assert (moments.smallest, moments.largest) == (kept.min(), kept.max()) == (LOW, HIGH)


def test_rows_of_several_bands_and_columns_of_several_strips():
    shape = 2 * ROWS + 5, 1300
    values = np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)
    spans = np.tile(np.array([[5, 1290]], np.int32), (shape[0], 1, 1))
    kept = values[:, 5:1291].astype(np.float64)
    backend = current_backend()
    moments = region_moments(backend.asarray(values), backend.asarray(spans), np.float32(-9), np.float32(9), 0.0)
    assert moments.count == kept.size
    assert moments.total == pytest.approx(kept.sum(), rel=1e-9)
    assert moments.squares == pytest.approx((kept**2).sum(), rel=1e-12)
    assert (moments.smallest, moments.largest) == (kept.min(), kept.max())


def test_a_region_without_values(backend):
    values, (spans, _) = image(), spans_and_mask()
    moments = region_moments(backend.asarray(values), backend.asarray(spans), np.float32(90), np.float32(91), 0.0)
    assert moments == (0, 0.0, 0.0, np.inf, -np.inf)


@pytest.mark.parametrize("nbins", [1, 10, 100_000])
def test_a_histogram_of_a_region(nbins, backend):
    values, (spans, mask) = image(), spans_and_mask()
    width = np.float32(2.5) / np.float32(nbins)
    kept = values[mask & (values >= LOW) & (values < LOW + width * np.float32(nbins))]
    places = ((kept - LOW) * (np.float32(1) / width)).astype(int)
    bins = region_histogram(backend.asarray(values), backend.asarray(spans), LOW, width, nbins)
    np.testing.assert_array_equal(bins, np.bincount(places, minlength=nbins)[:nbins])
    assert bins.sum() > 100
