"""Fields of spectra without slits, from rates to spectra of all sources."""

import json
import os

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data import InputError
from gpucal.pipelines import Spec2Pipeline, Spec3Pipeline
from gpucal.steps import AssignWcsStep
from gpucal.wcs.footprint import polygons_of
from tests import grism_fields, grism_spectra
from tests.grism_fields import NX, NY, STARS

NAMES = "jw01000001001_02101_00001_nis", "jw01000001001_02101_00002_nis"
PRODUCT = "jw01000-o001_t001_niriss"
REGION = "POLYGON ICRS  53.099 -27.801 53.101 -27.801 53.101 -27.799 53.099 -27.799"


def rates(number):
    """Rates of one of two exposures."""
    model = grism_fields.exposure()
    observation, exposure = model.meta.observation, model.meta.exposure
    observation.program_number, observation.observation_number, observation.visit_number = "01000", "001", "001"
    observation.visit_group, observation.sequence_id, observation.activity_id = "02", "1", "01"
    observation.exposure_number = f"0000{number + 1}"
    exposure.exposure_time, exposure.integration_time, exposure.mid_time = 100.0 * (number + 1), 50.0, 60010.0
    model.meta.filename, model.meta.wcsinfo.s_region = f"{NAMES[number]}_rate.fits", REGION
    return model


def association(path, product, members):
    made = {"asn_id": "o001", "products": [{"name": product, "members": members}]}
    path.write_text(json.dumps(made))
    return str(path)


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """A folder with rates, their associations and a catalog, and the parameters of a run of stage 2."""
    folder = tmp_path_factory.mktemp("field")
    references = grism_fields.overrides(folder)
    located = AssignWcsStep.call(rates(0), **references)
    image = located.meta.wcs.get_transform("detector", "world")
    grism_fields.catalog(folder / "direct_cat.ecsv", lambda x, y: image(x, y, 1.0, 1.0)[:2])
    for number, name in enumerate(NAMES):
        rates(number).save(folder / f"{name}_rate.fits")
        science = {"expname": f"{name}_rate.fits", "exptype": "science"}
        catalog = {"expname": "direct_cat.ecsv", "exptype": "sourcecat"}
        association(folder / f"{number}_asn.json", name, [science, catalog])
    flat = datamodels.FlatModel(data=np.full((NY, NX), 2.0, np.float32), err=np.full((NY, NX), 0.01, np.float32))
    flat.dq = np.zeros((NY, NX), np.uint32)
    subarray = flat.meta.subarray
    subarray.xstart = subarray.ystart = 1
    subarray.xsize, subarray.ysize = NX, NY
    flat.save(folder / "flat.fits")
    datamodels.GainModel(data=np.full((NY, NX), 1.5, np.float32)).save(folder / "gain.fits")
    steps = {
        "assign_wcs": references,
        "bkg_subtract": {"skip": True},
        "flat_field": {"override_flat": str(folder / "flat.fits")}
        | {f"override_{one}": "N/A" for one in ("fflat", "sflat", "dflat")},
        "extract_2d": {"override_wavelengthrange": str(grism_fields.wavelengthrange(folder))},
        "photom": {"override_photom": grism_spectra.photom(folder / "photom.fits"), "override_area": "N/A"},
        "extract_1d": {"apply_apcorr": False},
    }
    return folder, steps


@pytest.fixture(scope="module")
def calibrated(field, tmp_path_factory):
    """A folder with the products of stage 2 of both exposures."""
    made, (folder, steps) = tmp_path_factory.mktemp("calibrated"), field
    for number in (0, 1):
        Spec2Pipeline.call(str(folder / f"{number}_asn.json"), steps=steps, save_results=True, output_dir=str(made))
    return made


def test_stage_2_saves_boxes_and_spectra(calibrated):
    assert sorted(path.name for path in calibrated.iterdir()) == [
        f"{name}_{suffix}.fits" for name in NAMES for suffix in ("cal", "x1d")
    ]
    header = fits.getheader(calibrated / f"{NAMES[0]}_cal.fits")
    assert (header["SCATFILE"], header["S_CONTAM"], header["S_PHOTOM"]) == ("direct_cat.ecsv", "SKIPPED", "COMPLETE")
    with fits.open(calibrated / f"{NAMES[0]}_x1d.fits") as product:
        tables = [one for one in product if one.name == "EXTRACT1D"]
        assert [one.header["SPORDER"] for one in tables] == [1, 2]
        assert tables[0].header["FILENAME"] == f"{NAMES[0]}_cal.fits"
        assert tables[0].header["EXPGRPID"] == "jw01000001001_02101_00001_nis_1"
        np.testing.assert_array_equal(tables[0].data["SOURCE_ID"], sorted(set(STARS) - {12}))
        types = dict(zip(tables[0].data["SOURCE_ID"], tables[0].data["SOURCE_TYPE"], strict=True))
        assert types == {3: "POINT", 5: "EXTENDED", 8: "POINT", 9: "POINT"}


def test_stage_3_makes_one_product_of_all(calibrated, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    members = [{"expname": f"{name}_cal.fits", "exptype": "science"} for name in NAMES]
    table = association(calibrated / "asn.json", PRODUCT, members)
    steps = {"extract_1d": {"apply_apcorr": False}}
    Spec3Pipeline.call(table, steps=steps, save_results=True, output_dir=str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{PRODUCT}_{n}.fits" for n in ("c1d", "x1d")]
    assert os.listdir(tmp_path) == ["out"]
    with fits.open(tmp_path / "out" / f"{PRODUCT}_x1d.fits") as product:
        tables = [one for one in product if one.name == "EXTRACT1D"]
        groups = [one.header["EXPGRPID"][-11:] for one in tables]
        assert groups == ["00001_nis_1", "00001_nis_2", "00002_nis_1", "00002_nis_2"]
        assert [one.header["EFFEXPTM"] for one in tables] == [100, 100, 200, 200]
        (ours,), (given,) = polygons_of(tables[0].header["S_REGION"]), polygons_of(REGION)
        np.testing.assert_allclose(sorted(ours.tolist()), sorted(given.tolist()), atol=1e-7)
        first = np.array(tables[0].data)
    with fits.open(calibrated / f"{NAMES[0]}_x1d.fits") as product:
        assert first.tobytes() == np.array(product["EXTRACT1D", 1].data).tobytes()
    with fits.open(tmp_path / "out" / f"{PRODUCT}_c1d.fits") as product:
        table = product["COMBINE1D", 1].data
        np.testing.assert_array_equal(table["SOURCE_ID"], first["SOURCE_ID"])
        known = table["N_ALONGDISP"][0]
        assert set(table["WEIGHT"][0, :known]) == {300.0}  # both exposures count by their own times
        assert np.isfinite(product["COMBINE1D", 2].data["SOURCE_RA"]).all()


def test_without_catalog(field, tmp_path):
    folder, steps = field
    science = [{"expname": str(folder / f"{NAMES[0]}_rate.fits"), "exptype": "science"}]
    with pytest.raises(InputError, match="has no catalog of sources: neither a member .* sourcecat, nor SCATFILE"):
        Spec2Pipeline.call(association(tmp_path / "asn.json", NAMES[0], science), steps=steps)


def test_a_catalog_in_the_working_directory(field, tmp_path, monkeypatch):
    folder, steps = field
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "my_cat.ecsv").write_bytes((folder / "direct_cat.ecsv").read_bytes())
    members = [
        {"expname": str(folder / f"{NAMES[0]}_rate.fits"), "exptype": "science"},
        {"expname": "my_cat.ecsv", "exptype": "sourcecat"},
    ]
    (model,) = Spec2Pipeline.call(association(tmp_path / "asn.json", NAMES[0], members), steps=steps)
    assert model.meta.source_catalog == "my_cat.ecsv"
    assert len(model.slits) > 3


def test_rates_in_electrons(field, tmp_path, monkeypatch):
    folder, steps = field
    steps = steps | {"photom": {"skip": True}, "extract_1d": {"skip": True}}
    monkeypatch.setattr(Spec2Pipeline, "override", lambda self, kind: str(folder / f"{kind}.fits"))
    Spec2Pipeline.call(str(folder / "0_asn.json"), steps=steps, save_wfss_esec=True, output_dir=str(tmp_path))
    with datamodels.open(tmp_path / f"{NAMES[0]}_esec.fits") as model:
        assert model.meta.bunit_data == "electron/s"
        np.testing.assert_allclose(model.data, rates(0).data * 1.5 / 2.0, rtol=1e-6)
        np.testing.assert_allclose(model.err**2, model.var_poisson + model.var_rnoise + model.var_flat, rtol=1e-5)
