"""The reset step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import UNRELIABLE_BIAS
from gpucal.steps.ramps.reset import ResetStep
from tests.peer.miri_ramps import SHAPE, described, miri_ramp

pytestmark = pytest.mark.usefixtures("offline")


@pytest.fixture
def anomaly(tmp_path):
    """A reference for two resets and four groups, with NaN and flagged pixels."""
    rng = np.random.default_rng(5)
    model = described(datamodels.ResetModel((2, 4, *SHAPE)))
    model.data = rng.normal(30, 10, model.shape).astype(np.float32)
    model.data[rng.random(model.shape) < 0.05] = np.nan
    model.dq = np.where(rng.random(SHAPE) < 0.1, UNRELIABLE_BIAS, 0).astype(np.uint32)
    model.dq_def = [(22, UNRELIABLE_BIAS, "UNRELIABLE_BIAS", "")]
    model.meta.exposure.nints, model.meta.exposure.ngroups = 2, 4
    return model


@pytest.fixture
def both(peer_step, anomaly, tmp_path):
    """Run both steps on a ramp."""

    def run(ramp):
        path = tmp_path / "reset.fits"
        anomaly.save(path)
        ours = ResetStep.call(ramp, override_reset=str(path))
        return ours, peer_step("reset", ramp, override_reset=str(path))

    return run


RAMPS = {
    "more integrations and groups than the reference": {},
    "one integration": {"nints": 1},
    "fewer groups": {"ngroups": 3},
    "first segment": {"nints": 2, "segment": (1, 2, 6)},
    "later segment": {"nints": 2, "segment": (2, 3, 6)},
    "last segment": {"nints": 3, "segment": (4, 6, 6)},
}


@pytest.mark.parametrize("settings", RAMPS.values(), ids=RAMPS)
def test_reset(both, settings):
    ours, theirs = both(miri_ramp(1, **settings))
    compare(ours, theirs).assert_agrees()
    assert (theirs.pixeldq & UNRELIABLE_BIAS).any() and theirs.meta.cal_step.reset == "COMPLETE"


def test_keywords_of_the_reference_limit_it(both, anomaly):
    anomaly.meta.exposure.nints, anomaly.meta.exposure.ngroups = 1, 2
    compare(*both(miri_ramp(3))).assert_agrees()


def test_no_reference(peer_step):
    ramp = miri_ramp(4)
    theirs = peer_step("reset", ramp, override_reset="N/A")
    compare(ResetStep.call(ramp, override_reset="N/A"), theirs).assert_agrees()
    assert theirs.meta.cal_step.reset == "SKIPPED"
