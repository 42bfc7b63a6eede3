"""An image that was begun to be read before its exposure was opened is that of the exposure."""

import os
from pathlib import Path

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.backend.traffic import EXPOSURE, traffic
from gpucal.data import InputError, early, open_exposure
from gpucal.data.early import begin_reading
from gpucal.data.file_pixels import FilePixels

PIXELS = np.arange(2 * 3 * 64 * 64, dtype=np.uint16).reshape(2, 3, 64, 64)


@pytest.fixture(autouse=True)
def on_cpu():
    with use_backend("cpu"):
        yield
    early._begun.clear()


def save(path, pixels):
    model = datamodels.Level1bModel(data=pixels)
    model.meta.instrument.name = "NIRCAM"
    model.meta.exposure.type = "NRC_IMAGE"
    model.save(path)
    return Path(path)


@pytest.fixture
def raw(tmp_path):
    return save(tmp_path / "jw1_uncal.fits", PIXELS)


@pytest.fixture
def loads(monkeypatch):
    """The shapes of all images that are read."""
    shapes, load = [], FilePixels.load

    def watched(self, *arguments):
        shapes.append(self.shape)
        return load(self, *arguments)

    monkeypatch.setattr(FilePixels, "load", watched)
    return shapes


def opened(path):
    exposure = open_exposure(path)
    exposure.read_ahead()
    return exposure


def test_it_is_read_once(raw, loads):
    begin_reading(raw, "cpu")
    exposure = opened(raw)
    before = traffic()
    np.testing.assert_array_equal(exposure.data, PIXELS.astype(np.float32))
    assert traffic().since(before).to_device[EXPOSURE] == PIXELS.nbytes
    assert loads == [PIXELS.shape]


def test_another_file_of_the_name_is_read(raw, tmp_path):
    begin_reading(raw, "cpu")
    save(tmp_path / "other.fits", PIXELS + 1).replace(raw)
    np.testing.assert_array_equal(opened(raw).data, (PIXELS + 1).astype(np.float32))
    assert not early._begun


def test_a_file_that_was_changed_is_read(raw, tmp_path):
    begin_reading(raw, "cpu")
    raw.write_bytes(save(tmp_path / "other.fits", PIXELS + 1).read_bytes())
    os.utime(raw, (1, 1))
    np.testing.assert_array_equal(opened(raw).data, (PIXELS + 1).astype(np.float32))


@pytest.mark.parametrize("content", [b"", b"no FITS file", b"SIMPLE  =                    T"])
def test_what_is_no_fits_file_is_left_alone(tmp_path, content):
    path = tmp_path / "x.fits"
    path.write_bytes(content)
    begin_reading(path, "cpu")
    begin_reading(tmp_path / "missing.fits", "cpu")
    assert not early._begun


def test_a_truncated_file_is_told_of_when_it_is_opened(raw):
    os.truncate(raw, 20_000)
    begin_reading(raw, "cpu")
    with pytest.raises(InputError, match="truncated"):
        opened(raw)


@pytest.mark.parametrize(
    ("name", "variable", "cupy", "begins"),
    [
        ("cpu", None, True, True),
        ("auto", None, False, True),
        (None, None, False, True),
        (None, "cpu", True, True),
        ("auto", "cpu", True, False),
        ("cuda", "cpu", True, False),
        (None, "cuda", True, False),
    ],
)
def test_only_where_the_backend_will_be_the_cpu(raw, monkeypatch, name, variable, cupy, begins):
    monkeypatch.setattr(early, "find_spec", lambda package: object() if cupy else None)
    if variable is None:
        monkeypatch.delenv("GPUCAL_BACKEND", raising=False)
    else:
        monkeypatch.setenv("GPUCAL_BACKEND", variable)
    begin_reading(raw, name)
    assert bool(early._begun) is begins


def test_nothing_is_read_where_memory_has_a_limit(raw, monkeypatch):
    monkeypatch.setenv("GPUCAL_DEVICE_BYTES", "1000000")
    begin_reading(raw, "cpu")
    assert not early._begun
