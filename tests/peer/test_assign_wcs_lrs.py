"""The WCS of low resolution spectra agrees with that of jwst, and gwcs opens what is written."""

from pathlib import Path

import gwcs
import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.parts.coordinates_lrs import LRS_TYPES, SLIT_TYPE, SLITLESS_TYPE
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.modes.lrs import reference_point
from gpucal.wcs.world import Wcs

REFERENCES = Path(__file__).parents[1] / "files" / "references"
DISTORTION = REFERENCES / "jwst_miri_imager_distortion_flt9.asdf"
SPECWCS = REFERENCES / "jwst_miri_specwcs_0005.fits"

# Corners of the slit, V2 and V3, arcsec.
CORNERS = {"v2_vert1": -412.0, "v2_vert2": -416.7, "v2_vert3": -416.6, "v2_vert4": -412.1,
           "v3_vert1": -400.8, "v3_vert2": -400.3, "v3_vert3": -400.8, "v3_vert4": -401.3}  # fmt: skip


def exposure(kind, velocity=12000.0):
    slit = kind == SLIT_TYPE
    model = datamodels.ImageModel((1024, 1032)) if slit else datamodels.CubeModel((2, 416, 72))
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.filter = "MIRI", "MIRIMAGE", "P750L"
    meta.exposure.type = kind
    meta.observation.date, meta.observation.time = "2023-07-01", "00:00:00.000"
    meta.subarray.name = "FULL" if slit else "SLITLESSPRISM"
    meta.subarray.xstart, meta.subarray.ystart = (1, 1) if slit else (1, 529)
    meta.subarray.xsize, meta.subarray.ysize = (1032, 1024) if slit else (72, 416)
    pointing = {"v2_ref": -414.3, "v3_ref": -400.7, "ra_ref": 359.9999, "dec_ref": -27.8, "roll_ref": 33.0}
    for name, value in (pointing | {"v3yangle": 4.8, "vparity": -1, "velosys": velocity}).items():
        setattr(meta.wcsinfo, name, value)
    meta.velocity_aberration.scale_factor = 1.0000612
    meta.dither.x_offset, meta.dither.y_offset = 0.95, -0.02
    return model


def specwcs(folder, corners=CORNERS):
    with datamodels.MiriLRSSpecwcsModel(SPECWCS) as model:
        for name, value in corners.items():
            setattr(model.meta, name, value)
        model.save(folder / "specwcs.fits")
    return folder / "specwcs.fits"


def overrides(reference):
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    return kinds | {"override_distortion": str(DISTORTION), "override_specwcs": str(reference)}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", LRS_TYPES)
@pytest.mark.parametrize("velocity", [None, 12000.0])
def test_the_step_gives_the_product_of_jwst(kind, velocity, peer_step, tmp_path):
    reference = specwcs(tmp_path)
    expected = peer_step("assign_wcs", exposure(kind, velocity), **overrides(reference))
    result = AssignWcsStep.call(exposure(kind, velocity), **overrides(reference))
    compare(result, expected).assert_agrees()
    np.testing.assert_array_equal(result.wavelength, expected.wavelength)
    assert 350 < np.isfinite(expected.wavelength).any(axis=1).sum() < 400

    theirs, opened = expected.meta.wcs, result.meta.wcs
    wcs = Wcs.of_kept(opened)
    assert isinstance(opened, gwcs.WCS)
    assert opened.bounding_box.bounding_box(order="F") == theirs.bounding_box.bounding_box(order="F")
    assert opened.available_frames == theirs.available_frames
    assert opened.output_frame.axes_names == theirs.output_frame.axes_names
    in_slit = [wcs.get_transform("detector", "alpha_beta") for wcs in (opened, theirs)]
    assert in_slit[0].submodel_names == in_slit[1].submodel_names
    assert [type(one) for one in in_slit[0]] == [type(one) for one in in_slit[1]]

    y, x = np.mgrid[3.0:400.0:37j, 2.0:350.0:29j]
    np.testing.assert_array_equal(opened(x, y), theirs(x, y))
    sky = np.array(theirs(x, y, with_bounding_box=False))
    np.testing.assert_allclose(wcs.program().at(x, y), sky, rtol=0, atol=3e-13)
    back = np.array(theirs.get_transform("world", "detector")(*sky))
    np.testing.assert_allclose(wcs.program("world", "detector").at(*sky), back, rtol=0, atol=2e-9)
    shift = theirs.get_transform("detector", "world")
    assert reference_point(wcs) == (-shift.offset_1, -shift.offset_2)


@pytest.mark.usefixtures("offline")
def test_without_the_corners_of_the_slit_the_region_stays(peer_step, tmp_path, caplog):
    reference = specwcs(tmp_path, {})
    expected = peer_step("assign_wcs", exposure(SLIT_TYPE), **overrides(reference))
    result = AssignWcsStep.call(exposure(SLIT_TYPE), **overrides(reference))
    compare(result, expected).assert_agrees()
    assert result.meta.wcsinfo.s_region is None
    assert "does not say where the corners of the slit are" in caplog.text


@pytest.mark.usefixtures("offline")
def test_a_spectrum_without_slit_has_no_region_where_its_box_is_larger_than_the_table(tmp_path, caplog):
    result = AssignWcsStep.call(exposure(SLITLESS_TYPE), **overrides(specwcs(tmp_path)))
    assert result.meta.wcsinfo.s_region is None
    assert "S_REGION cannot be made" in caplog.text


@pytest.mark.usefixtures("offline")
def test_without_the_offsets_of_the_dither_its_position_is_not_told(tmp_path, caplog):
    model = exposure(SLIT_TYPE)
    model.meta.dither.x_offset = None
    result = AssignWcsStep.call(model, **overrides(specwcs(tmp_path)))
    assert result.meta.dither.dithered_ra is None
    assert "XOFFSET or YOFFSET is missing" in caplog.text
