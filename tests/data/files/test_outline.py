"""Images that are read when they are used are what the whole model has."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.backend.traffic import EXPOSURE
from gpucal.data.files.file_pixels import FilePixels
from gpucal.data.files.outline import read_outline
from gpucal.data.files.rectangle import Rectangle
from gpucal.reference import Reference

RANDOM = np.random.default_rng(5)
DEFINITIONS = np.array(
    [(0, 1, "DO_NOT_USE", ""), (1, 2, "HOT", ""), (2, 4, "NOT_A_FLAG", ""), (3, 8, "DEAD", "")],
    dtype=[("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")],
)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("shape", [(5,), (4, 6), (3, 4, 6), (2, 3, 4, 6)])
def test_pixels_are_those_that_astropy_reads(backend, tmp_path, dtype, shape):
    values = (RANDOM.normal(0, 1e4, shape)).astype(dtype)
    path = tmp_path / "image.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values)]).writeto(path)
    with fits.open(path) as opened, open(path, "rb") as file:
        pixels = FilePixels.of(opened[1], file)
        if dtype == "float64":
            assert pixels is None
            return
        loaded = backend.asnumpy(pixels.load())
    assert loaded.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(loaded, values)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_pixels_come_as_another_type(backend, tmp_path, dtype):
    values = RANDOM.integers(0, 2**16, (3, 4, 6)).astype(dtype)
    path = tmp_path / "image.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values)]).writeto(path)
    with fits.open(path) as opened, open(path, "rb") as file:
        for wanted in ("float32", "float64", "uint32"):
            loaded = backend.asnumpy(FilePixels.of(opened[1], file).load(np.dtype(wanted)))
            assert loaded.dtype == np.dtype(wanted)
            np.testing.assert_array_equal(loaded, values)


@pytest.mark.parametrize("read_bytes", [1, 100, 2**20])
def test_a_window_is_a_part_of_each_image(backend, tmp_path, monkeypatch, read_bytes):
    monkeypatch.setattr("gpucal.data.files.file_pixels.READ_BYTES", read_bytes)
    values = RANDOM.normal(0, 1, (2, 3, 7, 9)).astype(np.float32)
    path = tmp_path / "image.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values)]).writeto(path)
    with fits.open(path) as opened, open(path, "rb") as file:
        pixels = FilePixels.of(opened[1], file)
        for window in (None, Rectangle((2, 6), (1, 5)), Rectangle((0, 7), (3, 9))):
            loaded = backend.asnumpy(pixels.load(window=window))
            np.testing.assert_array_equal(loaded, values if window is None else window.of(values))


@pytest.mark.parametrize("read_bytes", [1, 400, 2**20])
@pytest.mark.parametrize("counts", [(), (1,), (2, 2), (9, 1)])
@pytest.mark.parametrize("window", [None, Rectangle((2, 6), (1, 5)), Rectangle((0, 7), (3, 9))])
def test_images_are_read_some_rows_at_a_time(backend, tmp_path, monkeypatch, read_bytes, counts, window):
    monkeypatch.setattr("gpucal.data.files.file_pixels.READ_BYTES", read_bytes)
    values = RANDOM.normal(0, 1, (2, 3, 7, 9)).astype(np.float32)
    path = tmp_path / "image.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values)]).writeto(path)
    wanted = values[tuple(map(slice, counts))]
    wanted = wanted if window is None else window.of(wanted)
    with fits.open(path) as opened, open(path, "rb") as file:
        pixels = FilePixels.of(opened[1], file)
        np.testing.assert_array_equal(backend.asnumpy(pixels.load(window=window, counts=counts)), wanted)
        parts = [(rows, backend.asnumpy(part).copy()) for rows, part in pixels.parts(window, counts=counts)]
    np.testing.assert_array_equal(np.concatenate([part for _, part in parts], axis=-2), wanted)
    edges = [rows.start for rows, _ in parts] + [parts[-1][0].stop]
    assert edges == [0, *np.cumsum([part.shape[-2] for _, part in parts])]
    assert len(parts) == {1: wanted.shape[-2], 2**20: 1}.get(read_bytes, len(parts))


def test_a_file_that_was_cut_meanwhile_is_an_error(backend, tmp_path, monkeypatch):
    monkeypatch.setattr("gpucal.data.files.file_pixels.READ_BYTES", 100)
    path = tmp_path / "image.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((40, 100), np.float32))]).writeto(path)
    with fits.open(path) as opened, open(path, "rb+") as file:
        pixels = FilePixels.of(opened[1], file)
        file.truncate(9000)
        with pytest.raises(OSError, match="ends before its pixels do"):
            pixels.load()


def dark_with_flags(path, **arrays):
    model = datamodels.DarkModel(data=RANDOM.normal(0, 1, (3, 8, 8)).astype(np.float32), **arrays)
    model.meta.instrument.name = "NIRCAM"
    model.save(path)
    return path


@pytest.mark.parametrize("with_definitions", [True, False])
@pytest.mark.parametrize("with_flags", [True, False])
def test_a_reference_gives_the_flags_of_its_model(backend, tmp_path, with_definitions, with_flags):
    path = tmp_path / "dark.fits"
    arrays = {"dq_def": DEFINITIONS} if with_definitions else {}
    if with_flags:
        arrays["dq"] = RANDOM.integers(0, 16, (8, 8)).astype(np.uint32)
    dark_with_flags(path, **arrays)
    if not with_flags:
        with fits.open(path) as opened:
            fits.HDUList([hdu for hdu in opened if hdu.name not in ("DQ", "ERR")]).writeto(path, overwrite=True)
    reference = Reference("dark", path)
    with datamodels.DarkModel(path) as expected:
        np.testing.assert_array_equal(backend.asnumpy(reference.array("dq")), expected.dq)
        np.testing.assert_array_equal(backend.asnumpy(reference.array("data")), expected.data)
        assert reference.array("dq").dtype == expected.dq.dtype


def test_an_outline_has_no_pixels_but_says_how_many(tmp_path):
    model = datamodels.RampModel((2, 3, 4, 5))
    model.meta.bunit_data = "DN"
    model.save(tmp_path / "ramp.fits")
    outline = read_outline(tmp_path / "ramp.fits", datamodels.RampModel)
    assert outline.images["data"].shape == (2, 3, 4, 5) and outline.images["groupdq"].dtype == np.uint8
    assert not outline.model.hasattr("data") and outline.model.meta.bunit_data == "DN"


def test_pixels_are_read_though_another_file_took_the_name(backend, tmp_path):
    path = tmp_path / "ramp.fits"
    datamodels.RampModel((1, 2, 4, 5)).save(path)
    outline = read_outline(path, datamodels.RampModel)
    path.rename(tmp_path / "older.fits")
    path.write_text("something else")
    assert not backend.asnumpy(outline.images["data"].load(EXPOSURE)).any()
