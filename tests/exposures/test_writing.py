"""Products are written whole or not at all."""

import errno
import os

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import OutputError, write_model


@pytest.fixture
def model():
    made = datamodels.ImageModel()
    made.data = np.ones((4, 4), np.float32)
    return made


def left_in(directory):
    return sorted(entry.name for entry in directory.iterdir())


def test_the_file_has_its_final_name_in_its_header(model, tmp_path):
    path = write_model(model, tmp_path / "deep" / "jw1_rate.fits")
    with datamodels.open(path) as opened:
        assert opened.meta.filename == "jw1_rate.fits"
    assert left_in(path.parent) == ["jw1_rate.fits"]


def full_disk(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupt(*_args, **_kwargs):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("fault", "error"), [(full_disk, OutputError), (interrupt, KeyboardInterrupt)])
def test_nothing_is_left_of_a_product_that_failed(model, tmp_path, monkeypatch, fault, error):
    (tmp_path / "jw1_rate.fits").write_text("the older product")

    def save(_model, partial):
        partial.write_bytes(b"half a prod")
        fault()

    monkeypatch.setattr(type(model), "save", save)
    with pytest.raises(error) as caught:
        write_model(model, tmp_path / "jw1_rate.fits")
    if error is OutputError:
        assert "jw1_rate.fits" in str(caught.value) and "No space left" in str(caught.value)
    assert left_in(tmp_path) == ["jw1_rate.fits"]
    assert (tmp_path / "jw1_rate.fits").read_text() == "the older product"


def test_a_directory_that_cannot_be_made_is_named(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/below: cannot make the output directory"):
        write_model(model, tmp_path / "file" / "below" / "jw1_rate.fits")
