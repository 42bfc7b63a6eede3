"""Clipped statistics, beside a statement of the rule that keeps no values in order."""

import numpy as np
import pytest

from gpucal.kernels.statistics.sigma_clip import (
    clipped_spread_below,
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

    found = clipped_spread_below(sorted_finite(backend.asarray(values)), center)

    below = values[values <= center].astype(float) - center
    assert found == pytest.approx(clipped(np.concatenate([below, -below])).std(), rel=1e-12)


def test_values_that_are_not_finite_do_not_count(backend):
    values = backend.asarray(np.array([[3.0, np.nan], [np.inf, 1.0]], np.float32))
    np.testing.assert_array_equal(backend.asnumpy(sorted_finite(values)), [1, 3])


def test_no_value_below_has_no_spread(backend):
    assert np.isnan(clipped_spread_below(sorted_finite(backend.asarray(np.array([1.0, 2.0]))), 0.5))
