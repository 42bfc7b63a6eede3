"""The WCS of slits: which fall on a detector, where, and what the WCS of one slit gives."""

import numpy as np
import pytest

from gpucal.data import Exposure
from gpucal.errors import GpucalError, NoScienceData
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.bounding_boxes import traces
from gpucal.wcs.modes.nirspec.fixed_slits import fixed_slit, fixed_slits_of
from gpucal.wcs.modes.nirspec.open_slits import NoSuchSlitError, open_slits, slit_wcs
from gpucal.wcs.modes.nirspec.optics import optics_of
from gpucal.wcs.modes.nirspec.slit_transforms import directions_at_wheel
from gpucal.wcs.modes.nirspec.slits import slits_wcs
from gpucal.wcs.world import Wcs
from tests.nirspec_slits import exposure, trees


@pytest.fixture(scope="module")
def made(references):
    """The WCS of all fixed slits, and what it is made of, once for each exposure."""
    found = {}

    def make(grating="G395M", detector="NRS1", **more):
        key = grating, detector, tuple(more.items())
        if key not in found:
            one = Exposure(exposure(grating=grating, detector=detector, **more))
            optics = optics_of(one.meta, trees(references, grating))
            found[key] = slits_wcs(one, optics, fixed_slits_of(one, -0.55, 0.55)), optics
        return found[key]

    return make


def test_slits_are_where_the_detector_is(made):
    assert [slit.name for slit in open_slits(made()[0])] == ["S200A1", "S200A2", "S400A1", "S1600A1"]
    assert [slit.name for slit in open_slits(made("PRISM", "NRS2")[0])] == ["S200B1"]


@pytest.mark.parametrize(("grating", "detector"), [("G395M", "NRS1"), ("G395H", "NRS2"), ("PRISM", "NRS1")])
def test_the_way_back_is_that_of_the_references(grating, detector, made):
    wcs, _ = made(grating, detector)
    for slit in open_slits(wcs):
        own = slit_wcs(wcs, slit)
        (left, right), (bottom, top) = slit.bounding_box
        x, y = np.meshgrid(np.arange(np.ceil(left), right, 40), np.arange(np.ceil(bottom), top))
        world = own.program().at(x, y)
        there = np.isfinite(world[0])
        assert there.any()
        back = own.program("world", "detector").at(*world[:, there])
        np.testing.assert_allclose(back, [x[there], y[there]], rtol=0, atol=0.05)


def test_wavelengths_grow_along_rows_and_are_those_of_the_filter(made):
    wcs, _ = made("G235M")
    slit = open_slits(wcs)[0]
    (left, right), (bottom, top) = slit.bounding_box
    middle = np.full(60, (bottom + top) / 2)
    wavelength = slit_wcs(wcs, slit).program().at(np.linspace(left + 12, right - 12, 60), middle)[2]
    wavelength = wavelength[np.isfinite(wavelength)]
    assert (np.diff(wavelength) > 0).all()
    assert 1.655 < wavelength[0] < 1.68
    assert 3.0 < wavelength[-1] < 3.17


@pytest.mark.parametrize(("grating", "detector"), [("G395H", "NRS1"), ("G395H", "NRS2"), ("PRISM", "NRS1")])
def test_boxes_have_all_rows_with_light_and_a_margin(grating, detector, made):
    wcs, optics = made(grating, detector)
    slits = open_slits(wcs)
    for slit, trace in zip(slits, traces(optics, slits, None), strict=True):
        (left, right), (bottom, top) = trace.box
        shape = round(top - bottom) + 13, round(right - left)
        program = slit_wcs(wcs, slit).program(end="slit_frame").of_results(2)
        first = np.floor(bottom + 0.5) - 6
        rows = first + np.flatnonzero(np.isfinite(program.on_grid(shape, (np.ceil(left), first))[0]).any(axis=1))
        assert slit.bounding_box[1] == (rows[0] - 3.5, rows[-1] + 1.5)


def test_ends_of_curves_are_those_of_all_wavelengths(made):
    _, optics = made("G395H", "NRS2")
    slit = fixed_slit("S200B1", -0.55, 0.55, "NONE")
    ends = directions_at_wheel(optics, 5, [slit], np.array([[-0.55, 0.55]]))
    _, shortest, longest = optics.spectral_range
    wavelengths = np.linspace(shortest, longest, int((longest - shortest) / 1e-10))
    back = (inverse_of(transform) for transform in (optics.sensor_to_wheel, optics.to_sensor))
    program = program_of(optics.disperser.to_direction, *back)
    spread = np.repeat(ends[:, 0, :], wavelengths.size, axis=1)
    places = program.at(np.tile(wavelengths, 2), *spread)
    (x, y) = traces(optics, [slit])[0].box
    assert x == (max(0, places[0].min() - 11) - 0.5, min(2047, places[0].max() + 9) + 0.5)
    assert y == (max(0, places[1].min() - 3) - 0.5, min(2047, places[1].max() + 1) + 0.5)


def test_no_light_on_the_detector_ends_the_run(references):
    one = Exposure(exposure("NRS_BRIGHTOBJ", "PRISM", "NRS2", ("SUB512", (1, 945), (512, 32))))
    optics = optics_of(one.meta, trees(references, "PRISM"))
    with pytest.raises(NoScienceData, match="no open slit falls on detector NRS2") as error:
        slits_wcs(one, optics, fixed_slits_of(one, -0.55, 0.55))
    assert error.value.exit_code == 64
    with pytest.raises(NoScienceData):
        slits_wcs(one, optics, [])


def test_the_wcs_of_a_slit_is_found_by_its_name_and_its_number(made):
    wcs, _ = made()
    slit = open_slits(wcs)[2]
    own = [slit_wcs(wcs, key) for key in (slit, "S400A1", "s400a1", -103)]
    assert all(one.bounding_box == slit.bounding_box for one in own)
    assert own[0].frame_names == wcs.frame_names
    assert wcs.bounding_box is None
    points = np.array([900.0, 1500.0]), np.full(2, sum(slit.bounding_box[1]) / 2)
    expected = own[0].program().at(*points)
    assert np.isfinite(expected).all()
    for one in own[1:]:
        np.testing.assert_array_equal(one.program().at(*points), expected)


def test_slits_that_are_not_there_are_told(made):
    wcs, _ = made()
    with pytest.raises(NoSuchSlitError, match="no open slit S200B1; there are S200A1, S200A2, S400A1, S1600A1"):
        slit_wcs(wcs, "S200B1")
    with pytest.raises(NoSuchSlitError, match="not the WCS of an exposure with slits"):
        open_slits(Wcs(wcs.frames[:2], wcs.transforms[:1]))


def test_a_subarray_moves_the_boxes(made):
    whole = open_slits(made()[0])[0].bounding_box
    part = open_slits(made(frame=("SUBS200A1", (1, 1031), (2048, 64)))[0])
    assert [slit.name for slit in part] == ["S200A1"]
    np.testing.assert_allclose(part[0].bounding_box, whole - np.array([[0.0], [1030.0]]), rtol=0, atol=1e-9)


def test_light_of_a_lamp_ends_at_the_slits_in_micron(made):
    sky, _ = made()
    lamp, _ = made(instrument__filter="OPAQUE", instrument__lamp_state="LINE3", wcsinfo__velosys=None)
    assert lamp.frame_names == ["detector", "sca", "gwa", "slit_frame", "msa_frame"]
    slit = open_slits(lamp)[0]
    place = 1200.0, sum(slit.bounding_box[1]) / 2
    wavelength = slit_wcs(lamp, slit).program(end="slit_frame").at(*place)[2]
    assert wavelength == pytest.approx(slit_wcs(sky, slit).program().at(*place)[2] * (1 + 5000 / 299792458), rel=1e-12)


def test_the_source_of_a_slit_has_a_number_by_the_slit_of_the_target(references):
    one = Exposure(exposure(instrument__fixed_slit="S400A1"))
    assert [slit.source_id for slit in fixed_slits_of(one, -0.55, 0.55)] == [31, 32, 1, 34, 35]
    one.meta.instrument.fixed_slit = None
    assert [slit.source_id for slit in fixed_slits_of(one, -0.55, 0.55)] == [1, 2, 3, 4, 5]
    one.meta.subarray.name = None
    with pytest.raises(GpucalError, match="lacks SUBARRAY, which tells the slits"):
        fixed_slits_of(one, -0.55, 0.55)
