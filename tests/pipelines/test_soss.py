"""SOSS through stages 2 and 3: pixels stay in DN/s, spectra become fluxes."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.pipelines import Spec2Pipeline, Spec3Pipeline
from gpucal.simulate import Effects, SossPlan, observe_soss
from gpucal.simulate.spectra.soss.soss_painting import flux_of_columns

BOXES = {"soss_atoca": False}
PLAN = SossPlan("SUBSTRIP96", nints=1, transit=None, position=245.76)


@pytest.fixture(scope="module", autouse=True)
def no_parameter_references():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
        yield


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An image that is no series, without background."""
    return observe_soss(tmp_path_factory.mktemp("image"), PLAN, Effects.only("stars"), ngroups=4)


def calibrated(observation, folder, **steps):
    with observation.crds():
        Spec2Pipeline.call(str(observation.level2[0]), save_results=True, output_dir=str(folder), steps=steps)
    return sorted(path.name.rpartition("_")[2] for path in folder.glob("*.fits"))


def read(folder, suffix):
    (path,) = folder.glob(f"*_{suffix}.fits")
    with fits.open(path) as hdus:
        headers = hdus[0].header.copy(), hdus[1].header.copy()
        return *headers, hdus["EXTRACT1D", 1].data.copy() if "EXTRACT1D" in hdus else hdus["SCI"].data.copy()


def test_an_image_through_both_stages(image, tmp_path):
    steps = {"extract_1d": BOXES, "bkg_subtract": {"skip": True}}
    assert calibrated(image, tmp_path, **steps) == ["cal.fits", "x1d.fits"]
    primary, science, _ = read(tmp_path, "cal")
    assert science["BUNIT"] == "DN/s"
    assert "S_PHOTOM" not in primary and "S_EXTR1D" not in primary
    primary, header, table = read(tmp_path, "x1d")
    assert (primary["S_PHOTOM"], primary["S_EXTR1D"]) == ("COMPLETE", "COMPLETE")
    assert header["TUNIT3"] == "MJy"
    wavelength, true = flux_of_columns(PLAN.star, 1, PLAN.position)
    np.testing.assert_allclose(table["WAVELENGTH"][0], wavelength, rtol=1e-4)
    assert np.nanmedian(table["FLUX"][0] * 1e6 / true) == pytest.approx(0.995, abs=0.01)

    (tmp_path / "asn.json").write_text(image.level3.read_text())
    with image.crds():
        Spec3Pipeline.call(
            str(tmp_path / "asn.json"), save_results=True, output_dir=str(tmp_path / "3"), steps={"extract_1d": BOXES}
        )
    again = read(tmp_path / "3", "x1d")[2]
    np.testing.assert_array_equal(again["FLUX"], table["FLUX"])
    (path,) = (tmp_path / "3").glob("*_c1d.fits")
    with fits.open(path) as hdus:
        known = np.isfinite(table["FLUX"][0])
        np.testing.assert_allclose(hdus["COMBINE1D", 1].data["FLUX"], table["FLUX"][0][known][::-1], rtol=1e-12)


def test_spectra_stay_in_counts_without_photom(image, tmp_path):
    assert calibrated(image, tmp_path, extract_1d=BOXES, photom={"skip": True}) == ["cal.fits", "x1d.fits"]
    primary, header, _ = read(tmp_path, "x1d")
    assert (primary["S_PHOTOM"], header["TUNIT3"]) == ("SKIPPED", "DN/s")


def test_without_extraction_there_are_no_spectra(image, tmp_path):
    assert calibrated(image, tmp_path, extract_1d={"skip": True}) == ["cal.fits"]
