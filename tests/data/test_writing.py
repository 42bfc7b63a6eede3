"""Products are written whole or not at all."""

import errno
import os
import threading

import asdf
import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data import OutputError, write_model
from gpucal.data.writing import products_written_behind


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


@pytest.mark.parametrize("name", ["sté_rate.fits", "星_rate.fits", os.fsdecode(b"st\xe9_rate.fits"), "a\nb_rate.fits"])
def test_a_name_that_a_header_cannot_hold_is_escaped_there(model, tmp_path, name):
    model.meta.target.proposer_name = "Cé\tté"
    path = write_model(model, tmp_path / name)
    assert left_in(tmp_path) == [name] and path == tmp_path / name
    header = fits.getheader(path)
    assert header["FILENAME"] == ascii(name)[1:-1] and header["TARGPROP"] == "C\\xe9\\tt\\xe9"


def test_a_name_in_asdf_is_escaped_only_where_it_is_no_text(model, tmp_path):
    for name, inside in (("sté_rate.asdf", "sté_rate.asdf"), (os.fsdecode(b"st\xe9_rate.asdf"), "st\\udce9_rate.asdf")):
        with asdf.open(write_model(model, tmp_path / name)) as opened:
            assert opened.tree["meta"]["filename"] == inside


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


def test_behind_means_later_and_as_it_was(model, tmp_path, monkeypatch):
    """The product is written while its maker goes on, and what the maker then edits is not in it."""
    edited, save = threading.Event(), type(model).save
    monkeypatch.setattr(type(model), "save", lambda *args: (edited.wait(60), save(*args)))
    data = model.data
    with products_written_behind() as written:
        assert write_model(model, tmp_path / "jw1_rate.fits") == tmp_path / "jw1_rate.fits"
        assert not (tmp_path / "jw1_rate.fits").exists()
        data += 1
        edited.set()
    assert written == [tmp_path / "jw1_rate.fits"]
    with datamodels.open(tmp_path / "jw1_rate.fits") as opened:
        assert np.unique(opened.data) == [1]


def test_what_cannot_be_written_behind_is_told_at_the_end(model, tmp_path, monkeypatch):
    monkeypatch.setattr(type(model), "save", full_disk)
    with pytest.raises(OutputError, match="jw1_rate.fits: cannot be written .No space left"):
        with products_written_behind():
            write_model(model, tmp_path / "jw1_rate.fits")
    assert left_in(tmp_path) == []


def test_a_large_product_is_not_copied_but_written_at_once(model, tmp_path, monkeypatch):
    monkeypatch.setattr("gpucal.data.writing.BEHIND_BYTES", 10)
    with products_written_behind() as written:
        write_model(model, tmp_path / "jw1_ramp.fits")
        assert left_in(tmp_path) == ["jw1_ramp.fits"]
    assert written == [tmp_path / "jw1_ramp.fits"]


def test_a_product_that_will_not_change_is_not_copied(model, tmp_path, monkeypatch):
    monkeypatch.setattr("gpucal.data.writing.BEHIND_BYTES", 10)
    saved, save = [], type(model).save
    monkeypatch.setattr(type(model), "save", lambda self, *args: (saved.append(self.data), save(self, *args)))
    data = model.data
    with products_written_behind():
        write_model(model, tmp_path / "jw1_rate.fits", may_change=False)
    assert saved[0] is data
    with datamodels.open(tmp_path / "jw1_rate.fits") as opened:
        assert np.unique(opened.data) == [1]


def test_more_products_than_there_is_room_for_wait(model, tmp_path, monkeypatch):
    """One at a time, where each is larger than the room."""
    monkeypatch.setattr("gpucal.data.writing.WAITING_BYTES", 10)
    at_once, most, save = [], [], type(model).save

    def slowly(self, path):
        at_once.append(path)
        most.append(len(at_once))
        save(self, path)
        at_once.remove(path)

    monkeypatch.setattr(type(model), "save", slowly)
    with products_written_behind():
        for number in range(4):
            write_model(model.copy(), tmp_path / f"jw{number}_rate.fits")
    assert most == [1, 1, 1, 1] and len(left_in(tmp_path)) == 4


def test_two_products_are_written_at_a_time(model, tmp_path, monkeypatch):
    both, save = threading.Barrier(2, timeout=60), type(model).save
    monkeypatch.setattr(type(model), "save", lambda *args: (both.wait(), save(*args)))
    with products_written_behind():
        write_model(model, tmp_path / "jw1_rate.fits")
        write_model(model.copy(), tmp_path / "jw1_rateints.fits")
    assert left_in(tmp_path) == ["jw1_rate.fits", "jw1_rateints.fits"]


def test_other_threads_write_as_ever(model, tmp_path):
    with products_written_behind() as written:
        thread = threading.Thread(target=write_model, args=(model, tmp_path / "jw1_rate.fits"))
        thread.start()
        thread.join()
        assert left_in(tmp_path) == ["jw1_rate.fits"]
    assert written == []
