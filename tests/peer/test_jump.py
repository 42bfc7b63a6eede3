"""Jump detection agrees with the peer's, flag by flag."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.steps.ramps.jump import JumpStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")


def described(model):
    """Give a model the keywords of a subarray of NRCA1."""
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart = 5, 9
    subarray.ysize, subarray.xsize = (model.pixeldq if hasattr(model, "groupdq") else model.data).shape
    return model


def ramps(rng, nints, ngroups, ny=24, nx=40, rate=30.0, nframes=1):
    """Noisy ramps with cosmic rays, saturation, unusable groups, NaN and flags from before."""
    model = described(datamodels.RampModel((nints, ngroups, ny, nx)))
    signal = np.cumsum(rng.poisson(rate, model.data.shape), axis=1) + rng.normal(0, 5, model.data.shape)
    rays = rng.random(model.data.shape) < 0.01
    signal += np.cumsum(rays * rng.exponential(800, model.data.shape), axis=1)
    model.data[:] = signal
    saturated = np.logical_or.accumulate(rng.random(model.data.shape) < 0.003, axis=1)
    model.groupdq[:] = saturated * SATURATED
    model.groupdq[rng.random(model.data.shape) < 0.01] |= DO_NOT_USE
    model.groupdq[rng.random(model.data.shape) < 0.002] |= JUMP_DET
    model.data[rng.random(model.data.shape) < 0.002] = np.nan
    model.pixeldq[:] = rng.choice([0, 1, 2048], (ny, nx))
    model.meta.exposure.nframes = nframes
    model.meta.exposure.group_time = 10.7
    return model


def reference(model_class, rng, shape, typical):
    """A reference image with some values that are NaN, negative or zero."""
    model = described(model_class(shape))
    model.data = rng.normal(typical, 0.05 * typical, shape).astype(np.float32)
    bad = rng.random(shape) < 0.03
    model.data[bad] = rng.choice([np.nan, -typical, 0], bad.sum())
    return model


@pytest.fixture
def agree(peer_step):
    """Run both pipelines' step on a ramp, compare all of the result, and return the peer's."""

    def run(ramp, **parameters):
        rng = np.random.default_rng(3)
        overrides = {
            "override_gain": reference(datamodels.GainModel, rng, ramp.pixeldq.shape, 1.8),
            "override_readnoise": reference(datamodels.ReadnoiseModel, rng, ramp.pixeldq.shape, 9.0),
        }
        theirs = peer_step("jump", ramp, **overrides, **parameters)
        ours = JumpStep.call(ramp, **overrides, **parameters)
        compare(ours, theirs).assert_agrees()
        return theirs

    return run


@pytest.mark.parametrize(("nints", "ngroups"), [(1, 2), (1, 3), (2, 3), (3, 6), (1, 10), (1, 11), (5, 40)])
def test_numbers_of_groups(agree, nints, ngroups):
    ramp = ramps(np.random.default_rng(ngroups), nints, ngroups)
    theirs = agree(ramp)
    assert theirs.meta.cal_step.jump == ("SKIPPED" if ngroups < 3 else "COMPLETE")
    new = (theirs.groupdq & JUMP_DET).astype(bool) & ~(ramp.groupdq & JUMP_DET).astype(bool)
    assert new.any() == (ngroups >= 3)


@pytest.mark.parametrize(
    "parameters",
    [
        {"rejection_threshold": 8.0, "flag_4_neighbors": False},
        {"min_jump_to_flag_neighbors": 4.0, "max_jump_to_flag_neighbors": 30.0},
        {"min_diffs_single_pass": 30, "rejection_threshold": 0.0},
        {"after_jump_flag_dn1": 500.0, "after_jump_flag_time1": 500.0, "after_jump_flag_dn2": 50.0,
         "after_jump_flag_time2": 11.0},
        {"only_use_ints": False, "minimum_sigclip_groups": 20},
        {"minimum_sigclip_groups": 3, "rejection_threshold": 1.0},
        {"minimum_groups": 12},
    ],
    ids=lambda parameters: "-".join(parameters),
)  # fmt: skip
def test_parameters(agree, parameters):
    agree(ramps(np.random.default_rng(11), 3, 12), **parameters)


@pytest.mark.parametrize("ngroups", [3, 4])
def test_thresholds_of_short_ramps(agree, ngroups):
    thresholds = {"three_group_rejection_threshold": 3.0, "four_group_rejection_threshold": 4.0}
    agree(ramps(np.random.default_rng(12), 1, ngroups, nframes=4), **thresholds)


@pytest.mark.parametrize("only_use_ints", [True, False])
def test_many_integrations(agree, only_use_ints):
    agree(ramps(np.random.default_rng(13), 105, 4, ny=6, nx=8), only_use_ints=only_use_ints)


def test_all_pixels_jump_in_a_group(agree):
    ramp = ramps(np.random.default_rng(14), 20, 4, ny=6, nx=8)
    ramp.data[7, 2:] += 5000
    ramp.groupdq[7] &= ~np.uint8(DO_NOT_USE)
    agree(ramp, minimum_sigclip_groups=20)


@pytest.mark.parametrize("unusable", [slice(0, 1), slice(2, None), slice(0, None)])
def test_groups_that_nothing_can_use(agree, unusable):
    ramp = ramps(np.random.default_rng(15), 2, 5)
    ramp.groupdq[:, unusable] |= DO_NOT_USE
    agree(ramp)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"sat_required_snowball": False, "expand_factor": 1.5},
        {"min_jump_area": 30.0, "min_sat_area": 9.0, "edge_size": 0},
        {"edge_size": 10, "min_sat_radius_extend": 0.0, "sat_expand": 5},
        {"max_extended_radius": 4, "edge_size": 5, "mask_snowball_core_next_int": False},
        {"snowball_time_masked_next_int": 25, "edge_size": 5},
    ],
    ids=lambda parameters: "-".join(parameters) or "defaults",
)
def test_snowballs(agree, parameters):
    rng = np.random.default_rng(16)
    ramp = ramps(rng, 3, 6, ny=90, nx=110)
    y, x = np.mgrid[:90, :110]
    for _ in range(25):
        integration, group = rng.integers(0, 3), rng.integers(0, 6)
        distance = np.hypot(y - rng.integers(0, 90), (x - rng.integers(0, 110)) / rng.choice([1, 1, 1.6]))
        radius = rng.uniform(2, 9)
        ramp.data[integration, group:] += 3000 * (distance < radius)
        core = min(group + rng.integers(0, 2), 5)
        ramp.groupdq[integration, core:] |= SATURATED * (distance < radius * rng.uniform(0, 1)).astype(
            np.uint8
        )
    theirs = agree(ramp, expand_large_events=True, **parameters)
    assert theirs.meta.exposure.extended_emission_events > 0
