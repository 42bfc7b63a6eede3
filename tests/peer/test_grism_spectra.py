"""Grism spectra without slits agree with jwst: calibrated, extracted and combined."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.data import open_exposure
from gpucal.steps import Combine1dStep, Extract1dStep, PhotomStep
from gpucal.steps.parts.extraction.field_combination import joined
from tests import grism_spectra
from tests.grism_spectra import FIELD, NIRCAM_FIELD, SERIES

FREE = ("date", "filename", "FILENAME", "pool", "table_name")


@pytest.fixture(autouse=True)
def as_jwst_does(monkeypatch):
    """What gpucal mends on purpose is as jwst makes it."""
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


def assert_agree(folder, ours, theirs):
    """Two products, saved and compared."""
    for name, product in (("ours", ours), ("theirs", theirs)):
        product.save(folder / f"{name}.fits")
    agreement = compare(folder / "ours.fits", folder / "theirs.fits")
    assert agreement.structure == ()
    assert [str(one) for one in agreement.keywords if not any(word in one.keyword for word in FREE)] == []
    assert [str(one) for one in agreement.extensions if not one.agrees] == []
    return agreement


def exposure_of(kind, number=0):
    return grism_spectra.series() if kind == SERIES else grism_spectra.field(kind, number)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("kind", "unit", "inverse"),
    [
        (FIELD, None, False),
        (NIRCAM_FIELD, "MJy nm s / (DN sr)", False),
        (FIELD, None, True),
        (SERIES, None, False),
    ],
)
def test_photom(kind, unit, inverse, tmp_path, peer_step):
    model = exposure_of(kind)
    if kind == FIELD:
        model.slits[0].wavelength[20, 3] = np.nan
    given = {
        "override_photom": grism_spectra.photom(tmp_path / "photom.fits", kind, unit),
        "override_area": "N/A",
    }
    theirs = peer_step("photom", model.copy(), inverse=inverse, **given)
    ours = PhotomStep.call(model.copy(), inverse=inverse, **given)
    assert_agree(tmp_path, ours, theirs)


def calibrated(kind, folder, number=0):
    """An exposure after photom."""
    reference = grism_spectra.photom(folder / "photom.fits", kind)
    return PhotomStep.call(exposure_of(kind, number), override_photom=reference, override_area="N/A")


def for_extraction(kind, folder):
    """References of extract_1d."""
    is_series = kind == SERIES
    return {
        "override_apcorr": "N/A" if is_series else grism_spectra.apcorr(folder / "apcorr.fits", kind),
        "override_extract1d": grism_spectra.apertures(folder / "extract1d.json") if is_series else "N/A",
        "override_psf": "N/A",
    }


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", [FIELD, NIRCAM_FIELD, SERIES])
def test_extract_1d(kind, tmp_path, peer_step):
    model, given = calibrated(kind, tmp_path), for_extraction(kind, tmp_path)
    theirs = peer_step("extract_1d", model.copy(), **given)
    ours = Extract1dStep.call(model.copy(), **given)
    assert_agree(tmp_path, ours, theirs)


@pytest.mark.usefixtures("offline")
def test_combine_1d(tmp_path, peer_step):
    exposures = [calibrated(FIELD, tmp_path, number) for number in (0, 1)]
    reference = for_extraction(FIELD, tmp_path)
    products = [open_exposure(Extract1dStep.call(model, **reference)) for model in exposures]
    product = joined(products).to_model()
    theirs = peer_step("combine_1d", product.copy())
    assert_agree(tmp_path, Combine1dStep.call(product.copy()), theirs)
