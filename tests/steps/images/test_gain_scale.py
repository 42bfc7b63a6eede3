"""The gain_scale step: where the factor comes from, and what it scales."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure
from gpucal.reference import Reference
from gpucal.steps.images.gain_scale import GainScaleStep


def rate(gain_factor=None):
    names = ("data", "err", "var_poisson", "var_rnoise", "var_flat")
    model = datamodels.ImageModel(**{name: np.full((3, 4), 2, np.float32) for name in names})
    model.meta.exposure.gain_factor = gain_factor
    return Exposure(model, "made_rate.fits")


def gain(gain_factor):
    model = datamodels.GainModel(data=np.ones((3, 4), np.float32))
    model.meta.exposure.gain_factor = gain_factor
    return Reference("gain", model)


@pytest.mark.parametrize(
    ("in_exposure", "reference"), [(3.0, None), (3.0, gain(7.0)), (None, gain(3.0))]
)
def test_rates_and_variances_are_scaled(in_exposure, reference):
    result = GainScaleStep().process(rate(in_exposure), {"gain": reference})
    means = [float(getattr(result, name).mean()) for name in ("data", "err", "var_poisson", "var_rnoise")]
    assert means == [6, 6, 18, 18]
    assert result.var_flat.mean() == 2
    assert result.meta.exposure.gain_factor == 3


def test_without_a_factor_nothing_is_scaled():
    exposure = rate()
    with pytest.raises(SkipStep, match="GAINFACT"):
        GainScaleStep().process(exposure, {"gain": gain(None)})
    assert (exposure.data == 2).all()


def test_the_gain_is_asked_for_only_without_a_factor():
    assert GainScaleStep().uses(rate()) == ("gain",) and GainScaleStep().uses(rate(3.0)) == ()
