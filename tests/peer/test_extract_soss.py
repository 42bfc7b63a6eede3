"""Spectra of SOSS are those of jwst, where both begin from the same estimate of the flux."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps import Extract1dStep
from tests import soss_exposures as soss

UNUSED = dict.fromkeys(("override_extract1d", "override_apcorr", "override_psf"), "N/A")


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    return soss.references(tmp_path_factory.mktemp("soss"), padding=2)


def estimate(folder):
    """The flux, from which both find a factor of slopes; smaller factors leave jwst's dense inverse inaccurate."""
    wavelength = np.linspace(0.5, 3.2, 700)
    table = np.zeros(len(wavelength), datamodels.SpecModel().get_dtype("spec_table"))
    table["WAVELENGTH"], table["FLUX"] = wavelength, soss.star(wavelength)
    datamodels.SpecModel(spec_table=table).save(folder / "estimate.fits")
    return str(folder / "estimate.fits")


CASES = {
    "models": {"soss_modelname": "models"},
    "sums": {"soss_atoca": False, "soss_width": 13.3, "soss_order_3": False},
    "filled": {"soss_bad_pix": "model", "soss_tikfac": 1e-6},
}


@pytest.mark.parametrize("case", CASES)
def test_spectra(case, references, peer_step, offline, tmp_path, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    monkeypatch.chdir(tmp_path)
    model, parameters = soss.exposure(nints=3), {"soss_rtol": 1e-2, **CASES[case]}
    if case != "sums":
        parameters["soss_estimate"] = estimate(tmp_path)
    folders = {name: str(tmp_path / name) for name in ("ours", "theirs")}
    for folder in folders.values():
        (tmp_path / folder).mkdir()
    theirs = peer_step("extract_1d", model.copy(), output_dir=folders["theirs"], **references, **UNUSED, **parameters)
    ours = Extract1dStep.call(model, output_dir=folders["ours"], configure_log=False, **references, **parameters)
    agreement = compare(ours, theirs)
    assert not agreement.structure and all(one.agrees for one in agreement.extensions), agreement
    assert {one.keyword for one in agreement.keywords} <= {"TIKFACTR", "meta.soss_extract1d.tikhonov_factor"}
    told, expected = (product.meta.soss_extract1d.instance for product in (ours, theirs))
    assert told.keys() == expected.keys() and told["bad_pix"] == expected["bad_pix"]
    assert case == "sums" or told["tikhonov_factor"] == pytest.approx(expected["tikhonov_factor"], rel=1e-12)
    for one, other in zip(ours.spec, theirs.spec, strict=True):
        np.testing.assert_allclose(one.spec_table["FLUX"], other.spec_table["FLUX"], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(one.spec_table["FLUX_ERROR"], other.spec_table["FLUX_ERROR"], rtol=1e-6)
        np.testing.assert_allclose(one.spec_table["NPIXELS"], other.spec_table["NPIXELS"], rtol=1e-9, atol=1e-9)
    if case == "models":
        traces = [datamodels.open(f"{folder}/models_SossExtractModel.fits") for folder in folders.values()]
        for name in ("order1", "order2", "order3", "aperture1", "aperture2", "aperture3"):
            one, other = (np.array(getattr(trace, name)) for trace in traces)
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())
        solved = [datamodels.open(f"{folder}/models_AtocaSpectra.fits") for folder in folders.values()]
        for one, other in zip(*(held.spec for held in solved), strict=True):
            assert (one.spectral_order, one.int_num) == (other.spectral_order, other.int_num)
            np.testing.assert_allclose(one.spec_table["WAVELENGTH"], other.spec_table["WAVELENGTH"], rtol=1e-12)
            np.testing.assert_allclose(one.spec_table["FLUX"], other.spec_table["FLUX"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [96, 256])
def test_background_of_columns(rows):
    from jwst.extract_1d.soss_extract.soss_syscor import make_background_mask, soss_background

    from gpucal.kernels.soss.filled import Series
    from gpucal.steps.parts.soss.prepared import Prepared, backgrounds_of

    random = np.random.default_rng(1)
    image = random.normal(3, 1, (rows, 50)).astype(np.float32)
    image[20:60] += 30 * random.random((40, 50)).astype(np.float32)
    bad, errors = random.random(image.shape) < 0.1, np.ones(image.shape, np.float32)
    of = Prepared(Series(image[None], errors[None], np.zeros_like(image), errors), bad, bad, errors)
    _left, theirs = soss_background(image, bad, make_background_mask(image, width=40))
    np.testing.assert_allclose(backgrounds_of(of)[0], theirs, rtol=1e-5)
