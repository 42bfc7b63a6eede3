"""Spectra of fields without slits, beyond what both pipelines make alike."""

import numpy as np

from gpucal.steps import Extract1dStep
from tests.grism_spectra import FIELD, NIRCAM_FIELD, apcorr, field


def extracted(model, correction="N/A", **parameters):
    return Extract1dStep.call(model, override_apcorr=correction, **parameters)


def test_a_table_tells_its_exposure_and_its_detector():
    (first, second) = extracted(field(NIRCAM_FIELD)).spec
    assert (first.group_id, second.group_id) == tuple(f"jw00001001001_02101_00001_nrcalong_{n}" for n in (1, 2))
    assert (first.spectral_order, second.spectral_order, first.exposure_time) == (1, 2, 100.0)
    np.testing.assert_array_equal(first.spec_table["SOURCE_ID"], [3, 5, 7])
    np.testing.assert_array_equal(first.spec_table["N_ALONGDISP"], [43, 37, 40])
    np.testing.assert_array_equal(second.spec_table["N_ALONGDISP"], [31, 0, 25])
    np.testing.assert_array_equal(second.spec_table["SOURCE_TYPE"], ["EXTENDED", "", "POINT"])


def test_fluxes_are_the_sums_of_boxes():
    model = field()
    model.meta.cal_step.photom = "COMPLETE"
    for slit in model.slits:
        slit.meta.photometry.pixelarea_steradians = 2e-13
    (table, _other) = (one.spec_table for one in extracted(model).spec)
    (slit,) = (one for one in model.slits if one.source_id == 5)
    np.testing.assert_allclose(table["FLUX"][1, :37], np.nansum(slit.data, axis=1) * 2e-13 * 1e6, rtol=1e-6)
    assert np.isnan(table["FLUX"][1, 37:]).all()


def test_points_alone_are_corrected(tmp_path):
    model = field()
    plain, corrected = (extracted(model, one).spec[0].spec_table for one in ("N/A", apcorr(tmp_path / "apcorr.fits")))
    ratio = corrected["FLUX"] / plain["FLUX"]
    np.testing.assert_allclose(ratio[0, :43], 1.0)  # it is extended
    assert (ratio[1, :37] > 1.1).all() and (ratio[2, :40] > 1.1).all()


def test_without_a_correction_for_the_filter(tmp_path, caplog):
    model = field()
    model.meta.instrument.filter = "F115W"
    table = extracted(model, apcorr(tmp_path / "apcorr.fits")).spec[0].spec_table
    assert any("no row for filter F115W, pupil" in line for line in caplog.messages)
    assert np.isfinite(table["FLUX"][1, :37]).any()


def test_direct_images_and_sources_without_wavelengths_are_left_out(caplog):
    model = field(FIELD)
    model.slits[0].meta.wcsinfo.spectral_order = 0
    model.slits[2].wavelength[:] = np.nan
    first, second = extracted(model).spec
    np.testing.assert_array_equal(first.spec_table["SOURCE_ID"], [3, 7])
    np.testing.assert_array_equal(first.spec_table["N_ALONGDISP"], [43, 0])
    np.testing.assert_array_equal(second.spec_table["N_ALONGDISP"], [31, 25])
    assert any("Source 5 is not extracted" in line for line in caplog.messages)


def test_images_of_each_box(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = field(sources=[(7, 1, 11, 40, False), (3, 1, 15, 43, True)])
    extracted(model, output_file="made", save_profile=True, save_scene_model=True, save_residual_image=True)
    for name in ("profile", "residual", "scene_model"):
        made = sorted(path.name for path in tmp_path.glob(f"*_{name}.fits"))
        assert made == [f"made_{source}_{name}.fits" for source in (3, 7)]
