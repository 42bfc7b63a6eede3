"""Models of traces are those of jwst, within the rounding of single precision."""

import numpy as np
import pytest

from gpucal.steps import AdaptiveTraceModelStep
from tests.slit_spectra import several_slits, spectrum

# Of the brightest pixel of a trace.
ROUNDING = 3e-6


def bright(model, detector="NRS1", grating="G395M"):
    model.meta.instrument.detector, model.meta.instrument.grating = detector, grating
    for slit in getattr(model, "slits", [model]):
        slit.data *= 5
        slit.data[np.random.default_rng(4).random(slit.data.shape) < 0.01] = np.nan
    return model


def assert_same(own, other, least):
    ours, theirs = np.asarray(own.trace_model), np.asarray(other.trace_model)
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.isfinite(theirs).sum() >= least
    if least:
        assert np.nanmax(np.abs(ours - theirs)) < ROUNDING * np.nanmax(theirs)


CASES = {
    "usual": (dict(slope_limit=0.01), {}),
    "everywhere": (dict(psf_optimal=True), {}),
    "from the right": (dict(slope_limit=0.0, fit_threshold=3.0), dict(detector="NRS2")),
    "prism": (dict(slope_limit=0.005), dict(grating="PRISM")),
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("parameters", "mode"), CASES.values(), ids=CASES)
def test_a_slit(parameters, mode, peer_step):
    own = AdaptiveTraceModelStep.call(bright(spectrum(), **mode), skip=False, **parameters)
    other = peer_step("adaptive_trace_model", bright(spectrum(), **mode), skip=False, **parameters)
    assert_same(own, other, 200)
    assert own.meta.cal_step.adaptive_trace_model == "COMPLETE"


@pytest.mark.usefixtures("offline")
def test_slits_and_one_that_is_too_faint(peer_step):
    def make():
        model = bright(several_slits())
        model.slits[1].err *= 1000
        return model

    parameters = dict(skip=False, slope_limit=0.01)
    own = AdaptiveTraceModelStep.call(make(), **parameters)
    other = peer_step("adaptive_trace_model", make(), **parameters)
    for place, pair in enumerate(zip(own.slits, other.slits, strict=True)):
        assert_same(*pair, 0 if place == 1 else 200)
    assert np.isnan(own.slits[1].trace_model).all()


@pytest.mark.usefixtures("offline")
def test_the_median_of_a_series_below_zero(peer_step):
    def make():
        model = bright(spectrum())
        for name in ("data", "err", "var_poisson", "var_rnoise", "var_flat", "dq"):
            setattr(model, name, np.stack([getattr(model, name)] * 3))
        model.data -= 400
        return model

    parameters = dict(skip=False, psf_optimal=True)
    own = AdaptiveTraceModelStep.call(make(), **parameters)
    other = peer_step("adaptive_trace_model", make(), **parameters)
    assert_same(own, other, 200)


SMALLER = {
    "twice": dict(oversample=2.0, slope_limit=0.01),
    "as one point source": dict(oversample=3.0, psf_optimal=True),
    "too faint": dict(oversample=2.0, fit_threshold=1e9),
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("level", [0, -400])
@pytest.mark.parametrize("parameters", SMALLER.values(), ids=SMALLER)
def test_smaller_pixels(parameters, level, peer_step, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")

    def make():
        model = bright(spectrum())
        model.data += level
        return model

    own = AdaptiveTraceModelStep.call(make(), skip=False, **parameters)
    other = peer_step("adaptive_trace_model", make(), skip=False, **parameters)
    for name in ("data", "err", "var_poisson", "var_rnoise", "var_flat", "wavelength", "trace_model"):
        ours, theirs = np.asarray(getattr(own, name)), np.asarray(getattr(other, name))
        assert np.array_equal(np.isnan(ours), np.isnan(theirs)), name
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING * np.nanmax(np.abs(own.data)), err_msg=name)
    assert np.array_equal(own.dq, other.dq)
    assert own.meta.wcs.available_frames == other.meta.wcs.available_frames
    x, y = np.meshgrid([-0.4, 20.0, 69.0], [0.0, 13.0, 47.0])
    np.testing.assert_allclose(own.meta.wcs(x, y), other.meta.wcs(x, y), rtol=1e-13)
    assert own.meta.wcs.bounding_box == other.meta.wcs.bounding_box
    assert own.meta.photometry.pixelarea_steradians == other.meta.photometry.pixelarea_steradians
