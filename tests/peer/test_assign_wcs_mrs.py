"""Coordinates of integral fields of MIRI are those of jwst, and gwcs opens what is written."""

import gwcs
import numpy as np
import pytest

from bench.agreement import compare
from gpucal.backend import current_backend
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.slices import slices_of
from gpucal.wcs.world import Wcs
from tests.mrs_coordinates import ACROSS_BANDS, SETTINGS, SHAPE, exposure, overrides


def values(array):
    return current_backend().asnumpy(array)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("channels", "band"), [*SETTINGS, *ACROSS_BANDS])
def test_the_step_gives_the_product_of_jwst(channels, band, peer_step, tmp_path, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    given = overrides(tmp_path, channels, band)
    velocity = {"SHORT": 12000.0, "LONG": 0.0}.get(band)
    longitude = {"MEDIUM": 41.7}.get(band, 359.9999)
    expected = peer_step("assign_wcs", exposure(channels, band, velocity, longitude), **given)
    result = AssignWcsStep.call(exposure(channels, band, velocity, longitude), **given)
    compare(result, expected).assert_agrees()
    assert result.meta.wcsinfo.s_region == expected.meta.wcsinfo.s_region
    assert tuple(result.meta.wcsinfo.spectral_region) == tuple(expected.meta.wcsinfo.spectral_region)

    theirs, opened = expected.meta.wcs, result.meta.wcs
    assert isinstance(opened, gwcs.WCS)
    assert opened.bounding_box.bounding_box(order="F") == theirs.bounding_box.bounding_box(order="F")
    assert opened.available_frames == theirs.available_frames
    assert opened.output_frame.axes_names == theirs.output_frame.axes_names
    y, x = np.indices(SHAPE, float)
    slices = slices_of(Wcs.of_kept(opened))
    for frame in theirs.available_frames[1:]:
        there = np.array(theirs.get_transform("detector", frame)(x, y))
        np.testing.assert_array_equal(opened.get_transform("detector", frame)(x, y), there)
        np.testing.assert_allclose(values(slices.on_pixels(end=frame)), there, rtol=0, atol=2e-13)
    # Some rows of each slice are beyond the range of its channel.
    labels = theirs.get_transform("detector", "alpha_beta").label_mapper.mapper
    assert 0.9 < np.isfinite(there[0]).sum() / (labels > 0).sum() < 1

    sky = np.array(theirs(*np.stack([x, y])[:, np.isfinite(there[0])]))
    back = np.array(theirs.backward_transform(*sky))
    np.testing.assert_array_equal(opened.backward_transform(*sky), back)
    np.testing.assert_allclose(Wcs.of_kept(opened).program("world", "detector").at(*sky), back, rtol=0, atol=1e-9)
    assert np.isfinite(back[0]).sum() > 2000
    corners = theirs(x + 0.4999, y - 0.4999)
    np.testing.assert_allclose(values(slices.at_offsets(0.4999, -0.4999)), corners, rtol=0, atol=2e-13)
