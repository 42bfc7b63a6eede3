"""The gain_scale step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.images.gain_scale import GainScaleStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

ARRAYS = ("data", "err", "var_poisson", "var_rnoise", "var_flat")


def described(model):
    model.meta.instrument.name = "NIRSPEC"
    model.meta.instrument.detector = "NRS1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 1, 9, 8
    return model


def rate(model_class, shape, arrays=ARRAYS):
    rng = np.random.default_rng(71)
    return described(model_class(**{name: rng.uniform(0, 9, shape).astype(np.float32) for name in arrays}))


@pytest.fixture
def gain():
    """A gain reference with a factor."""
    model = described(datamodels.GainModel(data=np.ones((8, 9), np.float32)))
    model.meta.exposure.gain_factor = 1.9
    return model


@pytest.fixture
def both(peer_step):
    """Run the step of both."""

    def run(model, gain):
        return GainScaleStep.call(model, override_gain=gain), peer_step("gain_scale", model, override_gain=gain)

    return run


@pytest.mark.parametrize(
    ("model_class", "shape"), [(datamodels.ImageModel, (8, 9)), (datamodels.CubeModel, (3, 8, 9))]
)
def test_factor_of_the_reference(both, gain, model_class, shape):
    ours, theirs = both(rate(model_class, shape), gain)
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.exposure.gain_factor == 1.9


@pytest.mark.parametrize("reference", [True, False])
def test_factor_of_the_exposure(both, gain, reference):
    model = rate(datamodels.ImageModel, (8, 9))
    model.meta.exposure.gain_factor = 0.7
    ours, theirs = both(model, gain if reference else "N/A")
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.gain_scale == "COMPLETE"


def test_no_variances(both, gain):
    compare(*both(rate(datamodels.ImageModel, (8, 9), ARRAYS[:2]), gain)).assert_agrees()


def test_no_factor(both, gain):
    gain.meta.exposure.gain_factor = None
    ours, theirs = both(rate(datamodels.ImageModel, (8, 9)), gain)
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.gain_scale == "SKIPPED"


def test_no_reference(both):
    compare(*both(rate(datamodels.ImageModel, (8, 9)), "N/A")).assert_agrees()
