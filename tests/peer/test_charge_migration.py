"""The charge_migration step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import CHARGELOSS, DO_NOT_USE, SATURATED
from gpucal.steps.ramps.charge_migration import ChargeMigrationStep


@pytest.fixture
def ramp(offline):
    """Ramps that rise at random, with flags of several kinds and a NaN."""
    rng = np.random.default_rng(2)
    model = datamodels.RampModel((2, 7, 16, 17))
    slope = rng.uniform(0, 1500, (16, 17)) * np.where(rng.random((16, 17)) < 0.1, 5, 1)
    model.data = (slope * np.arange(7)[:, None, None] * np.ones((2, 1, 1, 1))).astype(np.float32)
    model.data[1, 3, 4, 5] = np.nan
    flags = [0, DO_NOT_USE, SATURATED, DO_NOT_USE | SATURATED]
    model.groupdq = rng.choice(flags, model.data.shape, p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
    model.meta.instrument.name = "NIRISS"
    model.meta.instrument.detector = "NIS"
    model.meta.filename = "made_uncal.fits"
    return model


@pytest.mark.parametrize("threshold", [25000.0, 6000.1, 1e9])
def test_flags(ramp, peer_step, threshold):
    theirs = peer_step("charge_migration", ramp, signal_threshold=threshold, skip=False)
    ours = ChargeMigrationStep.call(ramp, signal_threshold=threshold)
    compare(ours, theirs).assert_agrees()
    assert (theirs.groupdq & CHARGELOSS).any() == (threshold < 1e9)


def test_a_value_at_the_float32_threshold(ramp, peer_step):
    ramp.data[:] = np.float32(6000.1)
    theirs = peer_step("charge_migration", ramp, signal_threshold=6000.1)
    compare(ChargeMigrationStep.call(ramp, signal_threshold=6000.1), theirs).assert_agrees()


def test_two_groups(ramp, peer_step):
    ramp.data, ramp.groupdq = ramp.data[:, 5:], ramp.groupdq[:, 5:]
    theirs = peer_step("charge_migration", ramp, signal_threshold=1.0)
    compare(ChargeMigrationStep.call(ramp, signal_threshold=1.0), theirs).assert_agrees()
    assert theirs.meta.cal_step.charge_migration == "SKIPPED"
