"""Integral fields of NIRSpec agree with jwst: the coordinates of a whole one, and the calibration of a small one."""

import re

import gwcs
import numpy as np
import pytest

from bench.agreement import compare
from gpucal.data import Exposure
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.steps.spectra.pathloss import PathLossStep
from tests.nirspec_ifu import field, optics, references, small_field
from tests.transfer import on_host

STEPS = {
    "flat_field": (FlatFieldStep, ("flat", "fflat", "sflat", "dflat")),
    "pathloss": (PathLossStep, ("pathloss",)),
    "photom": (PhotomStep, ("photom", "area")),
}

# Of a run that needs no reference.
CRDS = re.compile(r"CRDS_\w+|meta\.ref_file\.crds\..*")


@pytest.fixture(autouse=True)
def as_jwst_does(monkeypatch):
    """What gpucal mends on purpose is as jwst makes it."""
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


@pytest.mark.usefixtures("offline")
def test_coordinates_of_all_slices(peer_step, tmp_path):
    model, given = field(), optics(tmp_path)
    theirs = peer_step("assign_wcs", model, **given)
    ours = AssignWcsStep.call(Exposure(model.copy()), **given)
    compare(ours, theirs).assert_agrees()
    y, x = np.mgrid[:2048:9, :2048:5]
    expected = np.array(theirs.meta.wcs(x, y))
    there = np.isfinite(expected[0])
    assert 0.05 < there.mean() < 0.5
    found = on_host(Exposure(ours).ifu_slices.world)[:, ::9, ::5]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-8)  # NaN in the same places
    assert isinstance(ours.meta.wcs, gwcs.WCS)
    assert ours.meta.wcs.available_frames == theirs.meta.wcs.available_frames
    np.testing.assert_allclose(ours.meta.wcs(x, y), expected, rtol=1e-12, atol=1e-8)
    some = expected[:, there][:, ::50]
    back = np.array(theirs.meta.wcs.backward_transform(*some))
    np.testing.assert_allclose(np.array(ours.meta.wcs.backward_transform(*some)), back, rtol=0, atol=1e-6)
    program = Exposure(ours).get_wcs().program("world", "detector")
    np.testing.assert_allclose(program.at(*some), back, rtol=0, atol=1e-6)


@pytest.fixture
def given(tmp_path, monkeypatch):
    """References to calibrate small fields: ``given("photom")`` for one step."""
    made = references(tmp_path, monkeypatch)
    return lambda step: {f"override_{name}": made[f"override_{name}"] for name in STEPS[step][1]}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("source_type", ["POINT", "EXTENDED"])
def test_step_by_step(source_type, given, peer_step):
    model = small_field(source_type)
    for step, (ours, _) in STEPS.items():
        theirs = peer_step(step, model.copy(), **given(step))
        result = ours.call(model, **given(step))
        compare(result, theirs).assert_agrees()
        assert theirs.meta.cal_step.instance[step] == "COMPLETE"
        assert not np.array_equal(result.data, model.data, equal_nan=True)
        assert 0 < np.isfinite(result.data).sum() < result.data.size
        model = theirs


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("step", STEPS)
def test_undone(step, given, peer_step):
    model = small_field()
    if step != "flat_field":
        model = peer_step("flat_field", model, **given("flat_field"))
    theirs = peer_step(step, model.copy(), inverse=True, **given(step))
    compare(STEPS[step][0].call(model, inverse=True, **given(step)), theirs).assert_agrees()


@pytest.mark.usefixtures("offline")
def test_flat_fields_that_are_saved_and_given(given, peer_step, tmp_path):
    model = small_field()
    files = {}
    for name, run in (("theirs", peer_step), ("ours", lambda _, *args, **more: FlatFieldStep.call(*args, **more))):
        told = {"save_interpolated_flat": True, "output_dir": str(tmp_path / name), **given("flat_field")}
        (tmp_path / name).mkdir()
        run("flat_field", model.copy(), **told)
        (files[name],) = (tmp_path / name).glob("*interpolatedflat.fits")
    compare(files["ours"], files["theirs"]).apart_from(CRDS).assert_agrees()
    users = {"user_supplied_flat": str(files["theirs"])}
    theirs = peer_step("flat_field", model.copy(), **users)
    compare(FlatFieldStep.call(model, **users), theirs).apart_from(CRDS).assert_agrees()
