"""The lastframe step agrees with the peer."""

import pytest

from bench.agreement import compare
from gpucal.steps.ramps.lastframe import LastFrameStep
from tests.peer.miri_ramps import miri_ramp

pytestmark = [pytest.mark.usefixtures("offline"), pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.mark.parametrize("ngroups", [1, 2, 3, 4, 9])
def test_numbers_of_groups(peer_step, ngroups):
    ramp = miri_ramp(1, ngroups=ngroups)
    ours, theirs = LastFrameStep.call(ramp), peer_step("lastframe", ramp)
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.lastframe == ("COMPLETE" if ngroups >= 3 else "SKIPPED")


def test_another_instrument(peer_step):
    ramp = miri_ramp(2)
    ramp.meta.instrument.name, ramp.meta.instrument.detector = "NIRCAM", "NRCA1"
    compare(LastFrameStep.call(ramp), peer_step("lastframe", ramp)).assert_agrees()
