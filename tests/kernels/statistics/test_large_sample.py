"""Clipped statistics of large samples, beside those of samples in order."""

import numpy as np
import pytest

from gpucal.kernels.statistics import large_sample
from gpucal.kernels.statistics.large_sample import clipped_statistics_of, median_of, percentiles_of
from gpucal.kernels.statistics.sigma_clip import clipped_statistics, sorted_finite


def samples():
    """Of odd and even numbers: outliers on one side and on both, a step, the same value again and again."""
    rng = np.random.default_rng(3)
    yield np.concatenate([rng.normal(5, 2, 5001), rng.exponential(60, 400)])
    yield np.concatenate([rng.normal(-1e-3, 1e-5, 6000), rng.normal(0, 10, 30)])
    yield np.repeat([1.0, 2.0], [4000, 3001])
    yield np.append(np.full(4999, 7.0), [1e6])
    yield np.array([3.5])


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(("reach", "rounds"), [(3.0, 5), (2.0, 1), (1.5, 5), (3.0, 0)])
def test_they_are_those_of_values_in_order(backend, number, reach, rounds, monkeypatch):
    monkeypatch.setattr(large_sample, "TELLING", 256)
    values = backend.asarray(list(samples())[number].astype(np.float32))
    ordered = sorted_finite(values)

    mean, median, sigma, count = clipped_statistics_of(values, reach, rounds)

    if rounds:
        assert (mean, median, sigma) == pytest.approx(clipped_statistics(ordered, reach, rounds), rel=1e-9, abs=1e-12)
    else:
        assert count == values.size
        assert median == np.median(backend.asnumpy(values))


def test_a_sample_that_is_told_wrong_is_put_in_order(monkeypatch):
    """Every so many-th value is looked at first: where these are no sample of the others, all are sorted."""
    monkeypatch.setattr(large_sample, "TELLING", 100)
    values = np.arange(10_000.0)
    values[::100] = -5.0
    assert clipped_statistics_of(values).median == np.median(values)


@pytest.mark.parametrize("shape", [(0,), (2, 3)])
def test_what_is_no_sample_is_refused(shape):
    with pytest.raises(ValueError, match="at least one value in a row"):
        clipped_statistics_of(np.zeros(shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", range(5))
def test_the_median_is_that_of_numpy(backend, number, dtype):
    values = list(samples())[number].astype(dtype)
    assert median_of(backend.asarray(values)) == np.median(values)


@pytest.mark.parametrize("number", range(5))
def test_percentiles_are_those_of_numpy(backend, number):
    values, percents = list(samples())[number], (0, 1, 33.3, 99, 100)
    found = percentiles_of(backend.asarray(values), percents)
    np.testing.assert_allclose(found, np.percentile(values, percents), rtol=1e-14)
