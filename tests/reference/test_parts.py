"""Large references are used some rows at a time, and what is not needed of them is not read."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError, clear_store, files, store
from gpucal.steps.ramps.dark_current import DarkCurrentStep
from tests.transfer import on_host

NREAD, NY, NX = 12, 8, 6


def described(model):
    model.meta.instrument.instance.update(name="NIRCAM", detector="NRCA1")
    model.meta.exposure.instance.update(nframes=1, groupgap=0)
    model.meta.subarray.instance.update(xstart=1, ystart=1, xsize=NX, ysize=NY)
    return model


@pytest.fixture
def dark(tmp_path):
    model = datamodels.DarkModel(data=np.random.default_rng(4).normal(5, 1, (NREAD, NY, NX)).astype(np.float32))
    model.dq = np.zeros((NY, NX), np.uint32)
    path = tmp_path / "dark.fits"
    described(model).save(path)
    return path


def ramp(ngroups=4):
    model = described(datamodels.RampModel((2, ngroups, NY, NX)))
    model.data[:] = 1000
    return Exposure(model, "made_uncal.fits")


@pytest.fixture
def on_cpu():
    """The host is the backend."""
    clear_store()
    with use_backend("cpu"):
        yield


@pytest.fixture
def in_parts(on_cpu, monkeypatch):
    """Every reference counts as large, and two rows of four groups are read at a time."""
    monkeypatch.setattr(files, "LARGE", 0)
    monkeypatch.setattr("gpucal.data.files.file_pixels.READ_BYTES", 2 * 4 * NX * 4)


def test_parts_are_the_array(in_parts, dark):
    reference, exposure = Reference("dark", dark), ramp()
    parts = [part.copy() for _, part in reference.parts("data", exposure, counts=(4,))]
    assert [len(part[0]) for part in parts] == [2, 2, 2, 2]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), reference.array("data", exposure)[:4])


def test_a_dark_in_parts_gives_the_same_and_is_not_kept(in_parts, dark, monkeypatch):
    def subtracted():
        return on_host(DarkCurrentStep().process(ramp(), {"dark": Reference("dark", dark)}).data)

    result = subtracted()
    assert not any("data" in key for key in store._arrays if isinstance(key[2], tuple))
    monkeypatch.setattr(files, "LARGE", 2**30)
    np.testing.assert_array_equal(subtracted(), result)
    assert any("data" in key[2] for key in store._arrays if isinstance(key[2], tuple))


def test_who_wants_a_dark_again_is_given_all_of_it_to_keep(in_parts, dark):
    exposure, numbers, arrays = ramp(), [], []
    for _ in range(3):
        parts = [part for _, part in Reference("dark", dark).parts("data", exposure, counts=(4,))]
        numbers.append(len(parts))
        arrays.append(parts[0])
    assert numbers == [4, 1, 1]
    assert arrays[1].shape == (4, NY, NX) and arrays[2] is arrays[1]


def test_groups_beyond_those_of_the_exposure_are_not_read(on_cpu, dark, monkeypatch):
    asked = []
    original = Reference.parts

    def parts(self, name, exposure, counts=()):
        for rows, part in original(self, name, exposure, counts):
            asked.append(part.shape)
            yield rows, part

    monkeypatch.setattr(Reference, "parts", parts)
    DarkCurrentStep().process(ramp(ngroups=3), {"dark": Reference("dark", dark)})
    assert asked == [(3, NY, NX)]


def test_a_dark_that_is_nan_throughout_is_refused(in_parts, tmp_path):
    model = described(datamodels.DarkModel(data=np.full((NREAD, NY, NX), np.nan, np.float32)))
    model.save(tmp_path / "nan.fits")
    with pytest.raises(ReferenceFileError, match="NaN throughout"):
        list(Reference("dark", tmp_path / "nan.fits").parts("data", ramp()))


def test_what_is_not_large_is_kept(backend, dark):
    clear_store()
    (rows, first), (_, second) = (part for _ in range(2) for part in Reference("dark", dark).parts("data", ramp()))
    assert rows == slice(None)
    assert second is first
    assert first.shape == (NREAD, NY, NX)
