"""The saturation step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, NO_SAT_CHECK, NONLINEAR, SATURATED
from gpucal.steps.ramps.saturation import SaturationStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

ROWS, COLUMNS = 18, 14
REFERENCE_ROWS, REFERENCE_COLUMNS = 30, 24

# nints, ngroups, nframes, zero frame, parameters
CASES = [
    (1, 1, 1, False, {}),
    (1, 2, 4, False, {}),
    (1, 3, 1, True, {}),
    (2, 3, 4, False, {"n_pix_grow_sat": 0}),
    (3, 5, 8, True, {}),
    (2, 10, 4, True, {"n_pix_grow_sat": 2}),
    (1, 20, 2, False, {"n_pix_grow_sat": 3}),
    (2, 6, 8, True, {"use_readpatt": False}),
]


def described(model, xstart, ystart, xsize, ysize):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


def ramp(rng, nints=1, ngroups=5, nframes=4, zero_frame=False):
    """Ramps, many of which saturate, with cosmic rays, NaN, zeros, and flags set before."""
    shape = (nints, ngroups, ROWS, COLUMNS)
    counts = rng.gamma(0.5, 60000 / ngroups, (nints, 1, ROWS, COLUMNS)) * np.arange(1, ngroups + 1)[:, None, None]
    counts += np.cumsum((rng.random(shape) < 0.03) * rng.gamma(1, 30000, shape), axis=1)
    counts = np.minimum(np.round(counts + rng.normal(10000, 200, (ROWS, COLUMNS))), 65535)
    counts[rng.random(shape) < 0.005] = np.nan
    counts[rng.random(shape) < 0.005] = 0
    counts[rng.random(shape) < 0.005] = -5
    model = described(datamodels.RampModel(data=counts.astype(np.float32)), 5, 9, COLUMNS, ROWS)
    model.groupdq[rng.random(shape) < 0.01] = SATURATED
    model.groupdq[rng.random(shape) < 0.01] = DO_NOT_USE
    model.pixeldq[rng.random((ROWS, COLUMNS)) < 0.02] = NONLINEAR
    exposure = model.meta.exposure
    exposure.nints, exposure.ngroups, exposure.nframes, exposure.zero_frame = nints, ngroups, nframes, zero_frame
    if zero_frame:
        model.zeroframe = (counts[:, 0] * 0.9).astype(np.float32)
        model.zeroframe[rng.random(model.zeroframe.shape) < 0.02] = 65000
    return model


@pytest.fixture
def saturation():
    """Thresholds that cover more than the exposure, with NaN and flagged pixels."""
    rng = np.random.default_rng(31)
    shape = (REFERENCE_ROWS, REFERENCE_COLUMNS)
    model = described(datamodels.SaturationModel(shape), 1, 1, REFERENCE_COLUMNS, REFERENCE_ROWS)
    model.data[:] = rng.normal(50000, 3000, shape)
    model.data[rng.random(shape) < 0.05] = np.nan
    model.dq[:] = rng.choice([0, NO_SAT_CHECK, NONLINEAR, DO_NOT_USE], shape, p=[0.85, 0.05, 0.05, 0.05])
    return model


@pytest.fixture
def superbias():
    """A superbias that covers more than the exposure, with NaN."""
    rng = np.random.default_rng(32)
    shape = (REFERENCE_ROWS, REFERENCE_COLUMNS)
    model = described(datamodels.SuperBiasModel(shape), 1, 1, REFERENCE_COLUMNS, REFERENCE_ROWS)
    model.data[:] = rng.normal(10000, 200, shape)
    model.data[rng.random(shape) < 0.02] = np.nan
    return model


@pytest.fixture
def both(peer_step):
    """Run the step of both on a ramp."""

    def run(model, **parameters):
        return SaturationStep.call(model, **parameters), peer_step("saturation", model, **parameters)

    return run


@pytest.mark.parametrize(("nints", "ngroups", "nframes", "zero_frame", "parameters"), CASES)
def test_ramps(both, saturation, superbias, nints, ngroups, nframes, zero_frame, parameters):
    model = ramp(np.random.default_rng(ngroups), nints, ngroups, nframes, zero_frame)
    ours, theirs = both(model, override_saturation=saturation, override_superbias=superbias, **parameters)
    compare(ours, theirs).assert_agrees()
    assert (theirs.groupdq & AD_FLOOR).any()
    assert (theirs.pixeldq & NO_SAT_CHECK).any()
    assert 0 < np.mean((theirs.groupdq & SATURATED) != 0) < 1
    hides = parameters.get("use_readpatt", True) and nframes > 1
    assert (theirs.groupdq != model.groupdq | theirs.groupdq & (SATURATED | AD_FLOOR)).any() or not hides


def test_many_random_events(both, saturation, superbias):
    """Bright events at each level in the second group of 3, the hardest place to see them."""
    rng = np.random.default_rng(33)
    model = ramp(rng, nints=8, ngroups=3, nframes=8)
    model.data[:, 1:] = model.data[:, :1] + rng.uniform(0, 12000, model.data[:, :1].shape)
    model.data[:, 2] += 50000
    ours, theirs = both(model, override_saturation=saturation, override_superbias=superbias)
    compare(ours, theirs).assert_agrees()
    flagged_only_here = (theirs.groupdq[:, 1] & (SATURATED | DO_NOT_USE)) == DO_NOT_USE
    assert 0.05 < flagged_only_here.mean() < 0.95


def test_no_superbias(both, saturation):
    model = ramp(np.random.default_rng(34))
    compare(*both(model, override_saturation=saturation, override_superbias="N/A")).assert_agrees()


def test_no_saturation_reference(both, superbias):
    model = ramp(np.random.default_rng(35))
    ours, theirs = both(model, override_saturation="N/A", override_superbias=superbias)
    assert theirs.meta.cal_step.saturation == ours.meta.cal_step.saturation == "SKIPPED"
    np.testing.assert_array_equal(ours.groupdq, theirs.groupdq)


def test_zero_frame_that_was_not_read_out(both, saturation, superbias):
    """ZEROFRAME is true in the header and there is no array."""
    model = ramp(np.random.default_rng(36))
    model.meta.exposure.zero_frame = True
    compare(*both(model, override_saturation=saturation, override_superbias=superbias)).assert_agrees()
