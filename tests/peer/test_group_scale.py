"""The group_scale step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.ramps.group_scale import GroupScaleStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")


@pytest.mark.parametrize(
    ("nframes", "frame_divisor", "status"),
    [
        (5, 8, "COMPLETE"),
        (4, 1, "COMPLETE"),
        (4, 4, "SKIPPED"),
        (4, None, "SKIPPED"),
        (5, None, "SKIPPED"),
        (None, 8, "SKIPPED"),
    ],
)
def test_group_scale(peer_step, nframes, frame_divisor, status):
    rng = np.random.default_rng(61)
    model = datamodels.RampModel(data=rng.uniform(0, 65535, (2, 3, 8, 9)).astype(np.float32))
    model.meta.instrument.name = "NIRCAM"
    model.meta.exposure.nframes = nframes
    model.meta.exposure.frame_divisor = frame_divisor
    model.meta.exposure.zero_frame = True
    model.zeroframe = rng.uniform(0, 65535, (2, 8, 9)).astype(np.float32)
    ours, theirs = GroupScaleStep.call(model), peer_step("group_scale", model)
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.group_scale == status
