"""Units of spectra of SOSS."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.simulate.spectra.soss import soss_references
from gpucal.steps import Combine1dStep, PhotomStep
from tests.soss_series import spectra_in_counts


@pytest.fixture(scope="module")
def photom(tmp_path_factory):
    path = tmp_path_factory.mktemp("photom") / "photom.fits"
    soss_references.photom().save(path)
    return path


def calibrated(given, photom, **parameters):
    return PhotomStep.call(given, override_photom=str(photom), override_area="N/A", **parameters)


def test_fluxes_go_with_the_response(photom):
    given = spectra_in_counts()
    result = calibrated(given.copy(), photom, apply_time_correction=False)
    row = datamodels.NisSossPhotomModel(photom).phot_table[0]
    count = row["nelem"]
    table, before = result.spec[0].spec_table, given.spec[0].spec_table
    response = np.interp(table["WAVELENGTH"], row["wavelength"][:count], row["relresponse"][:count])
    inside = (table["WAVELENGTH"] > row["wavelength"][0]) & (table["WAVELENGTH"] < row["wavelength"][count - 1])
    factor = np.where(inside, row["photmj"] * response, 0)
    np.testing.assert_allclose(table["FLUX"], before["FLUX"] * factor, rtol=1e-6)
    np.testing.assert_allclose(table["BKGD_VAR_FLAT"], before["BKGD_VAR_FLAT"] * factor**2, rtol=1e-6)
    np.testing.assert_array_equal(table["SURF_BRIGHT"], before["SURF_BRIGHT"])
    assert 0 < inside.sum() < inside.size
    units = {name: table.columns[name].unit for name in ("FLUX", "BKGD_ERROR", "FLUX_VAR_FLAT")}
    assert units == {"FLUX": "MJy", "BKGD_ERROR": "MJy", "FLUX_VAR_FLAT": "MJy^2"}


def test_inverse_takes_it_back(photom):
    given = spectra_in_counts()
    result = calibrated(calibrated(given.copy(), photom), photom, inverse=True)
    known = result.spec[1].spec_table["FLUX"] != 0
    assert known.any()
    np.testing.assert_allclose(
        result.spec[1].spec_table["FLUX"][known], given.spec[1].spec_table["FLUX"][known], rtol=1e-12
    )
    assert result.spec[1].spec_table.columns["FLUX"].unit == "DN/s"


def test_an_order_without_a_row_keeps_the_others(photom, tmp_path, caplog):
    with datamodels.NisSossPhotomModel(photom) as model:
        model.phot_table = model.phot_table[[1, 2]]
        for name in ("linear", "exponential", "powerlaw"):
            setattr(model, f"timecoeff_{name}", getattr(model, f"timecoeff_{name}")[[1, 2]])
        model.save(tmp_path / "photom.fits")
    given = spectra_in_counts()
    result = calibrated(given.copy(), tmp_path / "photom.fits")
    assert "Order 1 stays in DN/s" in caplog.text
    np.testing.assert_array_equal(result.spec[0].spec_table["FLUX"], given.spec[0].spec_table["FLUX"])
    assert result.spec[1].spec_table["FLUX"].max() < 1e-4
    result = calibrated(spectra_in_counts(orders=(1,)), tmp_path / "photom.fits")
    assert result.meta.cal_step.photom == "SKIPPED"


def test_pixels_are_not_calibrated(photom, caplog):
    caplog.set_level("INFO")
    model = datamodels.CubeModel((2, 4, 5))
    model.meta.exposure.type, model.meta.instrument.name = "NIS_SOSS", "NIRISS"
    model.meta.instrument.detector = "NIS"
    model.meta.observation.date, model.meta.observation.time = "2023-06-01", "00:00:00.000"
    assert calibrated(model, photom).meta.cal_step.photom == "SKIPPED"
    assert "give the spectra (x1dints)" in caplog.text


def test_combined_spectra_have_the_coordinates_of_the_target():
    model = spectra_in_counts()
    model.meta.target.ra, model.meta.target.dec = 53.12, -27.8
    model.meta.exposure.exposure_time, model.meta.exposure.integration_time = 20.0, 10.0
    for spec in model.spec:
        spec.spec_table["N_ALONGDISP"] = spec.spec_table["WAVELENGTH"].shape[1]
        spec.spec_table["DQ"] = 0
    result = Combine1dStep.call(model)
    assert [spec.spectral_order for spec in result.spec] == [1, 2, 3]
    ra, dec, wavelength = result.meta.wcs(0)
    assert (float(ra), float(dec)) == (53.12, -27.8)
    assert float(wavelength) == result.spec[0].spec_table["WAVELENGTH"].min()
