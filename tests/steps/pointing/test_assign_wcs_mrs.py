"""What assign_wcs needs of integral fields of MIRI, what it says where that is missing, and what it keeps."""

from dataclasses import replace

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.data import Exposure
from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.footprint import box_on_sky
from gpucal.wcs.slices import slices_of, world
from tests.lrs_exposures import exposure as image
from tests.mrs_coordinates import exposure, overrides, references


def run(model, folder, **trees):
    return AssignWcsStep.call(Exposure(model), **overrides(folder, **trees))


def test_slices_and_their_coordinates_are_kept_until_the_wcs_is_set(tmp_path):
    result = Exposure(run(exposure(), tmp_path))
    slices = result.ifu_slices
    assert slices.numbers == (101, 102, 103, 201, 202, 203)
    assert world(result) is slices.world
    tree = result.get_wcs().to_tree()
    result.set_wcs(tree)
    assert result.ifu_slices is not slices
    np.testing.assert_array_equal(*(current_backend().asnumpy(one) for one in (world(result), slices.world)))


@pytest.mark.parametrize(("as_peer", "rows_off", "tolerance"), [("", 0.0, 1e-9), ("1", -0.038, 0.003)])
def test_the_way_back_knows_of_the_velocity_of_the_telescope(as_peer, rows_off, tolerance, tmp_path, monkeypatch):
    """30 km/s are 1e-4 of the wavelength: 0.0005 of 5 micron, where rows are 0.0139 micron high."""
    monkeypatch.setenv("GPUCAL_AS_PEER", as_peer)
    rows = []
    for velocity in (0.0, 30000.0):
        wcs = Exposure(run(exposure(velocity=velocity), tmp_path)).get_wcs()
        there = slices_of(wcs).program(102).at([30.0, 31.0], [20.0, 60.0])
        rows.append(wcs.program("world", "detector").at(*there)[1])
    np.testing.assert_allclose(rows[1] - rows[0], rows_off, rtol=0, atol=tolerance)


def test_the_wcs_is_the_tree_that_was_given_until_another_is_kept(tmp_path):
    result = Exposure(run(exposure(), tmp_path))
    wcs, object_of_another = result.get_wcs(), result.meta.wcs
    moved = replace(wcs, name="moved")
    result.set_wcs(moved.to_tree())
    assert result.get_wcs().transforms[0] is wcs.transforms[0]
    assert result.get_wcs().name == "moved"
    result.meta.wcs = object_of_another
    assert result.get_wcs().name == wcs.name
    assert result.get_wcs() is result.get_wcs()


def test_other_exposures_have_no_slices():
    model = image("MIR_LRS-FIXEDSLIT")
    with pytest.raises(GpucalError, match="run assign_wcs on it first"):
        _ = Exposure(model).ifu_slices


def test_regions_of_one_plane_are_refused(tmp_path):
    planes = references("12", "SHORT")["regions"]["regions"]
    with pytest.raises(ReferenceFileError, match=r"an array of shape \(96, 120\): nine planes are needed"):
        run(exposure(), tmp_path, regions={"regions": planes[7]})


def test_references_of_another_band_are_refused(tmp_path):
    with pytest.raises(ReferenceFileError, match="distortion reference does not tell of 1LONG; it has 1SHORT, 2SHORT"):
        run(exposure(band="LONG"), tmp_path)


def test_references_of_another_detector_are_refused(tmp_path):
    other = references("34", "SHORT")
    with pytest.raises(ReferenceFileError, match="regions reference has no slice of channels 12"):
        run(exposure(), tmp_path, regions=other["regions"])
    fewer = {"model": other["specwcs"]["model"][1:]}
    with pytest.raises(ReferenceFileError, match="tells of 6 slices, and the specwcs reference of 5"):
        run(exposure(), tmp_path, specwcs=other["specwcs"] | fewer)


def test_regions_of_another_size_are_refused(tmp_path):
    planes = references("12", "SHORT")["regions"]["regions"]
    with pytest.raises(ReferenceFileError, match=r"planes have shape \(50, 120\), and mrs_rate.fits has \(96, 120\)"):
        run(exposure(), tmp_path, regions={"regions": planes[:, :50]})


def test_an_exposure_without_channel_is_refused(tmp_path):
    with pytest.raises(ReferenceFileError, match="mrs_rate.fits: keyword CHANNEL is None"):
        model = exposure()
        model.meta.instrument.channel = None
        run(model, tmp_path)


def test_a_reference_without_what_is_needed_is_told(tmp_path):
    with pytest.raises(ReferenceFileError, match=r"holds no 'alpha_model': .*distortion.asdf"):
        run(exposure(), tmp_path, distortion={"slices": [101]})


def test_what_the_header_lacks_is_told(tmp_path):
    model = exposure()
    model.meta.wcsinfo.roll_ref = None
    with pytest.raises(GpucalError, match=r"mrs_rate.fits: the header lacks ROLL_REF"):
        run(model, tmp_path)


def test_a_box_lies_on_both_sides_of_right_ascension_zero(backend):
    nan = np.nan
    world = np.array([[[359.5, nan, 0.25]], [[-1.0, nan, 1.0]], [[5.0, nan, 7.5]]])
    corners, wavelengths = box_on_sky(backend.asarray(world))
    np.testing.assert_array_equal(corners, [[359.5, -1], [0.25, -1], [0.25, 1], [359.5, 1]])
    assert wavelengths == (5.0, 7.5)
