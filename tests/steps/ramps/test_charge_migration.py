"""The charge_migration step."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import CHARGELOSS, DO_NOT_USE
from gpucal.steps.ramps.charge_migration import ChargeMigrationStep
from tests.transfer import on_host


def bright_pixel(ngroups):
    model = datamodels.RampModel((1, ngroups, 3, 3))
    model.data[0, :, 1, 1] = 9000 * np.arange(ngroups)
    return Exposure(model, "made_uncal.fits")


@pytest.mark.parametrize(("parameters", "onset"), [({}, 3), ({"signal_threshold": 10000}, 2)])
def test_the_threshold_is_read(parameters, onset):
    result = ChargeMigrationStep(**parameters).process(bright_pixel(5), {})
    groupdq, flags = on_host(result.groupdq), CHARGELOSS | DO_NOT_USE
    np.testing.assert_array_equal(groupdq[0, :, 1, 1], [0] * onset + [flags] * (5 - onset))
    np.testing.assert_array_equal(groupdq[0, :, 0, 1], groupdq[0, :, 1, 1])
    assert not groupdq[0, :, 0, 0].any()


def test_short_ramps_are_skipped():
    with pytest.raises(SkipStep, match="2 groups"):
        ChargeMigrationStep(signal_threshold=1000).check_applies(bright_pixel(2))
