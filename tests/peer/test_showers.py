"""Showers are flagged as by the peer, flag by flag."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL, SATURATED
from gpucal.steps.ramps.jump import JumpStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

SHAPE = (64, 72)
GAIN, READ_NOISE = 5.5, 6.0


def described(model):
    """The model, with the keywords of a subarray of the imager."""
    model.meta.instrument.name = "MIRI"
    model.meta.instrument.detector = "MIRIMAGE"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 1, SHAPE[1], SHAPE[0]
    return model


def add_showers(model, rng, count):
    """Faint wide ellipses that hit at any group and grow fainter in the groups after."""
    y, x = np.indices(SHAPE)
    nints, ngroups = model.data.shape[:2]
    for _ in range(count):
        angle, size = rng.uniform(0, np.pi), rng.uniform(7, 16)
        dy, dx = y - rng.integers(0, SHAPE[0]), x - rng.integers(0, SHAPE[1])
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = (dy * np.cos(angle) - dx * np.sin(angle)) * rng.uniform(1, 2.5)
        splash = rng.uniform(6, 14) * (np.hypot(along, across) < size)
        integration, group = rng.integers(0, nints), rng.integers(1, ngroups)
        groups = np.arange(ngroups - group)[:, None, None]
        model.data[integration, group:] += splash * (2 - 0.6**groups)


def shower_ramps(seed, nints=2, ngroups=9, showers=12, nframes=1):
    """Noisy ramps with showers, cosmic rays, saturation, groups that cannot be used, NaN and reference pixels."""
    rng = np.random.default_rng(seed)
    model = described(datamodels.RampModel((nints, ngroups, *SHAPE)))
    steps = rng.poisson(12 * GAIN, model.data.shape) / GAIN
    rays = rng.random(model.data.shape) < 0.003
    steps += rays * rng.exponential(300, model.data.shape)
    model.data[:] = np.cumsum(steps, axis=1) + rng.normal(0, READ_NOISE / np.sqrt(2), model.data.shape)
    add_showers(model, rng, showers)
    model.data[rng.random(model.data.shape) < 0.001] = np.nan
    saturated = np.logical_or.accumulate(rng.random(model.data.shape) < 0.001, axis=1)
    model.groupdq[:] = saturated * SATURATED
    model.groupdq[rng.random(model.data.shape) < 0.002] |= DO_NOT_USE
    model.groupdq[rng.random(model.data.shape) < 0.002] |= 64
    model.pixeldq[:] = rng.choice([0, 1, 4, 2048], SHAPE, p=[0.97, 0.01, 0.01, 0.01])
    model.pixeldq[:, :4] |= REFERENCE_PIXEL
    model.groupdq[:, [0, -1], :, 4:] |= DO_NOT_USE
    model.meta.exposure.nframes = nframes
    model.meta.exposure.group_time = 2.775
    return model


def reference(model_class, rng, typical):
    """A reference image with some values that are NaN, negative or zero."""
    model = described(model_class(SHAPE))
    model.data = rng.normal(typical, 0.05 * typical, SHAPE).astype(np.float32)
    bad = rng.random(SHAPE) < 0.01
    model.data[bad] = rng.choice([np.nan, -typical, 0], bad.sum())
    return model


@pytest.fixture
def agree(peer_step):
    """Run both pipelines' step on a ramp, compare all of the result, and return the peer's."""

    def run(ramp, **parameters):
        rng = np.random.default_rng(3)
        overrides = {
            "override_gain": reference(datamodels.GainModel, rng, GAIN),
            "override_readnoise": reference(datamodels.ReadnoiseModel, rng, READ_NOISE),
        }
        theirs = peer_step("jump", ramp, **overrides, **{"find_showers": True, **parameters})
        ours = JumpStep.call(ramp, **overrides, **{"find_showers": True, **parameters})
        compare(ours, theirs).assert_agrees()
        return theirs

    return run


@pytest.mark.parametrize("seed", range(5))
def test_seeds(agree, seed):
    ramp = shower_ramps(seed, *[(1, 14), (2, 9)][seed % 2])
    theirs = agree(ramp, flag_4_neighbors=False)
    assert theirs.meta.exposure.extended_emission_events > 0
    # Three in a thousand are cosmic rays.
    assert np.mean(theirs.groupdq & JUMP_DET > 0) > 0.006


@pytest.mark.parametrize(
    "parameters",
    [
        {"extend_snr_threshold": 1.5, "extend_min_area": 20},
        {"extend_inner_radius": 2.0, "extend_outer_radius": 1.5},
        {"extend_ellipse_expand_ratio": 1.6, "max_extended_radius": 8, "time_masked_after_shower": 0.0},
        {"time_masked_after_shower": 6.0, "max_shower_amplitude": 0.01},
        {"expand_large_events": True, "edge_size": 5},
    ],
    ids=lambda parameters: "-".join(parameters),
)
def test_parameters(agree, parameters):
    agree(shower_ramps(21, nframes=4), **parameters)


@pytest.mark.parametrize("seed", [31, 32])
def test_many_integrations(agree, seed):
    theirs = agree(shower_ramps(seed, 12, 5, showers=20), minimum_sigclip_groups=12)
    assert theirs.meta.exposure.extended_emission_events > 0


@pytest.mark.parametrize(("nints", "ngroups"), [(1, 10), (1, 11), (3, 5)])
def test_few_differences(agree, nints, ngroups):
    theirs = agree(shower_ramps(41, nints, ngroups))
    differences = nints * (ngroups - 1)
    assert (theirs.meta.exposure.extended_emission_events > 0) == (differences >= 10)
