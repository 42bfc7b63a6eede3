"""The firstframe step agrees with the peer."""

import pytest

from bench.agreement import compare
from gpucal.steps.ramps.firstframe import FirstFrameStep
from tests.peer.miri_ramps import miri_ramp

pytestmark = [pytest.mark.usefixtures("offline"), pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.mark.parametrize("ngroups", [1, 2, 3, 4, 9])
def test_numbers_of_groups(peer_step, ngroups):
    ramp = miri_ramp(1, ngroups=ngroups)
    ours, theirs = FirstFrameStep.call(ramp), peer_step("firstframe", ramp)
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.firstframe == ("COMPLETE" if ngroups >= 4 else "SKIPPED")


@pytest.mark.parametrize("bright_use_group1", [True, False])
@pytest.mark.parametrize("seed", [2, 3])
def test_bright_pixels(peer_step, bright_use_group1, seed):
    ramp = miri_ramp(seed)
    ours = FirstFrameStep.call(ramp, bright_use_group1=bright_use_group1)
    theirs = peer_step("firstframe", ramp, bright_use_group1=bright_use_group1)
    compare(ours, theirs).assert_agrees()
    assert bool((theirs.groupdq[:, 0] == 0).any()) is bright_use_group1


def test_another_instrument(peer_step):
    ramp = miri_ramp(4)
    ramp.meta.instrument.name, ramp.meta.instrument.detector = "NIRCAM", "NRCA1"
    compare(FirstFrameStep.call(ramp), peer_step("firstframe", ramp)).assert_agrees()
