"""Flat field, path loss and photometric calibration of low resolution spectra of MIRI agree with jwst."""

import re

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.parts.lrs_types import LRS_TYPES, SLIT_TYPE, SLITLESS_TYPE
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.steps.spectra.pathloss import PathLossStep
from gpucal.steps.spectra.targ_centroid import TargCentroidStep
from tests.lrs_exposures import (
    DISTORTION,
    OFFSETS,
    TIMES,
    as_slit,
    exposure,
    flat_reference,
    overrides,
    pathloss_reference,
    photom_reference,
    specwcs,
    target_image,
    with_rates,
)


@pytest.fixture(scope="module")
def spectrum(peer_step, tmp_path_factory):
    """A spectrum with rates and coordinates, once for each type: ``spectrum(kind)`` gives a copy."""
    from bench.peer_tests.offline import cache_without_rules
    from gpucal.simulate.crds_cache import crds_environment

    folder, made = tmp_path_factory.mktemp("lrs"), {}

    def make(kind):
        if kind not in made:
            with crds_environment(cache_without_rules(folder / kind)):
                placed = peer_step("assign_wcs", with_rates(exposure(kind)), **overrides(specwcs(folder)))
            made[kind] = as_slit(placed)
            made[kind].meta.target.source_type = "POINT"
        return made[kind].copy()

    return make


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", LRS_TYPES)
def test_the_flat_field(kind, spectrum, tmp_path, peer_step):
    flats = {"override_flat": flat_reference(tmp_path / "flat.fits")}
    flats |= dict.fromkeys((f"override_{name}" for name in ("fflat", "sflat", "dflat")), "N/A")
    ours = FlatFieldStep.call(spectrum(kind), **flats)
    compare(ours, peer_step("flat_field", spectrum(kind), **flats)).assert_agrees()
    assert type(ours).__name__ == "SlitModel" and np.nanmax(ours.var_flat) > 0


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("kind", "inverse"), [(SLIT_TYPE, False), (SLITLESS_TYPE, False), (SLITLESS_TYPE, True)])
def test_the_photometric_calibration(kind, inverse, spectrum, tmp_path, peer_step):
    subarray = "FULL" if kind == SLIT_TYPE else "GENERIC"
    reference = photom_reference(tmp_path / "photom.fits", subarray, tuple(TIMES))
    references = {"override_photom": reference, "override_area": "N/A"}
    ours = PhotomStep.call(spectrum(kind), **references, inverse=inverse)
    compare(ours, peer_step("photom", spectrum(kind), **references, inverse=inverse)).assert_agrees()
    beyond = ~((ours.wavelength > 5.0) & (ours.wavelength < 13.5))
    assert np.isnan(ours.data[..., beyond]).all() and (ours.dq[..., beyond] & DO_NOT_USE).all()
    assert 0 < np.isfinite(ours.data).sum() < ours.data.size
    assert ours.meta.bunit_data == ("DN/s" if inverse else "MJy/sr")
    assert ours.meta.photometry.conversion_megajanskys != 7.25


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("place", ["given", "moved by the user", "outside"])
def test_the_path_loss(place, spectrum, tmp_path, peer_step, caplog):
    model = spectrum(SLIT_TYPE)
    if place == "given":
        model.source_xpos, model.source_ypos = 327.13, 299.4
    model.var_flat = model.var_poisson / 7
    column = 400.0 if place == "outside" else 326.4
    model.meta.target.ra, model.meta.target.dec, _ = model.meta.wcs(column, 299.4, with_bounding_box=False)
    reference = pathloss_reference(tmp_path / "pathloss.fits")
    moved = {"user_slit_loc": 0.08} if place == "moved by the user" else {}
    theirs = peer_step("pathloss", model, override_pathloss=reference, **moved)
    ours = PathLossStep.call(model, override_pathloss=reference, **moved)
    compare(ours, theirs).assert_agrees()
    assert ("is outside of the slit" in caplog.text) == (place == "outside")
    assert np.nanmin(ours.pathloss_point) > 1 and np.isfinite(ours.data).sum() > 1000
    undone = PathLossStep.call(ours, override_pathloss=reference, **moved, inverse=True)
    kept = np.isfinite(undone.data)
    np.testing.assert_allclose(undone.data[kept], model.data[kept], rtol=3e-7)


@pytest.mark.usefixtures("offline")
def test_the_path_loss_of_an_extended_source_is_not_corrected(spectrum, tmp_path, peer_step):
    model = spectrum(SLIT_TYPE)
    model.meta.target.source_type, model.source_xpos, model.source_ypos = "EXTENDED", 325.0, 299.0
    reference = pathloss_reference(tmp_path / "pathloss.fits")
    ours = PathLossStep.call(model, override_pathloss=reference)
    compare(ours, peer_step("pathloss", model, override_pathloss=reference)).assert_agrees()
    assert ours.meta.cal_step.pathloss == "SKIPPED"
    forced = PathLossStep.call(model, override_pathloss=reference, source_type="POINT")
    assert forced.meta.cal_step.pathloss == "COMPLETE"


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", LRS_TYPES)
def test_the_source_by_the_image_of_its_acquisition(kind, spectrum, tmp_path, peer_step):
    kinds = dict.fromkeys((f"override_{name}" for name in AssignWcsStep.reference_file_types), "N/A")
    kinds |= {"override_distortion": str(DISTORTION), "override_filteroffset": str(OFFSETS)}
    placed = peer_step("assign_wcs", target_image(kind), sip_approx=False, **kinds)
    placed.save(tmp_path / "placed.fits")
    given = {"override_filteroffset": str(OFFSETS), "skip": False}
    theirs = peer_step("targ_centroid", spectrum(kind), ta_file=str(tmp_path / "placed.fits"), **given)
    ours = TargCentroidStep.call(spectrum(kind), ta_file=str(tmp_path / "placed.fits"), **given)
    compare(ours, theirs).apart_from(re.compile("(?i).*(ta_?|source_?|src)[xy]pos")).assert_agrees()
    found = [ours.source_xpos, ours.source_ypos, ours.ta_xpos, ours.ta_ypos]
    expected = [theirs.source_xpos, theirs.source_ypos, theirs.ta_xpos, theirs.ta_ypos]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)
    assert theirs.meta.cal_step.targ_centroid == "COMPLETE"
