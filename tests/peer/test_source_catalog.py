"""Catalogs of sources agree with those of jwst."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.mosaics.source_catalog import SourceCatalogStep
from tests.mosaics import aperture_reference, mosaic, vega_reference

CASES = {
    "nircam": ("NIRCAM", {}),
    "apertures": ("NIRCAM", {"aperture_ee1": 30, "aperture_ee2": 50, "aperture_ee3": 70, "ci1_star_threshold": 1.6}),
    "few": ("NIRCAM", {"snr_threshold": 8.0, "npixels": 40, "deblend": False, "bkg_boxsize": 60, "localbkg_width": 4}),
    "iraf": ("NIRCAM", {"starfinder": "iraf", "snr_threshold": 5.0, "brightest": 12}),
    "dao": ("NIRCAM", {"starfinder": "dao", "snr_threshold": 5.0, "roundlo": -1.0, "roundhi": 1.0}),
    "miri": ("MIRI", {"kernel_fwhm": 2.6}),
    "fgs": ("FGS", {}),
}  # fmt: skip
ELEMENTS = {"NIRCAM": ("F444W", "CLEAR"), "MIRI": ("F1000W", "FULL"), "FGS": None}
VEGA_ROWS = {"NIRCAM": None, "MIRI": {"filter": ["F560W", "F1000W"]}, "FGS": {"detector": ["GUIDER1"]}}


def references(instrument, folder):
    return {
        "override_apcorr": aperture_reference(folder, instrument, ELEMENTS[instrument]),
        "override_abvegaoffset": vega_reference(folder, instrument, VEGA_ROWS[instrument]),
    }


def assert_same(ours, theirs, name):
    if isinstance(theirs, SkyCoord):
        assert ours.frame.name == theirs.frame.name
        is_placed = ~np.isnan(theirs.ra)
        np.testing.assert_array_equal(~np.isnan(ours.ra), is_placed)
        assert ours[is_placed].separation(theirs[is_placed]).deg.max() < 1e-9
        return
    is_known = not (theirs.dtype.kind == "f" and np.isnan(theirs).all())  # jwst forgets the unit of what is not
    assert not is_known or getattr(ours, "unit", None) == getattr(theirs, "unit", None), name
    assert ours.info.format == theirs.info.format, name
    ours, theirs = (np.asarray(getattr(column, "value", column)) for column in (ours, theirs))
    assert ours.dtype.kind == theirs.dtype.kind, name
    if theirs.dtype.kind in "ib":
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    else:
        # Ratios of sums that cancel, and the angles of what is nearly round, degrees.
        atol = {"sharpness": 1e-5, "roundness": 1e-5, "orientation": 0.01, "sky_orientation": 0.01}.get(name, 1e-8)
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=atol, err_msg=name)


@pytest.mark.usefixtures("offline", "without_parameter_references")
@pytest.mark.parametrize("case", CASES)
def test_catalogs_agree(case, tmp_path, peer_step):
    instrument, parameters = CASES[case]
    parameters = references(instrument, tmp_path) | parameters
    theirs = peer_step("source_catalog", mosaic(instrument=instrument), **parameters)
    ours = SourceCatalogStep.call(mosaic(instrument=instrument), **parameters)
    assert isinstance(ours, QTable) and len(ours) >= 10
    assert ours.colnames == theirs.colnames
    for name in theirs.colnames:
        assert_same(ours[name], theirs[name], name)


@pytest.mark.usefixtures("offline", "without_parameter_references")
def test_products_agree(tmp_path, peer_step):
    parameters, made = references("NIRCAM", tmp_path), {}
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        both = parameters | {"save_results": True, "output_dir": str(tmp_path / name)}
        if name == "ours":
            SourceCatalogStep.call(mosaic(), **both)
        else:
            peer_step("source_catalog", mosaic(), **both)
        made[name] = sorted(path.name for path in (tmp_path / name).iterdir())
    assert made["ours"] == made["theirs"] == ["made_cat.ecsv", "made_segm.fits"]
    ours, theirs = (QTable.read(tmp_path / name / "made_cat.ecsv") for name in made)
    assert ours.colnames == theirs.colnames
    for name in theirs.colnames:
        assert_same(ours[name], theirs[name], name)
    segments = [datamodels.open(tmp_path / name / "made_segm.fits") for name in made]
    compare(*segments).assert_agrees()
    assert segments[0].meta.source_catalog == segments[1].meta.source_catalog == "made_cat.ecsv"
    assert segments[0].data.max() == len(ours)
