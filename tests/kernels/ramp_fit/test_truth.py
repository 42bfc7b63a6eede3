"""Rates of simulated ramps, against the rates that went in."""

import numpy as np
import pytest

from gpucal.backend import use_backend
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.ramp_fit.inputs import Ramps, Readout
from gpucal.kernels.ramp_fit.ols import fit_ramps

GAIN, READ_NOISE = 2.0, 14.0
SHAPE = (2, 10, 80, 80)


def simulated_ramps(rate, group_time=10.0, seed=3):
    """Ramps of a rate in DN/s with Poisson noise and the read noise of single frames."""
    rng = np.random.default_rng(seed)
    electrons = np.cumsum(rng.poisson(rate * group_time * GAIN, SHAPE), axis=1)
    noise = rng.normal(0, READ_NOISE / np.sqrt(2), SHAPE)
    image = np.ones(SHAPE[2:], np.float32)
    return Ramps(
        data=(electrons / GAIN + noise).astype(np.float32),
        groupdq=np.zeros(SHAPE, np.uint8),
        gain=GAIN * image,
        read_noise=READ_NOISE * image,
        readout=Readout.of(group_time, group_time, 1),
    )


def fit(ramps):
    with use_backend("cpu"):
        return fit_ramps(ramps, np.zeros(SHAPE[2:], np.uint32))


def assert_unbiased(slope, rate):
    """The mean lies within four of its standard errors of the truth."""
    assert abs(slope.mean() - rate) < 4 * slope.std() / np.sqrt(slope.size)


@pytest.mark.parametrize("rate", [0.02, 1.0, 50.0, 2000.0])
def test_rates_are_unbiased(rate):
    image, ints = fit(simulated_ramps(rate))
    assert_unbiased(image.slope.astype(float), rate)
    for slope in ints.slope.astype(float):
        assert_unbiased(slope, rate)


@pytest.mark.parametrize("rate", [0.02, 2000.0])
def test_errors_are_honest_where_one_noise_rules(rate):
    """Pure read noise and pure Poisson noise; between them the documented ERR is that of other weights."""
    image, ints = fit(simulated_ramps(rate))
    for product in (image, ints):
        pulls = (product.slope.astype(float) - rate) / product.err
        assert abs(pulls.std() - 1) < 0.05


def test_flagged_jumps_leave_no_bias():
    ramps = simulated_ramps(20.0)
    rng = np.random.default_rng(8)
    hit = rng.random(SHAPE) < 0.1
    hit[:, 0] = False
    ramps.data[:] += np.cumsum(np.where(hit, 5000, 0), axis=1)
    ramps.groupdq[hit] = JUMP_DET
    image, _ = fit(ramps)
    assert_unbiased(image.slope[image.err > 0].astype(float), 20.0)


def test_rows_do_not_depend_on_each_other():
    ramps = simulated_ramps(5.0)
    ramps.groupdq[:] = np.random.default_rng(1).choice([0, 0, 0, JUMP_DET], SHAPE)
    rows = slice(11, 14)
    part = ramps._replace(
        data=ramps.data[:, :, rows].copy(), groupdq=ramps.groupdq[:, :, rows].copy(),
        gain=ramps.gain[rows], read_noise=ramps.read_noise[rows],
    )  # fmt: skip
    whole, whole_ints = fit(ramps)
    with use_backend("cpu"):
        image, ints = fit_ramps(part, np.zeros((3, SHAPE[3]), np.uint32))
    for plane, full in zip((*image, *ints), (*whole, *whole_ints), strict=True):
        np.testing.assert_array_equal(plane, full[..., rows, :])
