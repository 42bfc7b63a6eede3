"""Median of first differences, against NumPy's median."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gpucal.backend import pixel_kernel, use_backend
from gpucal.kernels.dqflags import DO_NOT_USE, GOOD, JUMP_DET, SATURATED
from gpucal.kernels.ols_median_rate import median_difference
from gpucal.kernels.ols_ramps import ALL_GOOD, AS_FLAGGED


@pixel_kernel
def median_differences(y, x, data, groupdq, reading, medians):
    medians[y, x] = median_difference(data, groupdq, 0, y, x, reading)


def medians_of(backend, data, groupdq, reading):
    medians = backend.asarray(np.zeros((1, data.shape[-1])))
    median_differences(medians.shape, backend.asarray(data), backend.asarray(groupdq), reading, medians)
    return backend.asnumpy(medians)[0]


def expected_medians(data, groupdq):
    signal = np.where(groupdq & (DO_NOT_USE | SATURATED), np.nan, data.astype(float))
    differences = np.diff(signal, axis=1)
    differences[(groupdq[:, 1:] & JUMP_DET) > 0] = np.nan
    some = ~np.isnan(differences).all(axis=1)
    first = signal[:, 0].copy()
    first[some] = np.nanmedian(differences.swapaxes(0, 1)[:, some], axis=0)
    return first[0, 0]


def test_random_flags_and_signals(backend):
    rng = np.random.default_rng(5)
    for ngroups in (2, 3, 4, 7, 10):
        shape = (1, ngroups, 1, 40)
        data = rng.normal(0, 100, shape).astype(np.float32)
        data[rng.random(shape) < 0.03] = np.nan
        groupdq = rng.choice([GOOD] * 6 + [JUMP_DET, DO_NOT_USE, SATURATED], shape).astype(np.uint8)
        found = medians_of(backend, data, groupdq, AS_FLAGGED)
        np.testing.assert_allclose(found, expected_medians(data, groupdq), rtol=1e-14)


def test_flags_are_not_looked_at_where_all_groups_are_good(backend):
    data = np.float32([[[[0.0]], [[3.0]], [[4.0]], [[9.0]]]])
    assert medians_of(backend, data, np.full(data.shape, DO_NOT_USE, np.uint8), ALL_GOOD) == [3.0]


values = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, -1.0, 1e-30, 1e30])


@settings(max_examples=300, deadline=None)
@given(st.lists(values, min_size=2, max_size=12))
def test_any_ramp(values):
    data = np.float32(values)[None, :, None, None]
    with use_backend("cpu") as backend:
        found = medians_of(backend, data, np.zeros(data.shape, np.uint8), ALL_GOOD)
    assert found == np.median(np.diff(np.float32(values).astype(float)))
