"""Superbias subtraction agrees with the peer's."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import UNRELIABLE_BIAS
from gpucal.steps.ramps.superbias import SuperBiasStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")


def described(model, xstart, ystart, xsize, ysize):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


def ramp(rng, zero_frame):
    model = described(datamodels.RampModel((2, 3, 24, 32)), 5, 9, 32, 24)
    model.data[:] = rng.normal(12000, 50, model.data.shape)
    model.pixeldq[:] = rng.choice([0, 1, 2048], model.pixeldq.shape)
    model.meta.exposure.zero_frame = zero_frame
    model.zeroframe = rng.normal(11500, 50, (2, 24, 32)).astype(np.float32)
    model.zeroframe[rng.random(model.zeroframe.shape) < 0.1] = 0
    return model


@pytest.fixture
def superbias(tmp_path):
    """A reference that covers more than the exposure, with NaN and flagged pixels."""
    rng = np.random.default_rng(21)
    model = described(datamodels.SuperBiasModel((40, 48)), 1, 1, 48, 40)
    model.data = rng.normal(11000, 300, (40, 48)).astype(np.float32)
    model.data[rng.random((40, 48)) < 0.05] = np.nan
    model.dq = np.where(rng.random((40, 48)) < 0.1, UNRELIABLE_BIAS, 0).astype(np.uint32)
    model.dq_def = [(1, 2, "UNRELIABLE_BIAS", "")]
    path = tmp_path / "superbias.fits"
    model.save(path)
    return str(path)


@pytest.mark.parametrize("zero_frame", [True, False])
def test_superbias(peer_step, superbias, zero_frame):
    model = ramp(np.random.default_rng(22), zero_frame)

    theirs = peer_step("superbias", model, override_superbias=superbias)
    ours = SuperBiasStep.call(model, override_superbias=superbias)

    compare(ours, theirs).assert_agrees()
    assert (theirs.pixeldq & UNRELIABLE_BIAS).any()
