"""Spectra agree with those that jwst extracts: sums and fitted profiles, of slits and series, with all parameters."""

import numpy as np
import pytest
from astropy.io import fits

from bench.agreement import compare
from gpucal.steps import Extract1dStep, ResampleSpecStep
from tests.extraction_cases import apertures, calibrated, corrections, one_slit, point_sources, series, slits
from tests.slit_spectra import several_slits

# Numbers of a header that come of long sums, or of transforms, differ in their last digits.
ROUNDED = 1e-9


def references(folder, apcorr="N/A", psf="N/A", **keys):
    overrides = {"extract1d": apertures(folder / "extract1d.json", **keys), "apcorr": apcorr, "psf": psf}
    return {f"override_{kind}": path for kind, path in overrides.items()}


def differs(one):
    numbers = isinstance(one.ours, float) and isinstance(one.theirs, float)
    free = ("date", "filename", "FILENAME", "pool", "table_name")
    return not any(word in one.keyword for word in free) and not (
        numbers and abs(one.ours - one.theirs) <= ROUNDED * abs(one.theirs)
    )


def assert_agree(model, folder, peer_step, **parameters):
    theirs = peer_step("extract_1d", model.copy(), **parameters)
    ours = Extract1dStep.call(model.copy(), **parameters)
    for name, product in (("ours", ours), ("theirs", theirs)):
        product.save(folder / f"{name}.fits")
    agreement = compare(folder / "ours.fits", folder / "theirs.fits")
    assert agreement.structure == ()
    assert [str(one) for one in agreement.keywords if differs(one)] == []
    assert [str(one) for one in agreement.extensions if not one.agrees] == []
    return ours, agreement


KINDS = {
    "width": {},
    "limits": {"extract_width": None, "ystart": 6.3, "ystop": 16, "xstart": 3, "xstop": 60},
    "polynomials": {"src_coeff": [[5.2, 0.02], [15.1, 0.03]], "use_source_posn": False},
    "wavelengths": {"src_coeff": [[1.0, 4.0], [12.0, 3.0]], "independent_var": "wavelength"},
    "background": {"bkg_coeff": [[-0.5], [3.2], [19.1], [23.0]], "bkg_order": 1},
    "median": {"bkg_coeff": [[-0.5], [3.2], [19.1], [23.0]], "bkg_fit": "median", "smoothing_length": 3},
}


@pytest.mark.filterwarnings("ignore:nan_treatment")
@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("kind", "source_type"), [*((kind, "POINT") for kind in KINDS), ("background", "EXTENDED")])
def test_one_slit(kind, source_type, tmp_path, peer_step):
    keys = {"extract_width": 6} | KINDS[kind]
    keys = {name: value for name, value in keys.items() if value is not None}
    corrected = corrections(tmp_path / "apcorr.fits", "arcsec")
    ours, _ = assert_agree(one_slit(source_type), tmp_path, peer_step, **references(tmp_path, corrected, **keys))
    (spectrum,) = ours.spec
    flux = spectrum.spec_table["FLUX"]
    assert np.isfinite(flux).sum() > 50
    assert (np.nanmax(spectrum.spec_table["BACKGROUND"]) > 0) == ("bkg_coeff" in keys)


PARAMETERS = (
    {"use_source_posn": False},
    {"use_source_posn": True, "position_offset": -1.3, "subtract_background": False},
    {"subtract_background": False},
    {"bkg_fit": "mean", "smoothing_length": 6},
    {"bkg_fit": "median"},
    {"bkg_order": 2, "smoothing_length": 5},
    {"apply_apcorr": False},
)


@pytest.mark.filterwarnings("ignore:nan_treatment")
@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_parameters(parameters, tmp_path, peer_step):
    corrected = corrections(tmp_path / "apcorr.fits")
    made = references(tmp_path, corrected, extract_width=6, bkg_coeff=[[-0.5], [4.2]])
    assert_agree(slits("EXTENDED"), tmp_path, peer_step, **made, **parameters)


@pytest.mark.usefixtures("offline")
def test_resampled_slits(tmp_path, peer_step):
    resampled = calibrated(ResampleSpecStep.call(several_slits()))
    made = references(tmp_path, corrections(tmp_path / "apcorr.fits", slits=("S0", "S1", "S2")))
    _, agreement = assert_agree(resampled, tmp_path, peer_step, **made)
    assert len(agreement.extensions) == 3 * 18


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("extraction_type", ["box", "optimal"])
def test_series(extraction_type, tmp_path, peer_step):
    made = references(tmp_path, corrections(tmp_path / "apcorr.fits"), point_sources(tmp_path / "psf.fits"))
    ours, _ = assert_agree(series(), tmp_path, peer_step, **made, extraction_type=extraction_type)
    table = ours.spec[0].spec_table
    np.testing.assert_array_equal(table["INT_NUM"], [4, 5, 6])
    np.testing.assert_allclose(table["MJD-AVG"], [60004.1, 60005.1, 60006.1])


OPTIMAL = (
    {"optimize_psf_location": False},
    {"optimize_psf_location": False, "subtract_background": True, "bkg_order": 1},
    {},
    {"use_source_posn": False, "model_nod_pair": False},
)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("parameters", OPTIMAL, ids=str)
def test_profiles(parameters, tmp_path, peer_step):
    model = one_slit()
    for name in ("data", "err"):
        plane = getattr(model, name)
        plane[np.isnan(plane)] = 1.0
    model.dq[:] = 0  # of lines with bad pixels jwst knows no variance of the background
    made = references(tmp_path, psf=point_sources(tmp_path / "psf.fits"))
    assert_agree(model, tmp_path, peer_step, **made, extraction_type="optimal", **parameters)


@pytest.mark.usefixtures("offline")
def test_profiles_of_a_pair_of_nods(tmp_path, peer_step):
    model = one_slit()
    model.source_ypos = 0.2
    model.data[:] = np.nan_to_num(model.data) - np.roll(np.nan_to_num(model.data), -8, axis=0)
    model.meta.cal_step.bkg_subtract, model.meta.dither.primary_type = "COMPLETE", "2-POINT-NOD"
    made = references(tmp_path, psf=point_sources(tmp_path / "psf.fits"))
    assert_agree(model, tmp_path, peer_step, **made, extraction_type="optimal", subtract_background=False)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("extraction_type", ["box", "optimal"])
def test_images(extraction_type, tmp_path, peer_step, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = dict.fromkeys(("save_profile", "save_scene_model", "save_residual_image"), True)
    made = references(tmp_path, psf=point_sources(tmp_path / "psf.fits"), extract_width=5.3, bkg_coeff=[[-0.5], [4.2]])
    fitted = {"optimize_psf_location": False, "model_nod_pair": False}  # of several slits, jwst fits no pair
    made |= wanted | {"extraction_type": extraction_type} | fitted
    for name, run in (("ours", Extract1dStep.call), ("theirs", lambda *a, **k: peer_step("extract_1d", *a, **k))):
        (tmp_path / name).mkdir()
        run(slits().copy(), output_dir=str(tmp_path / name), output_file="made", **made)
    names = sorted(path.name for path in (tmp_path / "theirs").iterdir())
    assert sorted(path.name for path in (tmp_path / "ours").iterdir()) == names
    images = [name for name in names if "s1_" in name]
    assert len(images) == 3
    for name in images:
        ours, theirs = (fits.getdata(tmp_path / side / name, "SCI") for side in ("ours", "theirs"))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("offline")
def test_without_reference(tmp_path, peer_step):
    nothing = dict.fromkeys(("override_extract1d", "override_apcorr", "override_psf"), "N/A")
    assert_agree(slits(), tmp_path, peer_step, **nothing)
