"""The background of slitlets is subtracted from their rates as jwst does."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps.spectra.master_background_mos import MasterBackgroundMosStep
from tests.peer.test_master_background import spectrum
from tests.slit_calibration import SHUTTERS, overrides, slits_of

USED = {
    "flat_field": ("fflat", "sflat", "dflat", "flat"),
    "pathloss": ("pathloss",),
    "barshadow": ("barshadow",),
    "photom": ("photom", "area"),
}
UNUSED = ("extract1d", "apcorr", "pastasoss", "specprofile", "speckernel", "psf")


@pytest.fixture(autouse=True)
def alone(monkeypatch, offline, without_parameter_references):
    """Products of jwst have names of their own; what gpucal mends on purpose is as jwst makes it."""
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """The steps inside, with references."""
    given = overrides(SHUTTERS, tmp_path, monkeypatch)
    made = {step: {f"override_{kind}": given[f"override_{kind}"] for kind in kinds} for step, kinds in USED.items()}
    return made | {"extract_1d": {f"override_{kind}": "N/A" for kind in UNUSED}}


@pytest.mark.parametrize("inverse", [False, True])
def test_a_background_of_the_user(inverse, steps, tmp_path, peer_step):
    given = {"user_background": spectrum(tmp_path / "sky_x1d.fits"), "inverse": inverse, "output_dir": str(tmp_path)}
    theirs = peer_step("master_background_mos", slits_of(SHUTTERS), **given, steps=steps)
    ours = MasterBackgroundMosStep.call(slits_of(SHUTTERS), **given, steps=steps)
    compare(ours, theirs).assert_agrees()
    assert ours.meta.cal_step.master_background == "COMPLETE"
    assert not np.array_equal(ours.slits[0].data, slits_of(SHUTTERS).slits[0].data, equal_nan=True)


@pytest.mark.parametrize("names", ["all sources", "all background", "subtracted before"])
def test_where_it_cannot_be_done(names, steps, peer_step):
    model = slits_of(SHUTTERS)
    for slit in model.slits if names == "all background" else ():
        slit.source_name = "7_BKG12"
    if names == "subtracted before":
        model.meta.cal_step.bkg_subtract = "COMPLETE"
    theirs = peer_step("master_background_mos", model.copy(), steps=steps)
    ours = MasterBackgroundMosStep.call(model.copy(), steps=steps)
    compare(ours, theirs).assert_agrees()
    assert ours.meta.cal_step.master_background == ("SKIPPED" if names == "subtracted before" else "FAILED")
    np.testing.assert_array_equal(ours.slits[0].data, model.slits[0].data)
