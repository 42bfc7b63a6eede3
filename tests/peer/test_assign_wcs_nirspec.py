"""The WCS of NIRSpec agrees with that of jwst, mode by mode, and gwcs opens what is written."""

import gwcs
import numpy as np
import pytest

from bench.agreement import compare
from gpucal.data import Exposure
from gpucal.errors import NoScienceData
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.modes.nirspec.open_slits import open_slits, slit_wcs
from gpucal.wcs.world import Wcs
from tests.nirspec_slits import exposure, overrides, through_shutters

FRAMES = {
    "ALLSLITS": ("ALLSLITS", (1, 897), (2048, 256)),
    "SUBS200B1": ("SUBS200B1", (1, 913), (2048, 64)),
    "SUB2048": ("SUB2048", (1, 945), (2048, 32)),
    "SUB512": ("SUB512", (1025, 945), (512, 32)),
}
LAMP = {"instrument__filter": "OPAQUE", "instrument__lamp_state": "LINE3"}

# Arguments of `exposure`, or of `through_shutters` for those of shutters.
SPECTRA = {
    "fixed slits": {"grating": "G395M", "frame": FRAMES["ALLSLITS"], "instrument__fixed_slit": "S400A1"},
    "fixed slits, second detector": {"grating": "G395H", "detector": "NRS2", "frame": FRAMES["ALLSLITS"]},
    "fixed slit, warm, without velocity and tilt": {
        "grating": "PRISM", "detector": "NRS2", "frame": FRAMES["SUBS200B1"], "instrument__gwa_tilt": 80.0,
        "wcsinfo__velosys": None, "instrument__gwa_xtilt": None, "instrument__gwa_ytilt": None,
    },
    "bright object": {"kind": "NRS_BRIGHTOBJ", "grating": "G395H", "frame": FRAMES["SUB2048"]},
    "bright object, prism": {"kind": "NRS_BRIGHTOBJ", "grating": "PRISM", "frame": FRAMES["SUB512"]},
    "lamp": {"kind": "NRS_AUTOWAVE", "grating": "G235M", "frame": FRAMES["ALLSLITS"], **LAMP,
             "instrument__lamp_mode": "FIXEDSLIT"},
}  # fmt: skip
SHUTTERS = {
    "shutters": {"grating": "G395M"},
    "shutters, prism, second detector, second nod": {"grating": "PRISM", "detector": "NRS2", "dither": 2},
    "shutters, lamp": {"kind": "NRS_LAMP", **LAMP, "instrument__lamp_mode": "MSASPEC"},
    "shutters, flat lamp": {"kind": "NRS_AUTOFLAT", **LAMP, "detector": "NRS2"},
}
IMAGES = {
    "image": {"kind": "NRS_IMAGE"},
    "acquisition, mode of lamp told": {"kind": "NRS_TACQ", "detector": "NRS2", "instrument__lamp_mode": "FIXEDSLIT"},
    "lamp": {"kind": "NRS_LAMP", "instrument__lamp_state": "TEST"},
}


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """A folder for references; see `tests.nirspec_slits.references`."""
    return tmp_path_factory.mktemp("nirspec_references")


@pytest.fixture
def made(request, references, tmp_path, peer_step):
    """The products of jwst and of ours of one of the exposures."""
    name = request.param
    model = (
        through_shutters(tmp_path / "msa.fits", **SHUTTERS[name]) if name in SHUTTERS else exposure(**SPECTRA[name])
    )
    parameters = overrides(references, model.meta.instrument.grating)
    return peer_step("assign_wcs", model, **parameters), AssignWcsStep.call(Exposure(model.copy()), **parameters)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("made", [*SPECTRA, *SHUTTERS], indirect=True)
def test_slits_their_boxes_and_their_coordinates_are_those_of_jwst(made):
    from jwst.assign_wcs.nirspec import nrs_wcs_set_input

    theirs, result = made
    compare(result, theirs).assert_agrees()
    wcs = Wcs.of_kept(result.meta.wcs)
    slits = open_slits(wcs)
    expected = theirs.meta.wcs.get_transform("gwa", "slit_frame").slits
    assert [tuple(slit.as_row()) for slit in slits] == [tuple(slit) for slit in expected]
    for slit in slits[::3]:
        one, own = nrs_wcs_set_input(theirs, slit.name), slit_wcs(wcs, slit)
        assert own.frame_names == one.available_frames
        box = [tuple(one.bounding_box[axis]) for axis in "xy"]
        np.testing.assert_allclose(slit.bounding_box, box, rtol=0, atol=1e-11)
        (left, right), (bottom, top) = box
        x, y = np.meshgrid(np.arange(np.ceil(left), right, 97), np.arange(np.ceil(bottom), top))
        world, places = np.array(one(x, y)), own.program().at(x, y)
        np.testing.assert_allclose(places, world, rtol=1e-13, atol=1e-13)  # NaN in the same places
        there = np.isfinite(world[0])
        assert there.any()
        back = np.array(one.backward_transform(*world[:, there]))
        found = own.program(own.frame_names[-1], "detector").at(*world[:, there])
        np.testing.assert_allclose(found, back, rtol=0, atol=1e-8)
    opened = nrs_wcs_set_input(result, slit.name)
    assert opened.available_frames == one.available_frames
    np.testing.assert_allclose(opened(x, y), world, rtol=1e-13, atol=1e-13)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("made", ["fixed slits", "shutters"], indirect=True)
def test_what_jwst_writes_is_read(made, tmp_path):
    theirs, result = made
    theirs.save(tmp_path / "theirs.fits")
    from stdatamodels.jwst import datamodels

    with datamodels.open(tmp_path / "theirs.fits") as model:
        read, own = Wcs.of_kept(model.meta.wcs), Wcs.of_kept(result.meta.wcs)
    assert [slit.as_row() for slit in open_slits(read)] == [slit.as_row() for slit in open_slits(own)]
    for slit in open_slits(read)[:2]:
        program, expected = (slit_wcs(wcs, slit.name).program() for wcs in (read, own))
        (left, right), (bottom, top) = slit.bounding_box
        places = np.linspace(left, right, 40), np.linspace(bottom, top, 40)
        np.testing.assert_allclose(program.at(*places), expected.at(*places), rtol=1e-13, atol=1e-13)


@pytest.mark.usefixtures("offline")
def test_no_light_on_the_detector_ends_as_in_jwst(references, peer_step):
    from jwst.assign_wcs.util import NoDataOnDetectorError

    arguments = {"kind": "NRS_BRIGHTOBJ", "grating": "PRISM", "detector": "NRS2", "frame": FRAMES["SUB512"]}
    parameters = overrides(references, "PRISM")
    with pytest.raises(NoDataOnDetectorError):
        peer_step("assign_wcs", exposure(**arguments), **parameters)
    with pytest.raises(NoScienceData):
        AssignWcsStep.call(exposure(**arguments), **parameters)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", IMAGES)
def test_images_have_the_coordinates_of_jwst(name, references, peer_step):
    arguments = {"grating": "MIRROR", "frame": ("SUB32", (1150, 1040), (32, 32))} | IMAGES[name]
    parameters = overrides(references, "MIRROR") | {"sip_approx": False}
    theirs = peer_step("assign_wcs", exposure(**arguments), **parameters)
    result = AssignWcsStep.call(exposure(**arguments), **parameters)
    compare(result, theirs).assert_agrees()
    opened, expected = result.meta.wcs, theirs.meta.wcs
    assert isinstance(opened, gwcs.WCS)
    assert opened.available_frames == expected.available_frames
    y, x = np.mgrid[0.0:32.0:9j, 0.0:32.0:11j]
    sky = np.array(expected(x, y, with_bounding_box=False))
    np.testing.assert_allclose(Wcs.of_kept(opened).program().at(x, y), sky, rtol=0, atol=2e-13)
    np.testing.assert_array_equal(opened(x, y, with_bounding_box=False), sky)
