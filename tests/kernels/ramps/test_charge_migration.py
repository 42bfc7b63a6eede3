"""Flags of charge migration against a plain statement that spreads each source's flags."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import CHARGELOSS, DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.ramps.charge_migration import flag_charge_migration


def spread(ramp, groupdq, threshold):
    """Plain statement: every group above the threshold flags itself, its neighbours, and all groups after."""
    expected = groupdq.copy()
    for integration, group, y, x in np.argwhere((ramp > threshold) & (groupdq != DO_NOT_USE)):
        for row, column in ((y, x), (y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= row < ramp.shape[2] and 0 <= column < ramp.shape[3]:
                expected[integration, group:, row, column] |= CHARGELOSS | DO_NOT_USE
    return expected


def flagged(backend, ramp, groupdq, threshold):
    on_device = backend.asarray(groupdq.copy())
    flag_charge_migration(backend.asarray(ramp), on_device, threshold)
    return backend.asnumpy(on_device)


def test_ramps_of_all_kinds(backend):
    rng = np.random.default_rng(8)
    ramp = rng.uniform(0, 30000, (2, 5, 7, 8)).astype(np.float32)
    ramp[rng.random(ramp.shape) < 0.8] = 100
    groupdq = rng.choice([0, DO_NOT_USE, SATURATED, DO_NOT_USE | JUMP_DET], ramp.shape).astype(np.uint8)
    result = flagged(backend, ramp, groupdq, 25000.0)
    np.testing.assert_array_equal(result, spread(ramp, groupdq, 25000.0))
    assert 0 < (result & CHARGELOSS > 0).mean() < 1


@pytest.mark.parametrize(
    ("flags", "starts"), [(DO_NOT_USE, False), (DO_NOT_USE | SATURATED, True), (SATURATED, True)]
)
def test_a_group_that_is_do_not_use_alone_starts_nothing(backend, flags, starts):
    ramp = np.zeros((1, 3, 3, 3), np.float32)
    ramp[0, 1, 1, 1] = 26000
    groupdq = np.zeros(ramp.shape, np.uint8)
    groupdq[0, 1, 1, 1] = flags
    result = flagged(backend, ramp, groupdq, 25000.0)
    assert bool(result[0, 2, 1, 2] & CHARGELOSS) is starts


def test_signal_at_the_threshold_and_nan_start_nothing(backend):
    ramp = np.full((1, 3, 3, 3), 25000, np.float32)
    ramp[0, 1, 1, 1] = np.nan
    assert not flagged(backend, ramp, np.zeros(ramp.shape, np.uint8), 25000.0).any()
