"""Images that another thread reads are the same images, with the same errors and the same count of bytes."""

import os
import threading

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.backend.traffic import EXPOSURE, traffic
from gpucal.data import open_exposure
from gpucal.data.files.file_pixels import FilePixels


@pytest.fixture(autouse=True)
def on_cpu():
    with use_backend("cpu"):
        yield


@pytest.fixture
def raw(tmp_path):
    model = datamodels.Level1bModel(data=np.arange(2 * 3 * 64 * 64, dtype=np.uint16).reshape(2, 3, 64, 64))
    model.meta.instrument.name = "NIRCAM"
    model.meta.exposure.type = "NRC_IMAGE"
    path = tmp_path / "jw1_uncal.fits"
    model.save(path)
    return path


def test_another_thread_reads(raw, monkeypatch):
    readers, load = [], FilePixels.load

    def watched(*arguments):
        readers.append(threading.get_ident())
        return load(*arguments)

    monkeypatch.setattr(FilePixels, "load", watched)
    exposure = open_exposure(raw)
    exposure.read_ahead()
    exposure.read_ahead()
    assert exposure.has("data") and exposure.shape_of("data") == (2, 3, 64, 64)
    before = traffic()
    expected = np.arange(2 * 3 * 64 * 64, dtype=np.uint16).reshape(2, 3, 64, 64)
    np.testing.assert_array_equal(exposure.data, expected.astype(np.float32))
    assert traffic().since(before).to_device[EXPOSURE] == expected.nbytes
    assert len(readers) == 1 and readers[0] != threading.get_ident()


def test_what_goes_wrong_is_told_to_who_asks(raw):
    exposure = open_exposure(raw)
    os.truncate(raw, 20_000)
    exposure.read_ahead()
    with pytest.raises(OSError, match="ends before its pixels do"):
        _ = exposure.data


def test_nothing_is_read_where_memory_has_a_limit(raw, monkeypatch):
    asked = []
    monkeypatch.setattr("gpucal.data.exposure.ImageAhead", lambda stored, what: asked.append(what))
    monkeypatch.setenv("GPUCAL_DEVICE_BYTES", "1000000")
    open_exposure(raw).read_ahead()
    assert asked == []
    monkeypatch.delenv("GPUCAL_DEVICE_BYTES")
    open_exposure(raw).read_ahead()
    assert asked == [EXPOSURE]
