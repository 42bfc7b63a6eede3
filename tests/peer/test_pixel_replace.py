"""Estimated pixels are those of jwst: by gradients, profiles and models of the trace, along either axis, in series."""

import numpy as np
import pytest

from gpucal.steps import PixelReplaceStep
from tests.slit_spectra import several_slits, spectrum

FLUX_ESTIMATED = 2**28
NAMES = ("data", "err", "var_poisson", "var_rnoise", "var_flat")


def spoil(model, seed=1):
    """Bad pixels, alone and in a row, a bad line, and an edge that is none of science."""
    places = np.random.default_rng(seed).random(model.data.shape)
    bad = places < 0.04
    bad[10, 20:24] = bad[:, 33] = True
    none = np.zeros_like(bad)
    none[:2] = none[-1] = True
    bad |= np.isnan(model.data) | np.isnan(model.err) | none
    model.dq = model.dq | bad.astype(np.uint32) | np.where(none, 512, 0).astype(np.uint32)
    for name in NAMES:
        setattr(model, name, np.where(bad, np.float32(np.nan), getattr(model, name)))
    return model


def upright(model):
    """The same spectrum with wavelengths along y."""
    del model.wavelength
    turned = {name: np.ascontiguousarray(getattr(model, name).T) for name in (*NAMES, "dq")}
    for name, array in turned.items():
        setattr(model, name, array)
    model.meta.wcsinfo.dispersion_direction = 2
    return model


def assert_same(own, other):
    estimated = (np.asarray(own.dq) & FLUX_ESTIMATED) > 0
    assert estimated.sum() > 20
    assert np.array_equal(own.dq, other.dq)
    for name in NAMES:
        ours, theirs = getattr(own, name), getattr(other, name)
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=0, err_msg=name)


ALGORITHMS = {
    "mingrad": {"algorithm": "mingrad"},
    "fit_profile": {"algorithm": "fit_profile"},
    "two lines": {"algorithm": "fit_profile", "n_adjacent_cols": 1},
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("turn", [lambda model: model, upright], ids=["along x", "along y"])
@pytest.mark.parametrize("parameters", ALGORITHMS.values(), ids=ALGORITHMS)
def test_a_slit(parameters, turn, peer_step):
    own = PixelReplaceStep.call(turn(spoil(spectrum())), skip=False, **parameters)
    other = peer_step("pixel_replace", turn(spoil(spectrum())), skip=False, **parameters)
    assert_same(own, other)
    assert own.meta.cal_step.pixel_replace == "COMPLETE"


@pytest.mark.usefixtures("offline")
def test_a_faint_spectrum_is_not_scaled(peer_step):
    def make():
        model = spoil(spectrum())
        model.err *= 30
        return model

    parameters = {"algorithm": "fit_profile", "skip": False}
    assert_same(PixelReplaceStep.call(make(), **parameters), peer_step("pixel_replace", make(), **parameters))


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("algorithm", ["mingrad", "fit_profile"])
def test_slits(algorithm, peer_step):
    def make():
        model = several_slits()
        for slit in model.slits:
            spoil(slit)
        return model

    own, other = PixelReplaceStep.call(make(), skip=False, algorithm=algorithm), peer_step(
        "pixel_replace", make(), skip=False, algorithm=algorithm
    )
    for one, two in zip(own.slits, other.slits, strict=True):
        assert_same(one, two)


@pytest.mark.usefixtures("offline")
def test_a_series(peer_step):
    def make():
        models = [spoil(spectrum(number), number) for number in range(3)]
        model = models[0]
        for name in (*NAMES, "dq"):
            setattr(model, name, np.stack([getattr(one, name) for one in models]))
        return model

    assert_same(PixelReplaceStep.call(make(), skip=False), peer_step("pixel_replace", make(), skip=False))


@pytest.mark.usefixtures("offline")
def test_a_model_of_the_trace(peer_step):
    def make():
        model = spoil(spectrum())
        model.trace_model = np.full(model.data.shape, np.nan, np.float32)
        model.trace_model[:14] = 7
        model.meta.cal_step.adaptive_trace_model = "COMPLETE"
        return model

    parameters = {"algorithm": "trace_model", "skip": False}
    assert_same(PixelReplaceStep.call(make(), **parameters), peer_step("pixel_replace", make(), **parameters))


@pytest.mark.usefixtures("offline")
def test_a_model_of_the_trace_is_made(peer_step):
    def make():
        model = spoil(spectrum())
        model.meta.instrument.detector, model.meta.instrument.grating = "NRS1", "G395M"
        model.data *= 5
        return model

    parameters = {"algorithm": "trace_model", "skip": False}
    own, other = PixelReplaceStep.call(make(), **parameters), peer_step("pixel_replace", make(), **parameters)
    assert np.array_equal(np.isnan(own.trace_model), np.isnan(other.trace_model))
    assert_same(own, other)
    assert own.meta.cal_step.adaptive_trace_model == other.meta.cal_step.adaptive_trace_model == "COMPLETE"
