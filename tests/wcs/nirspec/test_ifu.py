"""The coordinates of the integral field of NIRSpec: 30 slices, two forms, and what they are made of."""

import numpy as np
import pytest

from gpucal.data import Exposure
from gpucal.errors import GpucalError, NoScienceData
from gpucal.reference import ReferenceFileError
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.modes.nirspec.open_slits import boxes_in
from gpucal.wcs.modes.nirspec.slice_map import slice_wcs
from gpucal.wcs.world import Wcs
from tests.nirspec_ifu import field, optics
from tests.transfer import on_host

LAMP = {"kind": "NRS_LAMP", "instrument__filter": "OPAQUE", "instrument__lamp_state": "LINE3",
        "instrument__lamp_mode": "IFU"}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def coordinates_as_they_are():
    """Without objects of gwcs, which take long to make: as in a run of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gpucal.data.exposure.kept_wcs", lambda tree: tree)
        yield


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """References of the prism, as parameters of assign_wcs."""
    return optics(tmp_path_factory.mktemp("nirspec_ifu_references"))


@pytest.fixture(scope="module")
def assigned(given):
    """The exposure with the image of slices in front."""
    return AssignWcsStep.call(Exposure(field()), **given)


def test_an_image_tells_the_slice_of_each_pixel(assigned):
    regions = np.asarray(assigned.regions)
    assert regions.shape == (2048, 2048)
    assert regions.dtype == np.int32
    assert np.array_equal(np.unique(regions), np.arange(31))
    slices = Exposure(assigned).ifu_slices
    assert slices.numbers == tuple(range(1, 31))
    assert np.array_equal(np.isfinite(on_host(slices.world)).all(axis=0), regions > 0)
    assert Wcs.of_kept(assigned.meta.wcs).frame_names == [
        "coordinates", "detector", "slicer", "msa_frame", "oteip", "oteip_chromcorr", "v2v3", "v2v3vacorr", "world",
    ]  # fmt: skip


def test_the_number_of_the_slice_as_a_coordinate_leads_to_the_same(assigned, given):
    result = AssignWcsStep.call(Exposure(field()), nrs_ifu_slice_wcs=True, **given)
    wcs = Wcs.of_kept(result.meta.wcs)
    assert wcs.frame_names == [
        "detector", "sca", "gwa", "slit_frame", "slicer", "msa_frame", "oteip", "oteip_chromcorr", "v2v3",
        "v2v3vacorr", "world",
    ]  # fmt: skip
    assert sorted(boxes_in(wcs)) == list(range(30))
    assert np.array_equal(result.regions, assigned.regions)
    assert result.meta.wcsinfo.s_region == assigned.meta.wcsinfo.s_region
    mine, its = (on_host(Exposure(one).ifu_slices.world)[:, ::7, ::7] for one in (result, assigned))
    np.testing.assert_allclose(mine, its, rtol=1e-14)
    own = slice_wcs(wcs, 11)
    y, x = (axis[::29] for axis in np.nonzero(np.asarray(assigned.regions) == 12))
    place = own.program().at(x, y)
    assert np.isfinite(place).all()
    np.testing.assert_allclose(own.program("world", "detector").at(*place), [x, y], rtol=0, atol=0.05)
    assert own.program("detector", "slit_frame").at(x, y)[0] == pytest.approx(0.0, abs=1e-9)


def test_without_its_reference_colours_of_the_fore_optics_are_not_corrected(assigned, given, caplog):
    result = AssignWcsStep.call(Exposure(field()), **given | {"override_chromcorr": "N/A"})
    assert "there is no chromcorr reference" in caplog.text
    assert "oteip_chromcorr" not in Wcs.of_kept(result.meta.wcs).frame_names
    corrected, without = (on_host(Exposure(one).ifu_slices.world)[:, ::50, ::50] for one in (assigned, result))
    np.testing.assert_array_equal(corrected[2], without[2])
    moved = np.abs(corrected[1] - without[1])[np.isfinite(without[1])]
    assert 1e-7 < moved.max() < 1e-4  # degrees


def test_ends_of_slices_are_those_asked_for(assigned, given):
    result = AssignWcsStep.call(Exposure(field()), slit_y_low=-0.25, slit_y_high=0.25, **given)
    usual, short = (np.count_nonzero(one.regions) for one in (assigned, result))
    assert short / usual == pytest.approx(0.5 / 1.1, rel=0.02)


def test_lamps_end_at_the_slits(given):
    result = AssignWcsStep.call(Exposure(field(wcsinfo__s_region="POLYGON ICRS 1 2 3 4 5 6", **LAMP)), **given)
    wcs = Wcs.of_kept(result.meta.wcs)
    assert wcs.frame_names == ["detector", "sca", "gwa", "slit_frame", "slicer", "msa_frame"]
    assert result.meta.wcsinfo.s_region is None
    slices = Exposure(result).ifu_slices
    assert len(slices.numbers) == 30
    wavelength = on_host(slices.world)[2]
    assert 0.5 < np.nanmin(wavelength) < np.nanmax(wavelength) < 5.5  # micron


@pytest.mark.parametrize(
    ("grating", "light"), [("G395M", "F290LP"), ("G235M", "F170LP"), ("G140M", "F100LP"), ("G140H", "F070LP")]
)
def test_light_that_misses_the_second_detector(grating, light, given):
    told = {"instrument__grating": grating, "instrument__filter": light}
    with pytest.raises(NoScienceData, match=f"light of {grating} and {light} through the IFU does not come to NRS2"):
        AssignWcsStep.call(Exposure(field(detector="NRS2", **told)), **given)


def test_a_part_of_the_detector_is_refused(given):
    model = field()
    part = type(model)((512, 600))
    part.update(model)
    with pytest.raises(GpucalError, match=r"has shape \(512, 600\), and exposures of the integral field are full"):
        AssignWcsStep.call(Exposure(part), **given)


@pytest.mark.parametrize("kind", ["ifupost", "ifuslicer", "ifufore", "fore"])
def test_references_that_are_needed(kind, given):
    with pytest.raises(ReferenceFileError, match=f"there is no {kind} reference"):
        AssignWcsStep.call(Exposure(field()), **given | {f"override_{kind}": "N/A"})
