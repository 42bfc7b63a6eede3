"""Medians of long samples, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpucal.backend import strip_kernel, use_backend
from gpucal.backend.strips import Scratch
from gpucal.kernels.statistics.sample_medians import SEARCH_ROWS, SHORT, find_medians


@strip_kernel
def medians_of_columns(begin, end, samples, state, values, counts, medians):
    nvalues, width = values.shape[0], end - begin
    for place in range(nvalues):
        for lane in range(width):
            samples[place, lane] = values[place, begin + lane]
    find_medians(samples, nvalues, width, state[0], state[1])
    for lane in range(width):
        counts[begin + lane], medians[begin + lane] = state[0, lane], state[1, lane]


def found_medians(backend, values):
    """Numbers of values that are known, and their medians."""
    nvalues, ncolumns = values.shape
    counts, medians = (backend.asarray(np.empty(ncolumns)) for _ in range(2))
    medians_of_columns((ncolumns,), Scratch(nvalues + SEARCH_ROWS, 2), backend.asarray(values), counts, medians)
    return backend.asnumpy(counts), backend.asnumpy(medians)


def check(backend, values):
    counts, medians = found_medians(backend, values)
    known = ~np.isnan(values)
    np.testing.assert_array_equal(counts, known.sum(axis=0))
    expected = [np.median(column[use].astype(np.float64)) for column, use in zip(values.T, known.T, strict=True)]
    np.testing.assert_array_equal(medians, expected)


@pytest.mark.parametrize("nvalues", [1, 2, SHORT, SHORT + 1, SHORT + 2, 203])
def test_medians(backend, nvalues):
    rng = np.random.default_rng(nvalues)
    values = rng.normal(5, 100, (nvalues, 6)).astype(np.float32)
    values[rng.random(values.shape) < 0.01] = 1e6
    check(backend, values)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("case", ["equal", "two values", "steps", "one far away", "half missing", "infinite"])
def test_samples_out_of_the_ordinary(backend, case):
    rng = np.random.default_rng(3)
    nvalues = SHORT + 40
    values = {
        "equal": np.full((nvalues, 3), 7.1),
        "two values": rng.integers(0, 2, (nvalues, 3)),
        "steps": rng.integers(-3, 3, (nvalues, 3)),
        "one far away": np.where(np.arange(nvalues)[:, None] == 5, 3e38, rng.normal(0, 1e-3, (nvalues, 3))),
        "half missing": np.where(rng.random((nvalues, 3)) < 0.5, np.nan, rng.normal(0, 1, (nvalues, 3))),
        "infinite": np.where(rng.random((nvalues, 3)) < 0.6, np.inf, rng.normal(0, 1, (nvalues, 3))),
    }[case]
    check(backend, values.astype(np.float32))


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value", "ignore:overflow")
@settings(deadline=None, max_examples=100)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(SHORT + 1, SHORT + 8), st.integers(1, 3)),
        elements=st.floats(width=32) | st.sampled_from([0.0, 1.0, float("nan")]),
        fill=st.floats(width=32),
    )
)
def test_any_values(values):
    with use_backend("cpu") as backend:
        check(backend, values)
