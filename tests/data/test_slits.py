"""Slits of an exposure: values, arrays of their own, and planes of all of them."""

import re

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, InputError, open_exposure, write_model
from gpucal.data.coordinates import MissingWcsError
from gpucal.data.slits import Slits, slits_of
from gpucal.data.writing import products_written_behind
from gpucal.wcs.frames import plane
from gpucal.wcs.nodes import beside, shift
from gpucal.wcs.world import Wcs

SHAPES = [(3, 5), (2, 7), (4, 6)]


def tree_of(number, shape):
    """The values and arrays of a slit; pixels are told apart by slit and place."""
    pixels = 100 * number + np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return {
        "name": f"S{number}",
        "slitlet_id": number,
        "source_type": "POINT",
        "xstart": 10 + number,
        "meta": {"photometry": {"pixelarea_steradians": 1e-12 * (number + 1)}},
        "data": pixels,
        "err": pixels / 10,
        "dq": np.full(shape, number, np.uint32),
        "wavelength": pixels / 100,
    }


@pytest.fixture
def model():
    made = datamodels.MultiSlitModel()
    made.meta.exposure.type = "NRS_MSASPEC"
    made.meta.filename = "slits_cal.fits"
    made._instance["slits"] = [tree_of(number, shape) for number, shape in enumerate(SHAPES)]
    return made


def as_file(model, tmp_path):
    path = tmp_path / "slits_cal.fits"
    model.save(path)
    return path


@pytest.fixture(params=[lambda model, tmp_path: model, as_file], ids=["model", "file"])
def exposure(request, model, tmp_path, backend):
    return open_exposure(request.param(model, tmp_path))


def test_slits_have_values_and_arrays(exposure, backend):
    assert exposure.model_type == "MultiSlitModel" and exposure.meta.exposure.type == "NRS_MSASPEC"
    assert [slit.name for slit in exposure.slits] == ["S0", "S1", "S2"]
    slit = exposure.slits[1]
    assert slit["slitlet_id"] == 1 and slit["meta.photometry.pixelarea_steradians"] == 2e-12
    assert slit["source_id"] is None and slit["meta.nothing.below"] is None and slit["name.below"] is None
    assert slit.shape_of("data") == (2, 7) and slit.shape_of("barshadow") is None
    assert slit.has("wavelength") and not slit.has("barshadow")
    np.testing.assert_array_equal(backend.asnumpy(slit.data), tree_of(1, SHAPES[1])["data"])
    assert slit.dq.dtype == np.uint32
    with pytest.raises(AttributeError, match="^slit S1 holds no array 'barshadow'$"):
        slit.barshadow  # noqa: B018
    with pytest.raises(AttributeError, match="^slit S1 has no array 'wavelengths'$"):
        slit.wavelengths = slit.wavelength


def test_values_are_set_with_what_is_missing_on_the_way(exposure):
    slit = exposure.slits[0]
    slit["meta.bunit_data"] = "MJy"
    slit["meta.wcsinfo.specsys"] = "BARYCENT"
    assert slit.values["meta"]["bunit_data"] == "MJy"
    assert exposure.to_model().slits[0].meta.wcsinfo.specsys == "BARYCENT"


def test_planes_of_all_slits_are_one_array_and_edits_are_seen_on_both_sides(exposure, backend):
    slits = exposure.slits
    plane = slits.packed("data")
    assert plane.shape == (15 + 14 + 24,)
    np.testing.assert_array_equal(slits.windows, [[0, 3, 5], [15, 2, 7], [29, 4, 6]])
    plane[15] = -1
    slits[2].data[3, 5] = -2
    assert float(slits[1].data[0, 0]) == -1 and float(plane[-1]) == -2
    assert slits.packed("data") is plane


def test_a_plane_is_packed_anew_when_a_slit_got_another_array(exposure, backend):
    slits = exposure.slits
    before = slits.packed("data")
    slits[0].data = backend.xp.zeros(SHAPES[0], np.float32)
    after = slits.packed("data")
    assert after is not before and float(after[:15].sum()) == 0
    np.testing.assert_array_equal(backend.asnumpy(after[15:]), backend.asnumpy(before[15:]))


def test_a_plane_gives_each_slit_its_array(exposure, backend):
    slits = exposure.slits
    plane = backend.xp.arange(53, dtype=np.float32)
    slits.set_packed("barshadow", plane)
    np.testing.assert_array_equal(backend.asnumpy(slits[1].barshadow), 15 + np.arange(14).reshape(2, 7))
    assert slits.packed("barshadow").size == 53
    with pytest.raises(ValueError, match="^a plane of 52 pixels does not fit slits of 53$"):
        slits.set_packed("barshadow", plane[:-1])


def test_a_plane_needs_all_slits_to_have_the_array(exposure):
    del exposure.slits[1].wavelength
    with pytest.raises(AttributeError, match="^slit S1 holds no array 'wavelength'$"):
        exposure.slits.packed("wavelength")


def test_some_of_the_slits_are_the_same_slits(exposure, backend):
    some = exposure.slits.part([2, 0])
    assert [slit.name for slit in some] == ["S2", "S0"] and some[0] is exposure.slits[2]
    some.packed("data")[0] = -7
    assert float(exposure.slits[2].data[0, 0]) == -7
    np.testing.assert_array_equal(some.windows, [[0, 4, 6], [24, 3, 5]])


def test_the_model_comes_back_complete_and_the_backend_lets_go(exposure, backend):
    exposure.slits.packed("data")[:] += 1
    assert exposure.nbytes == 53 * 4
    model = exposure.to_model()
    assert exposure.nbytes == 0
    assert isinstance(model, datamodels.MultiSlitModel)
    for number, shape in enumerate(SHAPES):
        np.testing.assert_array_equal(model.slits[number].data, tree_of(number, shape)["data"] + 1)
        np.testing.assert_array_equal(model.slits[number].dq, np.full(shape, number))


def test_a_snapshot_is_not_changed_by_later_edits_of_flags_and_values(exposure):
    flags = exposure.slits.packed("dq")
    snapshot = exposure.snapshot()
    flags[:] = 9
    exposure.slits[1]["name"] = "other"
    assert [int(slit.dq.max()) for slit in snapshot.slits] == [0, 1, 2]
    assert snapshot.slits[1].name == "S1"


def test_a_copy_is_changed_without_its_original(exposure, backend):
    exposure.slits.packed("dq")
    copied = exposure.copy()
    for slit in copied.slits:
        slit.data[:] = -1
        slit.dq[:] = 9
        slit["meta.photometry.pixelarea_steradians"] = 0.0
    copied.meta.exposure.type = "NRS_FIXEDSLIT"
    assert [int(slit.dq.max()) for slit in exposure.slits] == [0, 1, 2]
    assert exposure.meta.exposure.type == "NRS_MSASPEC" and copied.source == exposure.source
    assert exposure.slits[1]["meta.photometry.pixelarea_steradians"] == 2e-12
    for number, slit in enumerate(exposure.slits):
        np.testing.assert_array_equal(backend.asnumpy(slit.data), tree_of(number, SHAPES[number])["data"])


def test_a_copy_of_an_image_is_changed_without_its_original(backend):
    exposure = Exposure(datamodels.SlitModel(data=np.ones((4, 5), np.float32)))
    copied = exposure.copy()
    copied.data[:] = 7
    assert float(exposure.data.sum()) == 20 and float(copied.data.sum()) == 140


def test_written_files_are_those_of_the_data_models(model, tmp_path, backend):
    theirs = fits.open(as_file(model.copy(), tmp_path))
    exposure = open_exposure(model)
    exposure.slits.packed("data")
    ours = fits.open(write_model(exposure.snapshot(), tmp_path / "ours" / "slits_cal.fits"))
    assert [(hdu.name, hdu.ver) for hdu in ours] == [(hdu.name, hdu.ver) for hdu in theirs]
    for our, their in zip(ours[1:-1], theirs[1:-1], strict=True):
        assert our.header.tostring() == their.header.tostring()
        np.testing.assert_array_equal(our.data, their.data)


def test_files_written_behind_hold_what_was_there_when_they_were_handed_over(exposure, tmp_path):
    data = exposure.slits.packed("data")
    with products_written_behind() as paths:
        write_model(exposure.snapshot(), tmp_path / "behind_cal.fits")
        data[:] = -1
    assert fits.getdata(paths[0], ("SCI", 2)).flat[1] == 101


def test_a_multi_slit_exposure_is_made_of_another_one(backend):
    rate = datamodels.ImageModel((8, 8))
    rate.meta.target.ra = 5.5
    rate.meta.filename = "jw1_rate.fits"
    given = Exposure(rate)
    slits = Slits.of_trees([{"name": "A", "xstart": 1}, {"name": "B", "xstart": 2}])
    for slit in slits:
        slit.data = given.data[2:5, 1:7]
    made = given.with_slits(slits)
    assert made.model_type == "MultiSlitModel" and made.source == "jw1_rate.fits"
    given.release()
    model = made.to_model()
    assert model.meta.target.ra == 5.5 and model.meta.model_type == "MultiSlitModel"
    assert [(slit.name, slit.data.shape) for slit in model.slits] == [("A", (3, 6)), ("B", (3, 6))]


def test_releasing_an_exposure_leaves_slits_to_another_one_that_shares_them(exposure, backend):
    made = exposure.with_slits(exposure.slits.part([1]))
    exposure.release()
    assert float(made.slits[0].data[0, 0]) == 100
    assert exposure.nbytes == 0 and [slit.name for slit in exposure.slits] == ["S0", "S1", "S2"]


def test_an_exposure_of_one_image_is_a_slit_by_itself(backend):
    model = datamodels.SlitModel((4, 5))
    model._instance.update(name="S1600A1", source_type="POINT")
    exposure = Exposure(model)
    (slit,) = slits_of(exposure)
    assert slit.name == "S1600A1" and slit["source_type"] == "POINT"
    slit.data = backend.xp.ones((4, 5), np.float32)
    slit["meta.photometry.conversion_megajanskys"] = 2.5
    slits_of(exposure).packed("data")[0] = 7
    assert float(exposure.data[0, 0]) == 7
    assert exposure.meta.photometry.conversion_megajanskys == 2.5


def test_the_coordinates_of_an_exposure_that_is_a_slit_are_those_of_its_model(tmp_path):
    model = datamodels.SlitModel((4, 5))
    exposure = Exposure(model)
    (slit,) = slits_of(exposure)
    frames = tuple(plane(name, ("x", "y"), "pixel") for name in ("detector", "world"))
    slit.set_wcs(Wcs(frames, (beside(shift(1.0), shift(2.0)),)).to_tree())
    assert tuple(exposure.to_model().meta.wcs(10.0, 20.0)) == (11.0, 22.0)
    np.testing.assert_array_equal(slit.get_wcs().program().at(10.0, 20.0), [11.0, 22.0])


def test_a_slit_without_coordinates_is_told(exposure):
    with pytest.raises(MissingWcsError, match="^slit S2: has no world coordinates; run assign_wcs on it first$"):
        exposure.slits[2].get_wcs()


@pytest.mark.parametrize(
    ("name", "array", "told"),
    [
        ("dq", np.zeros((2, 6), np.uint32), "array dq has shape (2, 6); beside data of shape (2, 7) it has to have"),
        ("wavelength", np.zeros((1, 7), np.float32), "array wavelength has shape (1, 7); beside data of shape (2, 7)"),
        ("err", np.full((2, 7), 1j), "array err is of type complex128; it has to be of type float32"),
    ],
)
def test_a_bad_array_is_told_with_the_name_of_its_slit(model, name, array, told):
    model._instance["slits"][1][name] = array
    with pytest.raises(InputError, match=f"^slits_cal.fits: slit S1: its {re.escape(told)}"):
        open_exposure(model)


def test_an_exposure_without_slits_and_a_slit_without_pixels_are_told(model):
    model._instance["slits"][1]["data"] = np.zeros((0, 7), np.float32)
    with pytest.raises(InputError, match="^slits_cal.fits: slit S1 holds no pixels$"):
        open_exposure(model)
    model._instance["slits"] = []
    with pytest.raises(InputError, match="^slits_cal.fits: holds no slits$"):
        open_exposure(model)
