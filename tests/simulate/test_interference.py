"""Interference: what pixels show of its waves, and what the step leaves of them."""

import asdf
import numpy as np
import pytest

from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects

BIAS, LEVEL = 9000, 40.0


def folded(signal, period_ticks, frame_ticks, row_ticks, frames):
    """The phases at which pixels of single-frame groups are read, and what they show, flat."""
    y, x = np.indices(signal.shape[-2:])
    ticks = np.asarray(frames)[..., None, None] * frame_ticks + y * row_ticks + x // 4
    return (ticks / period_ticks % 1).ravel(), signal.ravel()


def test_pixels_read_at_the_same_phase_show_the_same(simulated):
    """SUB64: 28 ticks a row, 8512 a frame, one frame more between integrations; 390.625 Hz is 256 ticks."""
    effects = Effects.only("interference", interference_level=LEVEL)
    _, raw = simulated(effects, "MIRIMAGE", "SUB64", ngroups=8, nints=2)
    signal = raw - BIAS
    frames = np.arange(2)[:, None] * 9 + np.arange(8)
    phase, shown = folded(signal, 256, 8512, 28, frames)
    # The slow wave is taken out by its known frequency: a sine and its first harmonic.
    y, x = np.indices((64, 72))
    seconds = (frames[..., None, None] * 8512 + y * 28 + x // 4).ravel() * 1e-5
    angle = 2 * np.pi * 10.039216 * seconds
    fast = 2 * np.pi * phase
    terms = [
        f(n * a)
        for a, orders in ((angle, (1, 2)), (fast, (1, 2, 3)))
        for n in orders
        for f in (np.sin, np.cos)
    ]
    design = np.stack([np.ones_like(angle), *terms], axis=1)
    found, *_ = np.linalg.lstsq(design, shown, rcond=None)
    left = shown - design @ found
    assert left.std() == pytest.approx(np.sqrt(1 / 12), rel=0.05)
    assert np.hypot(*found[1:3]) == pytest.approx(0.4 * LEVEL, rel=0.01)
    assert np.hypot(*found[5:7]) == pytest.approx(LEVEL, rel=0.01)


def test_the_waves_run_on_from_exposure_to_exposure_at_another_phase(simulated):
    effects = Effects.only("interference")
    _, first = simulated(effects, "MIRIMAGE", "SUB64", ngroups=3, seed=1)
    _, second = simulated(effects, "MIRIMAGE", "SUB64", ngroups=3, seed=2)
    assert (first != second).mean() > 0.5


@pytest.mark.parametrize(
    ("subarray", "readpatt"), [("SUB64", "FASTR1"), ("MASKLYOT", "FAST"), ("SLITLESSPRISM", "FASTR1")]
)
def test_emicorr_takes_it_out(simulated, subarray, readpatt):
    effects = Effects.only("interference", "sky", sky_rate=200.0)
    simulation, _ = simulated(effects, "MIRIMAGE", subarray, readpatt=readpatt, ngroups=12, nints=2)
    spreads = []
    for skip in (True, False):
        steps = {name: {"skip": True} for name in ("jump", "ramp_fit", "refpix")} | {
            "emicorr": {"skip": skip}
        }
        with simulation.crds():
            ramp = Detector1Pipeline.call(simulation.exposure, steps=steps)
        spreads.append(np.diff(ramp.data[:, :-1, 4:-4], n=2, axis=1).std())
    assert spreads[1] < 0.15 * spreads[0]


def test_the_reference_knows_all_subarrays(simulated):
    simulation, _ = simulated(Effects.only("interference"), "MIRIMAGE", "SUB64", ngroups=2)
    with asdf.open(simulation.references["emicorr"]) as tree:
        rows = {name: case["rowclocks"] for name, case in tree["subarray_cases"].items()}
    # The ticks of the documentation of `emicorr`.
    assert rows == {
        "FULL_FAST": 271, "FULL_SLOW": 2333, "BRIGHTSKY": 162, "SUB256": 96, "SUB128": 44, "SUB64": 28,
        "SLITLESSPRISM": 28, "MASK1065": 82, "MASK1140": 82, "MASK1550": 82, "MASKLYOT": 90,
    }  # fmt: skip


def test_without_it_there_is_no_reference(simulated):
    simulation, raw = simulated(Effects.none(), "MIRIMAGE", "SUB64", ngroups=2)
    assert "emicorr" not in simulation.references and np.unique(raw).tolist() == [BIAS]
