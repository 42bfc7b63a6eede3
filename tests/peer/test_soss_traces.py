"""The pixels that traces of NIRISS SOSS cover are those that the peer masks, wherever the pupil wheel stands."""

import numpy as np
import pytest
from jwst.clean_flicker_noise.clean_flicker_noise import mask_soss_traces
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import Exposure
from gpucal.reference import Reference
from gpucal.simulate import Effects
from gpucal.simulate.soss import COMMANDED_POSITION
from gpucal.steps.parts.flicker.soss_traces import soss_pixels


@pytest.fixture
def reference(simulated):
    simulation = simulated(detector="NIS", subarray="SUBSTRIP96", ngroups=1, effects=Effects.none())
    return simulation.references["pastasoss"]


def rate(subarray, rows, position):
    model = datamodels.ImageModel((rows, 2048))
    model.meta.subarray.name, model.meta.instrument.pupil_position = subarray, position
    return model


@pytest.mark.parametrize("turn", [-0.25, -0.07, 0.0, 0.11])
@pytest.mark.parametrize(
    ("subarray", "rows"),
    [("SUBSTRIP256", 256), ("SUBSTRIP96", 96), ("SUB204STRIPE_SOSS", 200), ("FULL", 2048)],
)
def test_pixels(backend, reference, subarray, rows, turn):
    model = rate(subarray, rows, COMMANDED_POSITION + turn)
    theirs = ~mask_soss_traces(model, np.ones((rows, 2048), bool), datamodels.PastasossModel(reference))
    ours = backend.asnumpy(soss_pixels(Exposure(model), Reference("pastasoss", reference)))
    np.testing.assert_array_equal(ours, theirs)
    assert 0.01 < ours.mean() < 0.7


@pytest.mark.parametrize("position", [None, COMMANDED_POSITION + 0.3])
def test_a_wheel_where_the_traces_are_not_known(reference, position):
    with pytest.raises(GpucalError, match="PWCPOS" if position is None else "stands at 246.06, and pastasoss"):
        soss_pixels(Exposure(rate("SUBSTRIP96", 96, position)), Reference("pastasoss", reference))
