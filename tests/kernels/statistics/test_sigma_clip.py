"""Clipped statistics, beside a statement of the rule that keeps no values in order."""

import numpy as np
import pytest

from gpucal.kernels.statistics.sigma_clip import (
    BlockSums,
    SortedRows,
    clip_rows,
    clipped_spreads_below,
    clipped_statistics,
    sorted_finite,
)


def clipped(values, reach=3.0, rounds=5):
    """Drop what is too far from the median, round by round; float64."""
    kept = values
    for _ in range(rounds):
        low, high = np.median(kept) - reach * kept.std(), np.median(kept) + reach * kept.std()
        kept = kept[(kept >= low) & (kept <= high)]
    return kept


def spread_below(backend, values, center):
    """Of one sample."""
    rows = SortedRows.of_one(sorted_finite(backend.asarray(values)))
    centers = backend.asarray(np.array([center]))
    return backend.asnumpy(clipped_spreads_below(rows, BlockSums.of(rows), centers))[0]


@pytest.fixture(params=[501, 502])
def values(request):
    rng = np.random.default_rng(request.param)
    return np.concatenate([rng.normal(5, 2, request.param), rng.exponential(60, 40)]).astype(np.float32)


def test_statistics(backend, values):
    ordered = sorted_finite(backend.asarray(values))

    found = clipped_statistics(ordered)

    kept = clipped(values.astype(float))
    assert kept.size < values.size - 20
    np.testing.assert_allclose(found, (kept.mean(), np.median(kept), kept.std()), rtol=1e-13)


@pytest.mark.parametrize(("reach", "rounds"), [(2.0, 1), (2.0, 3), (1.5, 5)])
def test_reach_and_rounds(backend, values, reach, rounds):
    ordered = sorted_finite(backend.asarray(values))

    found = clipped_statistics(ordered, reach, rounds)

    kept = clipped(values.astype(float), reach, rounds)
    np.testing.assert_allclose(found, (kept.mean(), np.median(kept), kept.std()), rtol=1e-13)


def test_spread_below_is_that_of_the_lower_half_and_its_mirror_image(backend, values):
    center = 5.1

    found = spread_below(backend, values, center)

    below = values[values <= center].astype(float) - center
    assert found == pytest.approx(clipped(np.concatenate([below, -below])).std(), rel=1e-12)


def test_values_that_are_not_finite_do_not_count(backend):
    values = backend.asarray(np.array([[3.0, np.nan], [np.inf, 1.0]], np.float32))
    np.testing.assert_array_equal(backend.asnumpy(sorted_finite(values)), [1, 3])


def test_no_value_below_has_no_spread(backend):
    assert np.isnan(spread_below(backend, np.array([1.0, 2.0]), 0.5))


@pytest.mark.parametrize("outlier", [-1e12, 1e12])
def test_outliers_do_not_spoil_the_sums(backend, values, outlier):
    spoiled = np.append(values.astype(float), outlier)
    rows = SortedRows.of_one(sorted_finite(backend.asarray(spoiled)))
    kept = clip_rows(rows, BlockSums.of(rows))
    expected = clipped(spoiled)
    assert outlier not in expected
    assert backend.asnumpy(kept.sigma)[0] == pytest.approx(expected.std(), rel=1e-12)
    assert spread_below(backend, spoiled, 5.1) == pytest.approx(spread_below(backend, values, 5.1), rel=1e-12)


def test_rows_are_clipped_each_by_itself(backend):
    """Of different numbers of values, one and none among them, and with values that are not finite."""
    rng = np.random.default_rng(7)
    values = rng.normal(rng.uniform(-50, 50, (6, 1)), 2, (6, 90)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] *= 30
    values[2, 5], values[3, 7:9] = np.nan, np.inf
    mask = rng.random(values.shape) < np.array([[0.9], [0], [0.6], [0.9], [0.2], [1]])
    mask[4], mask[4, 3] = False, True
    rows = SortedRows.of(backend.asarray(values), backend.asarray(mask))
    sums = BlockSums.of(rows)

    kept = clip_rows(rows, sums, reach=2.5)
    spreads = backend.asnumpy(clipped_spreads_below(rows, sums, kept.median))

    for row, (bounds, median, sigma) in enumerate(zip(*map(backend.asnumpy, kept), strict=True)):
        sample = values[row][mask[row] & np.isfinite(values[row])].astype(float)
        if not sample.size:
            assert bounds.tolist() == [0, 0] and np.isnan([median, sigma, spreads[row]]).all()
            continue
        expected = clipped(sample, 2.5)
        assert bounds[1] - bounds[0] == expected.size
        assert median == np.median(expected) and sigma == pytest.approx(expected.std(), rel=1e-11, abs=1e-11)
        below = sample[sample <= median] - median
        both = clipped(np.concatenate([below, -below]))
        assert spreads[row] == pytest.approx(both.std(), rel=1e-11, abs=1e-11)
