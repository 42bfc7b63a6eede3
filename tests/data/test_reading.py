"""Inputs are opened whole or refused with one line that names the file."""

import bz2
import gzip
import lzma

import asdf
import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.core.run.inputs import exposures_of
from gpucal.data import InputError, open_exposure


@pytest.fixture
def raw_file(tmp_path):
    model = datamodels.Level1bModel((1, 4, 6, 8))
    model.data = np.arange(192, dtype=np.uint16).reshape(1, 4, 6, 8)
    model.meta.instrument.name = "NIRCAM"
    path = tmp_path / "jw1_uncal.fits"
    model.save(path)
    return path


def test_a_raw_exposure_opens_as_a_ramp(raw_file):
    exposure = open_exposure(raw_file)
    assert exposure.model_type == "RampModel"
    assert exposure.data.dtype == np.float32 and exposure.data[0, 3, 5, 7] == 191
    assert exposure.source == str(raw_file)


@pytest.mark.parametrize("exp_type", ["FGS_ID-IMAGE", "FGS_ID-STACK", "FGS_ACQ1", "FGS_ACQ2", "FGS_TRACK"])
def test_raw_guide_star_data_are_no_ramp(raw_file, exp_type):
    with datamodels.Level1bModel(raw_file) as model:
        model.meta.exposure.type = exp_type
        given = open_exposure(model)
        path = raw_file.with_name("jw2_uncal.fits")
        model.save(path)
    for exposure in (open_exposure(path), given):
        assert exposure.model_type == "GuiderRawModel"
        assert exposure.data.dtype == np.float32 and exposure.data[0, 3, 5, 7] == 191
        assert exposure.dq.shape == (6, 8)


def test_an_open_raw_model_opens_as_the_file_does(raw_file):
    with datamodels.Level1bModel(raw_file) as model:
        exposure = open_exposure(model)
        assert model.data.dtype == np.uint16
    assert exposure.model_type == "RampModel"
    assert exposure.data.dtype == np.float32 and exposure.data[0, 3, 5, 7] == 191


def compressed(path, ending):
    """A compressed copy of a file, under its name with the ending."""
    copy = path.with_name(path.name + ending)
    with {".gz": gzip, ".bz2": bz2, ".xz": lzma}[ending].open(copy, "wb") as file:
        file.write(path.read_bytes())
    return copy


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_compressed_raw_exposure_opens_as_the_plain_file_does(raw_file, ending):
    exposure, plain = open_exposure(compressed(raw_file, ending)), open_exposure(raw_file)
    assert exposure.model_type == "RampModel" and exposure.data.dtype == np.float32
    np.testing.assert_array_equal(exposure.data, plain.data)
    assert exposure.meta.instrument.name == "NIRCAM"


def test_a_raw_exposure_in_asdf_opens_as_the_fits_file_does(raw_file):
    with datamodels.Level1bModel(raw_file) as model:
        model.save(raw_file.with_suffix(".asdf"))
    exposure = open_exposure(raw_file.with_suffix(".asdf"))
    assert exposure.model_type == "RampModel" and exposure.data.dtype == np.float32
    np.testing.assert_array_equal(exposure.data, open_exposure(raw_file).data)
    assert exposure.groupdq.shape == exposure.data.shape and not exposure.groupdq.any()
    assert exposure.source == str(raw_file.with_suffix(".asdf"))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"class": "jwst.step.JumpStep", "parameters": {"skip": True}}, "holds parameters of a step, and no exposure"),
        ({"meta": {"filename": "a"}}, r"not a JWST product \(its tree has no model_type"),
    ],
)
def test_an_asdf_file_of_another_kind_is_refused(tmp_path, tree, message, recwarn):
    with asdf.AsdfFile(tree) as opened:
        opened.write_to(tmp_path / "a.asdf")
    refused(tmp_path / "a.asdf", message)
    # What other tests left open may be collected meanwhile, and tells so.
    assert not [one for one in recwarn.list if not issubclass(one.category, ResourceWarning)]


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_damaged_compressed_file_is_refused(raw_file, ending):
    copy = compressed(raw_file, ending)
    copy.write_bytes(copy.read_bytes()[:-20])
    refused(copy, "not a readable FITS file")


def test_an_exposure_without_a_name_has_one():
    assert open_exposure(datamodels.RampModel((1, 2, 3, 3))).source == "unnamed"


def test_home_and_variables_are_expanded(raw_file, monkeypatch):
    monkeypatch.setenv("HOME", str(raw_file.parent))
    monkeypatch.setenv("PLACE", str(raw_file.parent))
    assert open_exposure("~/jw1_uncal.fits").data.shape == (1, 4, 6, 8)
    assert open_exposure("$PLACE/jw1_uncal.fits").data.shape == (1, 4, 6, 8)


def test_an_open_model_is_copied():
    model = datamodels.RampModel((1, 2, 3, 3))
    exposure = open_exposure(model)
    exposure.data += 1
    exposure.meta.instrument.name = "NIRISS"
    assert model.data.max() == 0 and model.meta.instrument.name is None


def refused(path, match):
    with pytest.raises(InputError, match=match) as caught:
        open_exposure(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path / "jw1_uncal.fits", "no such file")


def test_a_directory_is_refused(tmp_path):
    refused(tmp_path, "is a directory; name an exposure in it")


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_truncated_file_is_refused(raw_file, keep):
    content = raw_file.read_bytes()
    raw_file.write_bytes(content[: int(len(content) * keep)])
    refused(raw_file, "truncated|not a readable FITS file|cannot be read")


@pytest.mark.parametrize("content", [b"", b"this is no FITS file\n" * 200])
def test_what_is_no_fits_file_is_refused(tmp_path, content):
    path = tmp_path / "jw1_uncal.fits"
    path.write_bytes(content)
    refused(path, "not a readable FITS file")


def test_a_fits_file_of_another_telescope_is_refused(tmp_path):
    path = tmp_path / "hst.fits"
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(path)
    refused(path, "DATAMODL")


def test_an_association_gives_its_science_members(raw_file):
    association = raw_file.parent / "asn.json"
    association.write_text(
        '{"products": [{"name": "x", "members": ['
        '{"expname": "jw1_uncal.fits", "exptype": "science"},'
        ' {"expname": "jw1_uncal.fits", "exptype": "background"}]}]}'
    )
    opened = exposures_of(association)
    assert [exposure.source for exposure in opened] == [str(raw_file)]


@pytest.mark.parametrize("text", ["{", "[]", '{"products": 3}', '{"products": []}'])
def test_a_bad_association_is_refused(tmp_path, text):
    path = tmp_path / "asn.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"asn\.json: not an association"):
        exposures_of(path)


def test_input_dir_is_searched(raw_file):
    assert exposures_of("jw1_uncal.fits", str(raw_file.parent))[0].source == str(raw_file)


def test_a_tree_of_earlier_years_is_an_image_of_bytes(tmp_path):
    """As in psfmasks of the observatory."""
    text = (
        b"#ASDF 1.0.0\n#ASDF_STANDARD 1.1.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n--- !core/asdf-1.0.0\n"
        b"data: !core/ndarray-1.0.0\n  source: fits:SCI,1\n  datatype: float32\n  byteorder: big\n  shape: [4, 5]\n"
        b"meta: {told: in the tree alone}\n...\n"
    )
    path = tmp_path / "mask.fits"
    model = datamodels.PsfMaskModel(data=np.ones((4, 5), np.float32))
    model.save(path)
    with fits.open(path) as hdus:
        tree = fits.ImageHDU(np.frombuffer(text, np.uint8), name="ASDF")
        fits.HDUList([*hdus, tree]).writeto(path, overwrite=True)
    exposure = open_exposure(path)
    assert exposure.data.shape == (4, 5) and exposure.meta.told == "in the tree alone"
