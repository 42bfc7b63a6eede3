"""Integral fields that are calibrated are as bright on every pixel as they were painted."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.simulate import Effects, MrsPlan, NirspecIfuPlan, observe_mrs, observe_nirspec_ifu
from gpucal.simulate.spectra.ifu.mrs_settings import mrs_sigma
from gpucal.simulate.spectra.point_profile import profile_sigma
from gpucal.simulate.spectra.throughput import change_with_time
from gpucal.steps import (
    AssignWcsStep,
    FlatFieldStep,
    FringeStep,
    ImprintStep,
    PathLossStep,
    PhotomStep,
    SourceTypeStep,
)

NOISE = Effects.only("stars", "sky", "poisson", "read_noise", "bad_pixels")
ONE = ((0.1, -0.05),)


def calibrated(observation, steps):
    """The exposure after steps of stage 2, and where its pixels are, arcsec from the target, and their wavelengths."""
    model = str(observation.level2[0])
    with observation.crds():
        for step in steps:
            model = step.call(model, configure_log=False)
            model = model[0] if isinstance(model, list) else model
    y, x = np.indices(model.data.shape, float)
    ra, dec, wavelengths = model.meta.wcs(x, y)
    east = (ra - observation.target[0]) * np.cos(np.deg2rad(observation.target[1])) * 3600
    north = (dec - observation.target[1]) * 3600
    return model, (east, north, wavelengths)


def test_nirspec(tmp_path, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")  # jwst takes no account of how it changes with time
    observation = observe_nirspec_ifu(tmp_path, NirspecIfuPlan(dithers=ONE, backgrounds=0), effects=NOISE)
    steps = (ImprintStep, AssignWcsStep, SourceTypeStep, FlatFieldStep, PathLossStep, PhotomStep)
    model, (east, north, wavelengths) = calibrated(observation, steps)
    point, extended = observation.scene.brightness(east, north, wavelengths, profile_sigma(wavelengths))
    with fits.open(observation.references["photom"]) as hdus:
        rows = hdus["PHOTOM"].data
        (row,) = np.flatnonzero((rows["filter"] == "F290LP") & (rows["grating"] == "G395M"))
        lost = change_with_time(hdus, row, model.meta.exposure.mid_time)
    on_source = (point > 50 * extended) & (model.data > 30 * model.err)
    assert on_source.sum() > 5000
    assert np.median(model.data[on_source] / (point + extended)[on_source]) == pytest.approx(lost, rel=0.003)
    assert lost < 0.99


def test_mrs(tmp_path):
    observation = observe_mrs(tmp_path, MrsPlan(dithers=ONE, straylight=False), effects=NOISE)
    steps = (AssignWcsStep, SourceTypeStep, FlatFieldStep, FringeStep, PhotomStep)
    model, (east, north, wavelengths) = calibrated(observation, steps)
    assert model.meta.target.source_type == "POINT"
    point, extended = observation.scene.brightness(east, north, wavelengths, mrs_sigma(wavelengths))
    on_source = (point > 20 * extended) & (model.data > 30 * model.err)
    assert on_source.sum() > 10000
    # Pixels are as wide as the image of a point, so that single ones differ; all together they hold its light.
    painted = (point + extended)[on_source]
    assert model.data[on_source].sum() / painted.sum() == pytest.approx(1, rel=0.02)
    beside = (point < 1e-4 * extended) & np.isfinite(model.data)
    assert np.median(model.data[beside] / extended[beside]) == pytest.approx(1, rel=0.003)
