"""Columns of samples sorted by a network, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpucal.backend import strip_kernel, use_backend
from gpucal.backend.strips import Scratch
from gpucal.kernels.statistics.sorted_samples import sort_samples, sorted_median


@strip_kernel
def sort_columns(begin, end, samples, state, values, ordered, counts, medians):
    nvalues, width = values.shape[0], end - begin
    for place in range(nvalues):
        for lane in range(width):
            samples[place, lane] = values[place, begin + lane]
    sort_samples(samples, nvalues, width, state[0])
    for lane in range(width):
        counts[begin + lane] = state[0, lane]
        medians[begin + lane] = sorted_median(samples, lane, 0, int(state[0, lane]))
        for place in range(nvalues):
            ordered[place, begin + lane] = samples[place, lane]


def sorted_columns(backend, values):
    """Columns in order, how many values are known, and their medians."""
    nvalues, ncolumns = values.shape
    ordered = backend.asarray(np.empty_like(values))
    counts, medians = (backend.asarray(np.empty(ncolumns)) for _ in range(2))
    sort_columns((ncolumns,), Scratch(nvalues, 1), backend.asarray(values), ordered, counts, medians)
    return [backend.asnumpy(array) for array in (ordered, counts, medians)]


@pytest.mark.parametrize("nvalues", [*range(1, 34), 49, 64, 65, 98])
def test_columns_are_sorted(backend, nvalues):
    values = np.random.default_rng(nvalues).normal(0, 100, (nvalues, 20)).astype(np.float32)
    ordered, counts, medians = sorted_columns(backend, values)
    np.testing.assert_array_equal(ordered, np.sort(values, axis=0))
    assert (counts == nvalues).all()
    np.testing.assert_array_equal(medians, np.median(values.astype(np.float64), axis=0))


@settings(deadline=None, max_examples=60)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 5)),
        elements=st.floats(width=32) | st.sampled_from([0.0, 1.0, float("nan")]),
    )
)
def test_any_values_are_sorted_and_nan_goes_last(values):
    with use_backend("cpu") as backend:
        ordered, counts, _ = sorted_columns(backend, values)
    np.testing.assert_array_equal(ordered, np.sort(np.where(np.isnan(values), np.inf, values), axis=0))
    np.testing.assert_array_equal(counts, (~np.isnan(values)).sum(axis=0))
