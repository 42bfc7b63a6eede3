"""The rscd step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import FLUX_ESTIMATED
from gpucal.steps.ramps.rscd import RscdStep
from tests.peer.miri_ramps import miri_ramp

pytestmark = pytest.mark.usefixtures("offline")

COLUMNS = [("subarray", "S17"), ("readpatt", "S12"), ("group_skip1", "i4"), ("group_skip", "i4")]
ROWS = [
    ("FULL", "FASTR1", 2, 4),
    ("SUB64", "SLOWR1", 5, 5),
    ("SUB64", "FASTR1", 2, 4),
    ("SUB64", "FASTR1", 1, 1),
    ("SLITLESSPRISM", "FASTR1", 0, 6),
    ("SUB128", "FASTR1", -1, 3),
]


@pytest.fixture
def both(peer_step, tmp_path):
    """Run both steps on a ramp."""
    path = tmp_path / "rscd.fits"
    model = datamodels.RSCDModel()
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
    model.rscd_group_skip_table = np.array(ROWS, COLUMNS)
    model.save(path)

    def run(ramp):
        ours = RscdStep.call(ramp, override_rscd=str(path))
        return ours, peer_step("rscd", ramp, override_rscd=str(path))

    return run


RAMPS = {
    "many groups": {"ngroups": 15},
    "one integration": {"nints": 1},
    "first segment": {"nints": 2, "segment": (1, 2, 6)},
    "first segment of one integration": {"nints": 1, "segment": (1, 1, 6)},
    "later segment": {"nints": 2, "segment": (3, 4, 6)},
    **{f"{ngroups} groups": {"ngroups": ngroups} for ngroups in (1, 2, 3, 4, 5, 6, 7)},
}


@pytest.mark.parametrize("settings", RAMPS.values(), ids=RAMPS)
def test_rscd(both, settings):
    ours, theirs = both(miri_ramp(1, **settings))
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.rscd == ("SKIPPED" if settings.get("ngroups", 10) < 3 else "COMPLETE")


@pytest.mark.parametrize("seed", [3, 4])
def test_saturation_that_comes_and_goes(both, seed):
    ramp = miri_ramp(seed, nints=1)
    rng = np.random.default_rng(seed)
    ramp.groupdq[:] = rng.choice([0, 2], ramp.groupdq.shape, p=[0.98, 0.02])
    ours, theirs = both(ramp)
    compare(ours, theirs).assert_agrees()
    assert (theirs.pixeldq & FLUX_ESTIMATED).any()


def test_nothing_saturates(both):
    ramp = miri_ramp(5)
    ramp.groupdq[:] = 0
    compare(*both(ramp)).assert_agrees()


@pytest.mark.parametrize(
    ("subarray", "readpatt"),
    [
        ("SUBPRISM", "FASTR1"),
        ("SLITLESSPRISM", "FASTR1"),
        ("SUB128", "FASTR1"),
        ("SUB256", "FASTR1"),
        ("SUB64", "FAST"),
    ],
)
def test_rows_of_the_table(both, subarray, readpatt):
    ramp = miri_ramp(6)
    ramp.meta.subarray.name, ramp.meta.exposure.readpatt = subarray, readpatt
    compare(*both(ramp)).assert_agrees()


def test_no_reference(peer_step):
    ramp = miri_ramp(7)
    theirs = peer_step("rscd", ramp, override_rscd="N/A")
    compare(RscdStep.call(ramp, override_rscd="N/A"), theirs).assert_agrees()
    assert theirs.meta.cal_step.rscd == "SKIPPED"
