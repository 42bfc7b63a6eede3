"""The calibration of slits of NIRSpec agrees with jwst: step by step, each from jwst's product of the step before."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.spectra.barshadow import BarShadowStep
from gpucal.steps.spectra.pathloss import PathLossStep
from gpucal.steps.spectra.wavecorr import WavecorrStep
from tests.slit_calibration import FIXED, SERIES, SHUTTERS, overrides, slits_of

STEPS = {
    "wavecorr": (WavecorrStep, ("wavecorr",)),
    "flat_field": (FlatFieldStep, ("flat", "fflat", "sflat", "dflat")),
    "pathloss": (PathLossStep, ("pathloss",)),
    "barshadow": (BarShadowStep, ("barshadow",)),
    "photom": (PhotomStep, ("photom", "area")),
}
ORDERS = {
    FIXED: ("wavecorr", "flat_field", "pathloss", "photom"),
    SHUTTERS: ("wavecorr", "flat_field", "pathloss", "barshadow", "photom"),
    SERIES: ("wavecorr", "flat_field", "photom"),
}


@pytest.fixture(autouse=True)
def as_jwst_does(monkeypatch):
    """What gpucal mends on purpose is as jwst makes it."""
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


@pytest.fixture(scope="module")
def calibrated(peer_step, tmp_path_factory):
    """The product of jwst before a step, and overrides of references: ``calibrated(kind, "photom")``."""
    folder, made, given = tmp_path_factory.mktemp("slits"), {}, {}

    def make(kind, step):
        if kind not in given:
            (folder / kind).mkdir()
            with pytest.MonkeyPatch.context() as patch:
                given[kind] = overrides(kind, folder / kind, patch)
            made[kind, 0] = slits_of(kind)
        order = ORDERS[kind]
        for place, name in enumerate(order[: order.index(step)]):
            if (kind, place + 1) not in made:
                made[kind, place + 1] = peer_step(name, made[kind, place].copy(), **chosen(name, given[kind]))
        return made[kind, order.index(step)].copy(), chosen(step, given[kind])

    return make


def chosen(step, references):
    return {f"override_{name}": references[f"override_{name}"] for name in STEPS[step][1]}


def values(model, name):
    """An array of all slits of a model."""
    slits = getattr(model, "slits", [model])
    return np.concatenate([np.ravel(getattr(slit, name)) for slit in slits if getattr(slit, name) is not None])


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind, order in ORDERS.items() for step in order])
def test_step_by_step(kind, step, calibrated, peer_step):
    model, references = calibrated(kind, step)
    theirs = peer_step(step, model.copy(), **references)
    ours = STEPS[step][0].call(model, **references)
    compare(ours, theirs).assert_agrees()
    name = "wavelength" if step == "wavecorr" else "data"
    assert theirs.meta.cal_step.instance[step] == "COMPLETE"
    assert not np.array_equal(values(ours, name), values(model, name), equal_nan=True)
    assert 0 < np.isnan(values(ours, "data")).sum() < values(ours, "data").size


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("step", "source_type"),
    [("pathloss", "POINT"), ("barshadow", "EXTENDED"), ("photom", "EXTENDED"), ("photom", "POINT")],
)
def test_all_sources_of_a_type_and_backwards(step, source_type, calibrated, peer_step):
    model, references = calibrated(SHUTTERS, step)
    told = {"source_type": source_type, "inverse": True}
    theirs = peer_step(step, model.copy(), **references, **told)
    compare(STEPS[step][0].call(model, **references, **told), theirs).assert_agrees()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", [FIXED, SERIES])
def test_flats_backwards(kind, calibrated, peer_step):
    model, references = calibrated(kind, "flat_field")
    theirs = peer_step("flat_field", model.copy(), **references, inverse=True)
    compare(FlatFieldStep.call(model, **references, inverse=True), theirs).assert_agrees()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", [FIXED, SERIES])
def test_the_flat_that_is_saved_and_given(kind, calibrated, peer_step, tmp_path):
    model, references = calibrated(kind, "flat_field")
    folders = [tmp_path / name for name in ("ours", "theirs")]
    told = [{"save_interpolated_flat": True, "output_dir": str(folder)} for folder in folders]
    for folder in folders:
        folder.mkdir()
    FlatFieldStep.call(model.copy(), **references, **told[0])
    peer_step("flat_field", model.copy(), **references, **told[1])
    saved = [next(folder.glob("*interpolatedflat*")) for folder in folders]
    assert saved[0].name == saved[1].name
    compare(*saved).assert_agrees()
    given = {"user_supplied_flat": str(saved[1])}
    theirs = peer_step("flat_field", model.copy(), **given)
    compare(FlatFieldStep.call(model, **given), theirs).assert_agrees()


@pytest.mark.usefixtures("offline")
def test_without_some_references(calibrated, peer_step):
    model, references = calibrated(FIXED, "flat_field")
    for missing in (("fflat",), ("sflat", "dflat"), ("fflat", "sflat", "dflat")):
        given = references | {f"override_{name}": "N/A" for name in missing}
        theirs = peer_step("flat_field", model.copy(), **given)
        ours = FlatFieldStep.call(model.copy(), **given)
        compare(ours, theirs).assert_agrees()
    assert (values(ours, "dq") & DO_NOT_USE > 0).all()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", [FIXED, SERIES])
def test_fluxes_whatever_the_time(kind, calibrated, peer_step):
    model, references = calibrated(kind, "photom")
    theirs = peer_step("photom", model.copy(), **references, apply_time_correction=False)
    compare(PhotomStep.call(model, **references, apply_time_correction=False), theirs).assert_agrees()
