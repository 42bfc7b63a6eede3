"""The dark_current step agrees with the peer on darks of MIRI, which have an array for each integration."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import HOT, UNRELIABLE_DARK
from gpucal.steps.ramps.dark_current import DarkCurrentStep
from tests.peer.miri_ramps import SHAPE, described, miri_ramp

pytestmark = pytest.mark.usefixtures("offline")


def dark_model(ndarks, ngroups):
    rng = np.random.default_rng(8)
    model = described(datamodels.DarkMIRIModel((ndarks, ngroups, *SHAPE)))
    model.data = np.cumsum(rng.normal(3, 1, model.shape), axis=1).astype(np.float32)
    model.data[rng.random(model.shape) < 0.01] = np.nan
    model.dq = rng.choice([0, HOT, UNRELIABLE_DARK], (ndarks, 1, *SHAPE), p=[0.9, 0.05, 0.05]).astype(
        np.uint32
    )
    model.dq_def = [(11, HOT, "HOT", ""), (23, UNRELIABLE_DARK, "UNRELIABLE_DARK", "")]
    exposure = model.meta.exposure
    exposure.nframes, exposure.groupgap, exposure.ngroups = 1, 0, ngroups
    return model


@pytest.fixture
def both(peer_step, tmp_path):
    """Run both steps on a ramp, saving the dark, and return the ramps and the paths of the darks."""

    def run(ramp, dark):
        path = tmp_path / "dark.fits"
        dark.save(path)
        results = []
        for folder, call in (
            ("ours", DarkCurrentStep.call),
            ("theirs", lambda *a, **k: peer_step("dark_current", *a, **k)),
        ):
            (tmp_path / folder).mkdir()
            parameters = {"dark_output": "used.fits", "output_dir": str(tmp_path / folder)}
            results.append(call(ramp, override_dark=str(path), **parameters))
        return results, [tmp_path / folder / "used.fits" for folder in ("ours", "theirs")]

    return run


CASES = {
    "more integrations than darks": ({"nints": 4}, (2, 10)),
    "one integration": ({"nints": 1}, (2, 12)),
    "three darks": ({"nints": 4}, (3, 10)),
    "continued": ({"ngroups": 14}, (2, 10)),
    "later segment": ({"nints": 2, "segment": (3, 4, 6)}, (3, 10)),
    "averaged": ({"ngroups": 4, "nframes": 4}, (2, 16)),
    "averaged, one integration": ({"ngroups": 3, "nframes": 8, "nints": 1}, (2, 30)),
    "averaged and continued": ({"ngroups": 4, "nframes": 4}, (2, 14)),
    "averaged, later segment": ({"ngroups": 4, "nframes": 4, "nints": 2, "segment": (3, 4, 6)}, (2, 16)),
    "averaged, short later segment": (
        {"ngroups": 4, "nframes": 4, "nints": 2, "segment": (3, 4, 6)},
        (3, 16),
    ),
}


@pytest.mark.parametrize(("settings", "shape"), CASES.values(), ids=CASES)
def test_darks_by_integration(both, settings, shape):
    ramps, darks = both(miri_ramp(1, **settings), dark_model(*shape))
    compare(*ramps).assert_agrees()
    compare(*darks).assert_agrees()


def test_a_dark_that_averages_more(both):
    dark = dark_model(2, 10)
    dark.meta.exposure.nframes = 4
    ramps, _ = both(miri_ramp(2), dark)
    compare(*ramps).assert_agrees()
    assert ramps[1].meta.cal_step.dark_sub == "SKIPPED"
