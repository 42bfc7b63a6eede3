"""The WCS of low resolution spectra agrees with that of jwst, and gwcs opens what is written."""

import gwcs
import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps.parts.lrs_types import SLIT_TYPE, SLITLESS_TYPE
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.modes.lrs import reference_point
from gpucal.wcs.world import Wcs
from tests.lrs_exposures import exposure, overrides, specwcs


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("kind", "velocity"), [(SLIT_TYPE, 12000.0), (SLITLESS_TYPE, 12000.0), (SLITLESS_TYPE, None)])
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
