"""The ramp_fit step agrees with the peer: rate, rateints and fitopt, on ramps with flags of every kind."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare, compare_folders
from gpucal.kernels.flags.dqflags import (
    AD_FLOOR,
    CHARGELOSS,
    DO_NOT_USE,
    JUMP_DET,
    PERSISTENCE,
    SATURATED,
)
from gpucal.steps.ramps.ramp_fit import RampFitStep

EXPOSURES = {
    "one group": {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 1, "nints": 3},
    "two groups": {
        "detector": "NRCBLONG",
        "subarray": "SUB64P",
        "readpatt": "DEEP8",
        "ngroups": 2,
        "nints": 2,
    },
    "three groups": {
        "detector": "NRS1",
        "subarray": "SUB32",
        "readpatt": "NRSRAPIDD2",
        "ngroups": 3,
        "nints": 2,
    },
    "ten groups": {
        "detector": "NRCA3",
        "subarray": "SUB64P",
        "readpatt": "SHALLOW4",
        "ngroups": 10,
        "nints": 2,
    },
    "many groups": {"detector": "NIS", "subarray": "SUB64", "readpatt": "NIS", "ngroups": 30, "nints": 1},
}


@pytest.fixture
def ramp(exposure_with_cache):
    """A ramp with the metadata and the size of a simulated exposure, and signals and flags of every kind."""

    def make(name, seed=0, **kinds):
        with datamodels.RampModel(exposure_with_cache(**EXPOSURES[name]).exposure) as model:
            model = model.copy()
        fill(model, np.random.default_rng(seed), **kinds)
        return model

    return make


def fill(model, rng, dark=False, zeroframe=False, charge_loss=False):
    """Signals over all ranges of signal to noise; jumps, saturation, unusable and uncommon groups."""
    shape = model.data.shape
    nints, ngroups, ny, nx = shape
    rate = 10 ** rng.uniform(-1, 4, (ny, nx))
    signal = np.cumsum(rng.poisson(np.broadcast_to(rate, shape)), axis=1) + rng.normal(0, 8, shape)
    flags = np.zeros(shape, np.uint8)
    for flag, fraction in ((JUMP_DET, 0.1), (DO_NOT_USE, 0.04), (PERSISTENCE, 0.02), (AD_FLOOR, 0.01)):
        flags[rng.random(shape) < fraction] |= flag
    group = np.arange(ngroups)[:, None, None]
    flags[group >= rng.integers(0, 3 * ngroups + 2, (nints, 1, ny, nx))] |= SATURATED
    flags |= np.where(rng.random((nints, 1, ny, nx)) < 0.02, DO_NOT_USE, 0).astype(np.uint8)
    if charge_loss:
        flags[group >= rng.integers(0, 2 * ngroups + 2, (nints, 1, ny, nx))] |= CHARGELOSS | DO_NOT_USE
    signal[rng.random(shape) < 0.002] = np.nan
    model.data, model.groupdq = signal.astype(np.float32), flags
    model.pixeldq = rng.choice([0] * 20 + [DO_NOT_USE, SATURATED, JUMP_DET, 1024], (ny, nx)).astype(np.uint32)
    if zeroframe:
        model.zeroframe = (rng.choice([0, 1, 1], (nints, ny, nx)) * rate).astype(np.float32)
    if dark:
        model.average_dark_current = rng.uniform(0, 0.1, (ny, nx)).astype(np.float32)


@pytest.fixture
def both(peer_step):
    """Fit with both pipelines; assert that rate and rateints agree, and return the peer's."""

    def run(model, **parameters):
        ours = RampFitStep.call(model, **parameters)
        theirs = peer_step("ramp_fit", model, **parameters)
        for our_product, their_product in zip(ours, theirs, strict=True):
            compare(our_product, their_product).assert_agrees()
        return theirs

    return run


@pytest.mark.parametrize("suppress", [True, False])
@pytest.mark.parametrize("name", EXPOSURES)
def test_ramps(ramp, both, name, suppress):
    rate, rateints = both(ramp(name), suppress_one_group=suppress)
    assert np.isfinite(rate.data).any() and np.isnan(rateints.data).any()


@pytest.mark.parametrize("kind", ["dark", "zeroframe", "charge_loss"])
def test_ramps_with_more_in_them(ramp, both, kind):
    both(ramp("ten groups", seed=1, **{kind: True}), suppress_one_group=False)


@pytest.mark.parametrize(
    "limits",
    [
        {"firstgroup": 2},
        {"lastgroup": 6},
        {"firstgroup": 1, "lastgroup": 12},
        {"firstgroup": 5, "lastgroup": 4},
    ],
)
def test_ranges_of_groups(ramp, both, limits):
    both(ramp("ten groups", seed=2), **limits)


def test_references_with_holes(ramp, both, exposure_with_cache):
    references = exposure_with_cache(**EXPOSURES["ten groups"]).references
    with (
        datamodels.GainModel(references["gain"]) as gain,
        datamodels.ReadnoiseModel(references["readnoise"]) as noise,
    ):
        gain, noise = gain.copy(), noise.copy()
    gain.data[0, :8] = [np.nan, 0, -1, np.inf, 1e-3, 1e3, 1, 1]
    noise.data[1, :4] = [np.nan, 0, 1e5, 1e-3]
    gain.meta.exposure.gain_factor = 2.5
    rate, _ = both(ramp("ten groups", seed=3, charge_loss=True), override_gain=gain, override_readnoise=noise)
    assert rate.meta.exposure.gain_factor == 2.5


@pytest.mark.parametrize("flags", [0, DO_NOT_USE])
def test_uniform_flags(ramp, both, flags):
    model = ramp("ten groups", seed=4)
    model.groupdq[:] = flags
    both(model)


@pytest.mark.parametrize("unusable", [[0], [0, 1, 9]])
def test_miri_leaves_out_the_ends(ramp, both, offline, unusable):
    model = ramp("ten groups", seed=5, charge_loss=True)
    model.groupdq[:, unusable] |= DO_NOT_USE
    both(model, **miri_references(model))


def miri_references(model):
    """Make a ramp one of MIRI's, and references for it."""
    references = {}
    for kind, reference in (("gain", datamodels.GainModel()), ("readnoise", datamodels.ReadnoiseModel())):
        reference.data = np.full(model.data.shape[2:], 4.0, np.float32)
        references[f"override_{kind}"] = reference
    for each in (model, *references.values()):
        each.meta.instrument.name, each.meta.instrument.detector = "MIRI", "MIRIMAGE"
        each.meta.subarray = model.meta.subarray.instance
    return references


@pytest.mark.parametrize(
    ("exp_type", "lamp_mode"), [("NRS_IFU", None), ("NRS_LAMP", "IFU"), ("NRS_LAMP", "FIXEDSLIT")]
)
def test_product_of_an_integral_field_unit(ramp, both, exp_type, lamp_mode):
    model = ramp("three groups", seed=6)
    model.meta.exposure.type = exp_type
    model.meta.instrument.lamp_mode = lamp_mode
    both(model)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("one group", {}),
        ("two groups", {"suppress_one_group": False}),
        ("ten groups", {"opt_name": "other.fits"}),
        ("many groups", {"suppress_one_group": False}),
    ],
)
def test_saved_products(ramp, peer_step, tmp_path, name, parameters):
    model = ramp(name, seed=7, zeroframe=True)
    calls = {
        "ours": RampFitStep.call,
        "theirs": lambda *args, **kwargs: peer_step("ramp_fit", *args, **kwargs),
    }
    for folder, call in calls.items():
        (tmp_path / folder).mkdir()
        call(model, save_opt=True, save_results=True, output_dir=str(tmp_path / folder), **parameters)
    products = compare_folders(tmp_path / "ours", tmp_path / "theirs")
    assert len(products) == 3
    for agreement in products.values():
        agreement.assert_agrees()
