"""The mid-infrared steps remove what the resets of the detector left."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects, simulate

SETTLING = ("reset_anomaly", "switch_decay", "first_frame", "last_frame", "dark_settling")
CORRECTIONS = ("lastframe", "reset", "linearity", "rscd", "dark_current")


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    """Light, dark and the settling of the detector, without noise."""
    effects = Effects.only("sky", "linearity", "dark", *SETTLING, sky_rate=20000.0, detector_seed=3)
    return simulate(
        tmp_path_factory.mktemp("miri"),
        detector="MIRIMAGE",
        subarray="SUB64",
        ngroups=20,
        nints=3,
        effects=effects,
    )


@pytest.fixture
def residual(simulation, tmp_path):
    """Function: largest mean difference, DN/s, of the rates of an integration from the truth."""

    def run(*left_out):
        steps = {name: {"skip": True} for name in ("refpix", "jump", *left_out)}
        with simulation.crds():
            Detector1Pipeline.call(
                simulation.exposure, steps=steps, save_results=True, output_dir=str(tmp_path)
            )
        rates = fits.getdata(next(tmp_path.glob("*_rateints.fits")))
        lit = fits.getdata(simulation.references["mask"], "DQ") == 0
        return np.abs((rates - simulation.truth.rate)[:, lit].mean(axis=1)).max()

    return run


def test_the_rate_is_that_of_the_light(residual):
    # what the decay of the switches has left in the third group, 18 exp(-2 / 0.6) DN, over the 16 that follow
    assert residual() < 18 * np.exp(-2 / 0.6) / (16 * 0.08512)


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_each_correction_is_needed(residual, correction):
    assert residual(correction) > 2
