"""The group_scale step: when groups are rescaled, and by how much."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure
from gpucal.steps.ramps.group_scale import GroupScaleStep
from tests.transfer import on_host


def ramp(nframes, frame_divisor):
    model = datamodels.RampModel((1, 2, 3, 4))
    model.data[:] = 1000
    model.meta.exposure.nframes = nframes
    model.meta.exposure.frame_divisor = frame_divisor
    return Exposure(model, "made_uncal.fits")


def test_five_frames_divided_by_eight():
    result = GroupScaleStep().process(ramp(5, 8), {})
    np.testing.assert_array_equal(on_host(result.data), np.full((1, 2, 3, 4), 1600, np.float32))


@pytest.mark.parametrize("keywords", [(4, 4), (5, None), (4, None), (None, 8), (None, None)])
def test_averages_and_unknown_divisors_are_left_alone(keywords):
    exposure = ramp(*keywords)
    with pytest.raises(SkipStep):
        GroupScaleStep().check_applies(exposure)
