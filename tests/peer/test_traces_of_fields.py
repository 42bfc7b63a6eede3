"""Models of traces of integral fields are those of jwst, and its small pixels."""

import gwcs
import numpy as np
import pytest
from astropy import units
from astropy.coordinates import ICRS
from astropy.modeling import models
from gwcs.coordinate_frames import CelestialFrame, CompositeFrame, CoordinateFrame, Frame2D, SpectralFrame
from gwcs.selector import LabelMapperArray, RegionsSelector
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps import AdaptiveTraceModelStep, PixelReplaceStep

SHAPE = NY, NX = 160, 70

# Slices of two channels: where they begin and how bright their sources are; that of one is too faint.
SLICES = {101: (3, 4000.0), 102: (26, 2.0), 205: (46, 900.0)}
WIDTH, SCALE, LEAN = 20, 0.2, 0.07

# Of the brightest pixel.
ROUNDING = 3e-6


def labels():
    """Slices that stand side by side, and lean."""
    y, x = np.indices(SHAPE)
    made = np.zeros(SHAPE, int)
    for number, (first, _) in SLICES.items():
        made[(x - y // 15 >= first) & (x - y // 15 < first + WIDTH)] = number
    return made


def coordinates():
    """Along the slice, across it and the wavelength; from there to the sky."""
    regions = {}
    for number, (first, _) in SLICES.items():
        along = models.Mapping((0, 1), n_inputs=2) | models.Polynomial2D(
            1, c0_0=-SCALE * first, c1_0=SCALE, c0_1=-LEAN * SCALE
        )
        across, wavelength = models.Const1D(number / 1000), models.Polynomial1D(1, c0=5.0, c1=0.001)
        regions[number] = models.Mapping((0, 1, 0, 1)) | along & across & wavelength
    selector = RegionsSelector(
        ("x", "y"), ("alpha", "beta", "lam"), regions, LabelMapperArray(labels()), undefined_transform_value=np.nan
    )
    in_slice = CoordinateFrame(
        3, ("SPATIAL", "SPATIAL", "SPECTRAL"), (0, 1, 2), unit=(units.arcsec, units.arcsec, units.um), name="alpha_beta"
    )
    sky = CelestialFrame(reference_frame=ICRS(), axes_order=(0, 1), name="sky")
    world = CompositeFrame([sky, SpectralFrame(unit=units.um, axes_order=(2,), name="spectral")], name="world")
    to_sky = models.Scale(1 / 3600) & models.Scale(1 / 3600) & models.Identity(1)
    return gwcs.WCS([(Frame2D(name="detector"), selector), (in_slice, to_sky), (world, None)])


def field(level=0.0):
    """Point sources in slices, of which some pixels are bad."""
    rng = np.random.default_rng(3)
    y, x = np.indices(SHAPE)
    data = rng.normal(level, 0.5, SHAPE)
    for first, peak in SLICES.values():
        within = (x - y // 15 >= first) & (x - y // 15 < first + WIDTH)
        data += within * peak * np.exp(-0.5 * ((x - LEAN * y - first - 9.3) / 1.3) ** 2) * (1 + 0.3 * np.sin(y / 20))
    model = datamodels.IFUImageModel(data=data.astype(np.float32))
    model.err = np.full(SHAPE, 0.5, np.float32)
    for name in ("var_poisson", "var_rnoise", "var_flat"):
        setattr(model, name, rng.uniform(0.1, 0.2, SHAPE).astype(np.float32))
    bad = rng.random(SHAPE) < 0.01
    model.dq = np.where(bad, DO_NOT_USE, 0).astype(np.uint32)
    for name in ("data", "err", "var_poisson", "var_rnoise", "var_flat"):
        getattr(model, name)[bad] = np.nan
    model.meta.wcs = coordinates()
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIFUSHORT"
    model.meta.exposure.type, model.meta.wcsinfo.dispersion_direction = "MIR_MRS", 2
    model.meta.photometry.pixelarea_arcsecsq, model.meta.bunit_data = 0.04, "MJy/sr"
    return model


def assert_same(ours, theirs, names):
    for name in names:
        own, other = (np.asarray(getattr(model, name)) for model in (ours, theirs))
        assert np.array_equal(np.isnan(own), np.isnan(other)), name
        np.testing.assert_allclose(own, other, rtol=0, atol=ROUNDING * np.nanmax(np.abs(ours.data)), err_msg=name)


CASES = {
    "usual": (dict(slope_limit=0.02), 0.0),
    "everything": (dict(psf_optimal=True), 0.0),
    "below zero": (dict(slope_limit=0.0, fit_threshold=0.0), -3.0),
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("parameters", "level"), CASES.values(), ids=CASES)
def test_traces(parameters, level, peer_step):
    ours = AdaptiveTraceModelStep.call(field(level), skip=False, **parameters)
    theirs = peer_step("adaptive_trace_model", field(level), skip=False, **parameters)
    assert_same(ours, theirs, ["trace_model"])
    modelled = {number: np.isfinite(ours.trace_model)[labels() == number].mean() for number in SLICES}
    if parameters.get("slope_limit"):
        assert modelled[101] > 0.2 and modelled[205] > 0.2 and modelled[102] == 0
    else:
        assert min(modelled.values()) > 0


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("parameters", [dict(oversample=2.0, slope_limit=0.02), dict(oversample=2.5, psf_optimal=True)])
def test_small_pixels(parameters, peer_step, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    ours = AdaptiveTraceModelStep.call(field(), skip=False, **parameters)
    theirs = peer_step("adaptive_trace_model", field(), skip=False, **parameters)
    planes = ("data", "err", "var_poisson", "var_rnoise", "var_flat", "wavelength", "trace_model")
    assert_same(ours, theirs, planes)
    assert np.array_equal(ours.dq, theirs.dq) and np.array_equal(ours.regions, theirs.regions)
    assert ours.data.shape == (NY, round(NX * parameters["oversample"]))
    assert ours.meta.wcs.available_frames == theirs.meta.wcs.available_frames
    x, y = np.meshgrid([20.0, 40.4, 120.0], [0.0, 13.0, 47.0])
    np.testing.assert_allclose(ours.meta.wcs(x, y), theirs.meta.wcs(x, y), rtol=1e-13)
    assert ours.meta.photometry.pixelarea_arcsecsq == theirs.meta.photometry.pixelarea_arcsecsq
    inside = np.isin(ours.regions, list(SLICES))
    world = Exposure(ours).ifu_slices.world
    np.testing.assert_allclose(world[2][inside], theirs.wavelength[inside], rtol=1e-7)


@pytest.mark.usefixtures("offline")
def test_pixels_from_a_trace_that_is_made_for_them(peer_step):
    ours = PixelReplaceStep.call(field(), skip=False, algorithm="trace_model")
    modelled = AdaptiveTraceModelStep.call(field(), skip=False)
    theirs = peer_step("pixel_replace", modelled, skip=False, algorithm="trace_model")
    assert_same(ours, theirs, ("data", "err", "var_poisson", "var_rnoise"))
    assert np.array_equal(ours.dq, theirs.dq)
