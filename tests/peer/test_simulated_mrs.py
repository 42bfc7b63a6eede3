"""Stage 2 of MIRI's spectrometer, up to surface brightness: as jwst has it, and as it was painted."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.simulate.spectra.ifu.mrs_settings import mrs_sigma
from gpucal.steps import AssignWcsStep, FlatFieldStep, FringeStep, PhotomStep, SourceTypeStep

STEPS = (AssignWcsStep, SourceTypeStep, FlatFieldStep, FringeStep, PhotomStep)


def test_from_rates_to_surface_brightness(mrs_chain):
    model = str(mrs_chain.observation.exposures[0].path)
    with mrs_chain.observation.crds():
        for step in STEPS:
            model = step.call(model, configure_log=False)
    with datamodels.open(mrs_chain.after("photom")) as peer:
        compare(model, peer).assert_agrees()
        assert model.meta.target.source_type == peer.meta.target.source_type == "POINT"


def test_brightness_of_pixels(mrs_chain):
    observation = mrs_chain.observation
    with datamodels.open(mrs_chain.after("photom")) as model:
        y, x = np.indices(model.data.shape, float)
        ra, dec, wavelengths = model.meta.wcs(x, y)
        measured, noise = model.data, model.err
    east = (ra - observation.target[0]) * np.cos(np.deg2rad(observation.target[1])) * 3600
    north = (dec - observation.target[1]) * 3600
    point, extended = observation.scene.brightness(east, north, wavelengths, mrs_sigma(wavelengths))
    on_source = (point > 20 * extended) & (measured > 30 * noise)
    assert on_source.sum() > 10000
    # Pixels are as wide as the image of a point, so that single ones differ; all together they hold its light.
    painted = (point + extended)[on_source]
    assert measured[on_source].sum() / painted.sum() == pytest.approx(1, rel=0.02)
    beside = (point < 1e-4 * extended) & np.isfinite(measured)
    assert np.median(measured[beside] / extended[beside]) == pytest.approx(1, rel=0.003)
