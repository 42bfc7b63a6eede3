"""A background by wavelength is subtracted from spectra as jwst does."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.modeling.models import Identity, Mapping, Scale, Shift
from gwcs import WCS
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.data import Exposure
from gpucal.steps.spectra.master_background import MasterBackgroundStep, background_spectra
from tests.slit_calibration import FIXED, SHUTTERS, slits_of

PAIRS = ("pathloss", "flatfield", "photom")


@pytest.fixture(autouse=True)
def alone(monkeypatch, offline, without_parameter_references):
    """Products of jwst have names of their own."""


def calibrated(kind=FIXED):
    """Slits as stage 2 leaves them; those of points keep two corrections, but the last lacks some."""
    model, rng = slits_of(kind), np.random.default_rng(4)
    for slit in model.slits:
        slit.meta.bunit_data = "MJy/sr"
        for pair in PAIRS if slit.source_type == "POINT" else ():
            for name in ("point", "uniform"):
                setattr(slit, f"{pair}_{name}", rng.uniform(0.5, 1.5, slit.data.shape).astype(np.float32))
    if kind == FIXED:
        del model.slits[2].photom_point
    return model


def spectrum(path, level=2.0, of_background=True, combined=False):
    """A spectrum that ends among the wavelengths of the slits, in a file."""
    wavelength = np.linspace(1.05, 1.6, 50)
    model = datamodels.CombinedSpecModel() if combined else datamodels.MultiSpecModel()
    spec_model = model if combined else datamodels.SpecModel()
    dtype = spec_model.get_dtype("spec_table")
    table = np.zeros(len(wavelength), dtype)
    table["WAVELENGTH"], table["SURF_BRIGHT"] = wavelength, level + np.sin(9 * wavelength)
    table["FLUX"] = level * wavelength
    if not combined:
        table["BACKGROUND"], table["BKGD_ERROR"] = 0.5 * level * wavelength, 0.1
    spec_model.spec_table = table
    if not combined:
        spec_model.spectral_order, spec_model.name = 1, "S200A1"
        model.spec.append(spec_model)
    model.meta.exposure.type, model.meta.exposure.exposure_time = FIXED, 100.0 * level
    model.meta.instrument.name, model.meta.observation.bkgdtarg = "NIRSPEC", of_background
    model.meta.target.ra, model.meta.target.dec = 5.6, -72.1
    model.save(path)
    return str(path)


@pytest.mark.parametrize("combined", [False, True])
def test_a_background_of_the_user(combined, tmp_path, peer_step):
    given = {"user_background": spectrum(tmp_path / "sky_x1d.fits", combined=combined), "output_dir": str(tmp_path)}
    theirs = peer_step("master_background", calibrated(), **given)
    ours = MasterBackgroundStep.call(calibrated(), **given)
    ours = ours[0] if isinstance(ours, list) else ours
    compare(ours, theirs).assert_agrees()
    assert not np.array_equal(ours.slits[1].data, calibrated().slits[1].data, equal_nan=True)


def test_shutters_have_had_theirs(tmp_path, peer_step):
    given = {"user_background": spectrum(tmp_path / "sky_x1d.fits")}
    theirs = peer_step("master_background", calibrated(SHUTTERS), **given)
    ours = MasterBackgroundStep.call(calibrated(SHUTTERS), **given)
    compare(ours[0] if isinstance(ours, list) else ours, theirs).assert_agrees()


def associated(folder, of_background):
    members = []
    for number in range(2):
        model = calibrated()
        model.meta.filename = f"star{number}_cal.fits"
        model.save(folder / model.meta.filename)
        members.append({"expname": f"star{number}_cal.fits", "exptype": "science"})
        spectrum(folder / f"sky{number}_x1d.fits", 2.0 + number, of_background)
        members.append({"expname": f"sky{number}_x1d.fits", "exptype": "background"})
    products = [{"name": "star", "members": members}]
    table = {"asn_type": "spec3", "asn_id": "a3001", "asn_pool": "none", "products": products}
    (folder / "asn.json").write_text(json.dumps(table))
    return str(folder / "asn.json")


@pytest.mark.parametrize(("of_background", "kernel"), [(True, 1), (False, 4)])
def test_the_mean_of_members(of_background, kernel, tmp_path, peer_step):
    table = associated(tmp_path, of_background)
    theirs = peer_step("master_background", table, median_kernel=kernel)
    ours = MasterBackgroundStep.call(table, median_kernel=kernel)
    assert len(ours) == 2
    for one, other in zip(ours, theirs, strict=True):
        compare(one, other).assert_agrees()


@pytest.mark.parametrize("force", [False, True])
def test_what_was_subtracted_before(force, tmp_path, peer_step):
    model = calibrated()
    model.meta.cal_step.bkg_subtract = "COMPLETE"
    given = {"user_background": spectrum(tmp_path / "sky_x1d.fits"), "force_subtract": force}
    theirs = peer_step("master_background", model.copy(), **given)
    ours = MasterBackgroundStep.call(model, **given)
    ours = ours[0] if isinstance(ours, list) else ours
    compare(ours, theirs).assert_agrees()
    assert ours.meta.cal_step.master_background == ("COMPLETE" if force else "SKIPPED")


def field(instrument, shape=(30, 20)):
    """An exposure of an integral field whose wavelengths rise with the row, and its coordinates."""
    model, rng = datamodels.IFUImageModel(shape), np.random.default_rng(8)
    model.data, model.err = (rng.uniform(1, 3, shape).astype(np.float32) for _ in range(2))
    model.dq = rng.choice([0, 4], shape).astype(np.uint32)
    model.meta.filename, model.meta.instrument.name = "field_cal.fits", instrument
    model.meta.exposure.type = {"MIRI": "MIR_MRS", "NIRSPEC": "NRS_IFU"}[instrument]
    model.meta.observation.date, model.meta.observation.time = "2024-04-01", "00:00:00"
    to_world = Mapping((0, 1, 1)) | Identity(2) & (Scale(0.03) | Shift(1.0))
    model.meta.wcs = WCS([("detector", to_world), ("world", None)])
    model.meta.wcs.bounding_box = tuple((-0.5, length - 0.5) for length in shape[::-1])
    return model


@pytest.mark.parametrize("kind", ["MIRI", "NIRSPEC point", "NIRSPEC extended", "NIRSPEC point, not corrected"])
def test_integral_fields(kind, tmp_path, peer_step, monkeypatch):
    model = field(kind.split()[0])
    model.meta.target.source_type = "POINT" if "point" in kind else "EXTENDED"
    if "not" not in kind:
        rng = np.random.default_rng(9)
        for name in ("pathloss_point", "pathloss_uniform"):
            setattr(model, name, rng.uniform(0.5, 1.5, model.data.shape).astype(np.float32))
    y, x = np.mgrid[:30, :20]
    world = np.stack(model.meta.wcs(x, y))
    monkeypatch.setattr(Exposure, "ifu_slices", property(lambda exposure: SimpleNamespace(world=world)))
    monkeypatch.setattr("jwst.assign_wcs.nirspec.nrs_ifu_wcs", lambda exposure: [exposure.meta.wcs])
    given = {"user_background": spectrum(tmp_path / "sky_x1d.fits")}
    theirs = peer_step("master_background", model.copy(), **given)
    ours = MasterBackgroundStep.call(model, **given)
    ours = ours[0] if isinstance(ours, list) else ours
    for name in ("data", "err", "dq"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-6)
    inside = (world[2] > 1.05) & (world[2] < 1.601)
    assert np.abs(ours.data - model.data)[inside].min() > 0.4
    np.testing.assert_array_equal(ours.data[~inside], model.data[~inside])
    assert ours.meta.cal_step.master_background == "COMPLETE"


@pytest.mark.parametrize(
    ("kind", "source_type", "of_background", "is_beside"),
    [
        ("MIR_MRS", "POINT", True, True),
        ("NRS_IFU", "EXTENDED", True, True),
        ("NRS_IFU", "POINT", True, False),
        ("NRS_IFU", "POINT", False, True),
        ("NRS_FIXEDSLIT", "EXTENDED", True, False),
    ],
)
def test_which_column_is_the_background(kind, source_type, of_background, is_beside, tmp_path):
    path = spectrum(tmp_path / "sky_x1d.fits", of_background=of_background)
    with datamodels.open(path) as model:
        model.meta.exposure.type, model.spec[0].source_type = kind, source_type
        model.save(path)
    table = background_spectra(path).spectra[0].table
    wavelength = table["WAVELENGTH"]
    np.testing.assert_allclose(table["SURF_BRIGHT"], wavelength if is_beside else 2.0 + np.sin(9 * wavelength))
