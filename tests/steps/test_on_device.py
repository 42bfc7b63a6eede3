"""On the strict stand-in for a device: steps that the exposures of `test_residency.py` do not go through."""

import copy

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.simulate import Effects, simulate
from gpucal.steps.images.clean_flicker_noise import CleanFlickerNoiseStep
from gpucal.steps.ramps.emicorr import EmiCorrStep
from gpucal.steps.ramps.jump import JumpStep
from gpucal.steps.ramps.ramp_fit import RampFitStep
from gpucal.steps.ramps.refpix import RefPixStep
from tests import interference
from tests.irs2_exposures import irs2_exposure, weights_reference
from tests.stripe_exposures import SUBSTRIPES, SUPERSTRIPES, stripe_ramp

NO_REFPIX = {"override_refpix": "N/A", "override_sirskernel": "N/A"}
SHAPE = (40, 48)


@pytest.fixture
def same_on_device(request):
    """Function: run a step on the cpu and on the stand-in, compare arrays, and return the result of the cpu."""

    def run(step, model, *names, **parameters):
        with use_backend("cpu"):
            expected = step.call(copy.deepcopy(model), **parameters)
        request.getfixturevalue("strict_device")
        found = step.call(copy.deepcopy(model), **parameters)
        results = (expected, found) if isinstance(expected, tuple) else ((expected,), (found,))
        for ours, theirs in zip(*results, strict=True):
            for name in names:
                np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
        return results[0][0]

    return run


def uneven_ramp(nints, ngroups, seed):
    """Noisy ramps of MIRI with wide faint splashes, cosmic rays, and bad pixels."""
    rng = np.random.default_rng(seed)
    shape = nints, ngroups, *SHAPE
    model = described(datamodels.RampModel(shape))
    steps = rng.poisson(60, shape) / 5.5 + (rng.random(shape) < 0.002) * 500.0
    y, x = np.indices(SHAPE)
    steps[0, ngroups // 2] += 14.0 * (np.hypot(y - 20, x - 24) < 11)
    model.data = (np.cumsum(steps, axis=1) + rng.normal(0, 4, shape)).astype(np.float32)
    model.pixeldq[:] = rng.choice([0, 1], SHAPE, p=[0.98, 0.02])
    exposure = model.meta.exposure
    exposure.type, exposure.nframes, exposure.groupgap = "MIR_IMAGE", 1, 0
    exposure.frame_time = exposure.group_time = 2.775
    exposure.nints, exposure.ngroups = nints, ngroups
    return model


def described(model):
    """The model with the keywords of a window of the imager."""
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.ysize, subarray.xsize = 1, 1, *SHAPE
    return model


def overrides():
    """A gain and a read noise that are the same everywhere."""
    gain, noise = described(datamodels.GainModel(SHAPE)), described(datamodels.ReadnoiseModel(SHAPE))
    gain.data = np.full(SHAPE, 5.5, np.float32)
    noise.data = np.full(SHAPE, 6.0, np.float32)
    return {"override_gain": gain, "override_readnoise": noise}


def test_traces_of_soss(same_on_device, tmp_path):
    settings = {"detector": "NIS", "subarray": "SUBSTRIP96", "effects": Effects.none()}
    traces = simulate(tmp_path, ngroups=1, **settings).references["pastasoss"]
    rates = datamodels.CubeModel(data=np.random.default_rng(7).normal(3, 0.1, (2, 96, 2048)).astype(np.float32))
    rates.meta.exposure.type, rates.meta.instrument.pupil_position = "NIS_SOSS", 245.8
    rates.meta.instrument.name, rates.meta.instrument.detector = "NIRISS", "NIS"
    rates.meta.subarray.name, rates.meta.subarray.slowaxis = "SUBSTRIP96", -1
    references = {"override_pastasoss": str(traces), "override_flat": "N/A"}
    result = same_on_device(CleanFlickerNoiseStep, rates, "data", mask_science_regions=True, **references)
    assert result.meta.cal_step.clean_flicker_noise == "COMPLETE"


@pytest.mark.parametrize("algorithm", ["joint", "sequential"])
def test_emicorr(same_on_device, algorithm):
    ramp = interference.ramp(1)
    references = {"override_emicorr": interference.reference()}
    result = same_on_device(EmiCorrStep, ramp, "data", algorithm=algorithm, **references)
    assert (result.data != ramp.data).all()


def test_irs2(same_on_device, tmp_path):
    weights = weights_reference(tmp_path / "weights.fits", seed=2)
    ramp = irs2_exposure("NRS1", ngroups=1, seed=3)
    references = {"override_refpix": weights, "override_sirskernel": "N/A"}
    result = same_on_device(RefPixStep, ramp, "data", "pixeldq", **references)
    assert result.data.shape == (1, 1, 2048, 2048)


def test_likelihood(same_on_device):
    ramp = uneven_ramp(2, 8, seed=4)
    names = ("data", "dq", "err", "var_poisson", "var_rnoise")
    result = same_on_device(RampFitStep, ramp, *names, algorithm="LIKELY", **overrides())
    assert np.nanmedian(result.data) == pytest.approx(60 / 5.5 / 2.775, rel=0.05)


def test_showers(same_on_device):
    ramp = uneven_ramp(1, 14, seed=5)
    result = same_on_device(JumpStep, ramp, "groupdq", find_showers=True, **overrides())
    assert result.meta.exposure.extended_emission_events > 0


@pytest.mark.parametrize(
    "stripes", [SUBSTRIPES["dhs"], SUPERSTRIPES["soss"], SUPERSTRIPES["repeated"]], ids=lambda made: made.name
)
def test_stripes(same_on_device, stripes):
    ramp = stripe_ramp(stripes, 6)
    result = same_on_device(RefPixStep, ramp, "data", "pixeldq", "groupdq", **NO_REFPIX)
    assert result.meta.cal_step.refpix == "COMPLETE"
