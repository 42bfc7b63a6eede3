"""The robust rate from the median of first differences, against NumPy's median."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gpucal.backend import use_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, GOOD, JUMP_DET, PERSISTENCE, SATURATED
from gpucal.kernels.ramp_fit.inputs import Ramps, ReadingRules, Readout
from gpucal.kernels.ramp_fit.ols_median_rate import currents_of

GROUP_TIME = 8.0


def rates_of(backend, data, groupdq, dark_current=0.0):
    """Robust rates of pixels given as (nints, ngroups, npixels), DN in a group."""
    data = np.float32(data)[:, :, None, :]
    image = data.shape[2:]
    ramps = Ramps(
        data=backend.asarray(data),
        groupdq=backend.asarray(np.uint8(groupdq)[:, :, None, :]),
        gain=backend.asarray(np.ones(image, np.float32)),
        read_noise=backend.asarray(np.ones(image, np.float32)),
        readout=Readout.of(GROUP_TIME, GROUP_TIME, 1),
        dark_current=backend.asarray(np.full(image, dark_current, np.float32)),
        rules=ReadingRules(suppress_one_group=False),
    )
    return backend.asnumpy(currents_of(ramps.complete()))[0] * GROUP_TIME


def expected_rates(data, groupdq):
    """Means over the integrations, DN in a group; zero for ramps without a median or a first signal."""
    signal = np.where(groupdq & (DO_NOT_USE | SATURATED), np.nan, data.astype(float))
    differences = np.diff(signal, axis=1)
    differences[(groupdq[:, 1:] & JUMP_DET) > 0] = np.nan
    rates = np.nan_to_num(signal[:, 0])
    some = ~np.isnan(differences).all(axis=1)
    for integration, pixel in np.argwhere(some):
        rates[integration, pixel] = np.nanmedian(differences[integration, :, pixel])
    return rates.mean(axis=0)


def test_random_flags_and_signals(backend):
    rng = np.random.default_rng(5)
    for ngroups in (2, 3, 4, 7, 10):
        shape = (2, ngroups, 40)
        data = (
            rng.normal(0, 100, shape).astype(np.float32) + 200 * np.arange(ngroups, dtype=np.float32)[:, None]
        )
        data[rng.random(shape) < 0.03] = np.nan
        groupdq = rng.choice([GOOD] * 6 + [JUMP_DET, DO_NOT_USE, PERSISTENCE], shape).astype(np.uint8)
        groupdq[:, 0] = GOOD  # a ramp with its first group alone is read otherwise
        groupdq[:, 1, ::7] |= SATURATED | DO_NOT_USE
        alone = (groupdq == GOOD).sum(axis=1) < 2
        groupdq[:, 1][alone] = GOOD
        expected = expected_rates(data, groupdq)
        found = rates_of(backend, data, groupdq)
        np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-14)


def test_only_positive_rates_add_to_the_dark_current(backend):
    data = [[[0, 9, 0], [3, 6, 0], [4, 5, 0], [9, -8, 0]]]
    found = rates_of(backend, data, np.zeros((1, 4, 3)), dark_current=0.5)
    np.testing.assert_allclose(found, [3 + 4, 4, 4])


values = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, -1.0, 1e-30, 1e30])


@settings(max_examples=300, deadline=None)
@given(st.lists(values, min_size=2, max_size=40))
def test_any_ramp(values):
    data = np.float32(values)
    expected = np.median(np.diff(data.astype(float)))
    with use_backend("cpu") as backend:
        found = rates_of(backend, data[None, :, None], np.zeros((1, data.size, 1)))
    assert found == max(expected, 0)
