"""Grism spectra without slits agree with jwst: calibrated, extracted and combined."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps import PhotomStep
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
