"""Steps about the extraction of SOSS agree with those of jwst."""

import gwcs
import numpy as np
import pytest

from bench.agreement import compare
from gpucal.simulate import SossPlan, observe_soss
from gpucal.simulate.spectra.soss import soss_references
from gpucal.steps import AssignWcsStep, BackgroundStep, PhotomStep
from tests.soss_series import spectra_in_counts


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    return observe_soss(tmp_path_factory.mktemp("soss"), SossPlan(subarray="SUBSTRIP96", nints=2), ngroups=4)


def test_coordinates_and_background(observation, peer_step):
    with observation.crds():
        path = str(observation.exposures[0].path)
        expected = peer_step("assign_wcs", path)
        result = AssignWcsStep.call(path)
        compare(result, expected).assert_agrees()
        theirs, ours = expected.meta.wcs, result.meta.wcs
        assert isinstance(ours, gwcs.WCS)
        assert ours.available_frames == theirs.available_frames == ["detector", "world"]
        assert ours.output_frame.axes_names == theirs.output_frame.axes_names
        y, x = np.mgrid[0:96:19, 0:2048:201]
        for order in (1, 2, 3):
            found, wanted = (wcs.forward_transform(x, y, order) for wcs in (ours, theirs))
            np.testing.assert_array_equal(found, wanted)
            boxes = [wcs.forward_transform.get_model(order).bounding_box for wcs in (ours, theirs)]
            assert boxes[0].bounding_box(order="F") == boxes[1].bounding_box(order="F")
        before = result.data.copy()
        expected = peer_step("bkg_subtract", expected)
        result = BackgroundStep.call(result)
        compare(result, expected).assert_agrees()
        assert np.nanmedian(before - result.data) > 0.4


@pytest.mark.usefixtures("offline")
def test_photom_of_spectra(peer_step, tmp_path):
    soss_references.photom().save(tmp_path / "photom.fits")
    overrides = {"override_photom": str(tmp_path / "photom.fits"), "override_area": "N/A"}
    expected = peer_step("photom", spectra_in_counts(), **overrides)
    result = PhotomStep.call(spectra_in_counts(), **overrides)
    compare(result, expected).assert_agrees()
    assert expected.spec[0].spec_table.columns["FLUX"].unit == "MJy"
    assert (expected.spec[1].spec_table["FLUX"] == 0).any()
