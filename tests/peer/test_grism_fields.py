"""Coordinates of spectra without slits, and what is cut out of them, agree with those of jwst."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.data import Exposure
from gpucal.startup.wcs_tree import object_of
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.steps.spectra.extract_2d import Extract2dStep
from gpucal.steps.spectra.wfss_contam import WfssContamStep
from gpucal.wcs.documents import read_document
from gpucal.wcs.modes.imaging import imaging_wcs
from tests.grism_fields import (
    DISTORTIONS,
    NX,
    NY,
    STARS,
    catalog,
    direct_image,
    exposure,
    overrides,
    photom,
    wavelengthrange,
)

# Of spectra of MIRI the coordinates alone: they are cut out as others are.
CASES = {"GR150C": ("NIRISS", "GR150C"), "MIRI": ("MIRI", "")}


def located(folder, monkeypatch, instrument, dispersed):
    """A field with coordinates of ours and of jwst, and a catalog."""
    monkeypatch.chdir(folder)  # jwst looks for the catalog there
    references = overrides(folder, instrument, along_rows=dispersed in ("GR150C", "GRISMR"))
    # For keywords of the direct image jwst asks CRDS, whatever references are given.
    return exposure(instrument, dispersed), {**references, "sip_approx": False}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("case", CASES)
def test_fields_agree(case, peer_step, tmp_path, monkeypatch):
    model, references = located(tmp_path, monkeypatch, *CASES[case])
    theirs = peer_step("assign_wcs", model.copy(), **references)
    ours = AssignWcsStep.call(model.copy(), **references)
    compare(ours, theirs).assert_agrees()
    assert ours.meta.wcs.available_frames == theirs.meta.wcs.available_frames
    points = [np.linspace(60, 90, 7), np.linspace(40, 160, 7), *(np.full(7, one) for one in (70.0, 100.0, 1))]
    np.testing.assert_allclose(ours.meta.wcs(*points), theirs.meta.wcs(*points), rtol=1e-12)

    if case == "MIRI":
        return
    image = theirs.meta.wcs.get_transform("detector", "world")
    theirs.meta.source_catalog = catalog(tmp_path / "field_cat.ecsv", lambda x, y: image(x, y, 1.0, 1.0)[:2]).name
    asked = {"override_wavelengthrange": str(wavelengthrange(tmp_path, CASES[case][0]))}
    expected = peer_step("extract_2d", theirs.copy(), **asked)
    result = Extract2dStep.call(theirs, **asked)
    compare(result, expected).assert_agrees()
    assert len(expected.slits) > 3
    for our, their in zip(result.slits, expected.slits, strict=True):
        assert our.meta.wcs.bounding_box == their.meta.wcs.bounding_box
        assert our.meta.wcs.available_frames == their.meta.wcs.available_frames
        y, x = np.mgrid[0 : our.ysize : 5, 0 : our.xsize : 5]
        # The place of the source is made of the sky, and known to 1e-9 pixel.
        np.testing.assert_allclose(our.meta.wcs(x, y), their.meta.wcs(x, y), rtol=1e-10)
    assert max(slit.ystart + slit.ysize for slit in expected.slits) <= NY + 1
    assert min(slit.xsize for slit in expected.slits) < NX


@pytest.mark.usefixtures("offline")
def test_some_sources_agree(peer_step, tmp_path, monkeypatch):
    model, references = located(tmp_path, monkeypatch, "NIRISS", "GR150R")
    located_model = AssignWcsStep.call(model, **references)
    image = located_model.meta.wcs.get_transform("detector", "world")
    path = catalog(tmp_path / "field_cat.ecsv", lambda x, y: image(x, y, 1.0, 1.0)[:2])
    located_model.meta.source_catalog = path.name
    ra, dec = image(150.1, 40.7, 1.0, 1.0)[:2]
    asked = {
        "override_wavelengthrange": str(wavelengthrange(tmp_path)),
        "extract_orders": [0, 1],
        "source_ids": ["5", "12"],
        "source_ra": [f"{ra:.7f}"],
        "source_dec": [f"{dec:.7f}"],
        "wfss_mmag_extract": 21.9,
        "wfss_extract_half_height": 2,
    }
    expected = peer_step("extract_2d", located_model.copy(), **asked)
    assert [(slit.source_id, slit.meta.wcsinfo.spectral_order) for slit in expected.slits] == [(5, 0), (5, 1)]
    compare(Extract2dStep.call(located_model, **asked), expected).assert_agrees()

    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    stars = {5: STARS[5], 3: STARS[3]._replace(x=118.0, y=110.0)}  # its trace is in the box of the other one
    names = direct_image(tmp_path, object_of(image_wcs(located_model).to_tree()), stars)
    expected.meta.direct_image, expected.meta.segmentation_map = names
    parameters = {
        "override_photom": str(photom(tmp_path)),
        "override_wavelengthrange": asked["override_wavelengthrange"],
        "skip": False,
        "orders": [0, 1],
        "polyfit_degree": 1,
        "rejection_threshold": 10.0,
    }
    cleaned = WfssContamStep.call(expected.copy(), **parameters)
    compare(cleaned, peer_step("wfss_contam", expected, **parameters)).assert_agrees()
    assert np.abs(cleaned.slits[1].data - expected.slits[1].data).max() > 0.01


def image_wcs(model):
    """The coordinates of the direct image: those of a field without its spectra."""
    return imaging_wcs(Exposure(model.copy()), read_document(DISTORTIONS["NIRISS"])["model"])
