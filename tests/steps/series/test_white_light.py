"""White light: sums between limits, times, orders and detectors."""

import asdf
import numpy as np
import pytest

from gpucal.core import GpucalError
from gpucal.steps import WhiteLightStep
from tests.series_models import spectra, spectrum

FLUX = np.array([[1.0, 2, 4, 8], [1, np.nan, 4, 8], [3, 3, 3, 3]])


def white_light(product, **parameters):
    return WhiteLightStep(**parameters).run(product)


def limits_file(tmp_path, rows):
    path = tmp_path / "limits.asdf"
    meta = {"reftype": "WAVELENGTHRANGE", "telescope": "JWST", "instrument": {"name": "NIRISS"}}
    asdf.AsdfFile({"meta": meta, "wavelengthrange": rows}).write_to(path)
    return path


def test_sums_are_those_between_the_limits():
    whole = white_light(spectra(spectrum(FLUX, detector="NIS")))
    assert whole.colnames == ["MJD_UTC", "BJD_TDB", "whitelight_flux"]
    np.testing.assert_array_equal(whole["whitelight_flux"].value, [15, 13, 12])
    assert whole["whitelight_flux"].unit == "Jy"
    np.testing.assert_allclose(whole["BJD_TDB"] - whole["MJD_UTC"], 0.003, rtol=1e-6)
    part = white_light(spectra(spectrum(FLUX)), min_wavelength=2.0, max_wavelength=3.5)
    np.testing.assert_array_equal(part["whitelight_flux"].value, [6, 4, 6])
    assert dict(part.meta)["exp_type"] == "NRS_BRIGHTOBJ"


def test_limits_the_wrong_way_round_are_refused():
    with pytest.raises(GpucalError, match="min_wavelength 3.0 is above max_wavelength 2.0"):
        white_light(spectra(spectrum(FLUX)), min_wavelength=3.0, max_wavelength=2.0)


def test_integrations_without_a_time_of_their_own_are_left_out(caplog):
    given = spectrum(FLUX)
    given.table["MJD-AVG"][1] = given.table["MJD-AVG"][0]
    given.table["MJD-AVG"][2] = np.nan
    before = given.table["MJD-AVG"].copy()
    table = white_light(spectra(given))
    np.testing.assert_array_equal(table["whitelight_flux"].value, [15])
    np.testing.assert_array_equal(given.table["MJD-AVG"], before)
    assert "2 of 3 integrations are left out" in caplog.text


def test_segments_make_one_curve_in_order_of_time():
    late, early = spectrum(FLUX[:1], first=2), spectrum(FLUX[1:])
    table = white_light(spectra(late, early))
    np.testing.assert_array_equal(table["whitelight_flux"].value, [13, 12, 15])


def test_detectors_have_times_of_their_own():
    one, other = spectrum(FLUX, detector="NRS1"), spectrum(2 * FLUX[:2], detector="NRS2")
    table = white_light(spectra(one, other))
    assert table.colnames == [
        "MJD_UTC_NRS1", "BJD_TDB_NRS1", "whitelight_flux_NRS1", "MJD_UTC_NRS2", "BJD_TDB_NRS2", "whitelight_flux_NRS2",
    ]  # fmt: skip
    np.testing.assert_array_equal(table["whitelight_flux_NRS2"].value, [30, 26, np.nan])
    assert np.isnan(table["MJD_UTC_NRS2"][2])


@pytest.mark.parametrize("entries", [4, 5])
@pytest.mark.parametrize("as_peer", [False, True])
def test_each_order_has_limits_of_its_own(tmp_path, monkeypatch, entries, as_peer):
    rows = [[1, "CLEAR", 2.5, 9.0], [2, "CLEAR", 0.0, 2.5], [1, "F277W", 0.0, 1.0]]
    if entries == 5:
        rows = [[row[0], 1, *row[1:]] for row in rows]
    monkeypatch.setenv("GPUCAL_AS_PEER", str(int(as_peer)))
    product = spectra(spectrum(FLUX), spectrum(FLUX, order=2), kind="NIS_SOSS", name="NIRISS")
    table = white_light(product, override_wavelengthrange=str(limits_file(tmp_path, rows)))
    np.testing.assert_array_equal(table["whitelight_flux_order_1"].value, [12, 12, 6])
    np.testing.assert_array_equal(table["whitelight_flux_order_2"].value, [12, 12, 6] if as_peer else [3, 1, 6])


def test_an_order_without_limits_is_refused(tmp_path):
    path = limits_file(tmp_path, [[1, "F277W", 0.0, 1.0]])
    product = spectra(spectrum(FLUX), kind="NIS_SOSS", name="NIRISS")
    with pytest.raises(GpucalError, match="no rows of wavelengths for order 1 and filter CLEAR"):
        white_light(product, override_wavelengthrange=str(path))


def test_without_spectra_there_is_no_curve(caplog):
    assert white_light(spectra()) is None
    assert "there are no spectra" in caplog.text


def test_the_table_is_saved_as_ecsv(tmp_path):
    white_light(spectra(spectrum(FLUX)), save_results=True, output_dir=str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["star_whtlt.ecsv"]
    with pytest.raises(GpucalError, match="no format"):
        white_light(spectra(spectrum(FLUX)), output_ext=".fits")
