"""References are cut to the exposure's subarray, or refused."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError, clear_store


def superbias(xstart, ystart, nx, ny):
    model = datamodels.SuperBiasModel()
    model.data = np.arange(nx * ny, dtype=np.float32).reshape(ny, nx)
    model.meta.subarray.instance.update(xstart=xstart, ystart=ystart, xsize=nx, ysize=ny)
    return model


@pytest.fixture
def exposure():
    model = datamodels.RampModel((1, 2, 3, 4))
    model.meta.filename = "jw1_uncal.fits"
    model.meta.instrument.name = "NIRCAM"
    model.meta.subarray.instance.update(xstart=11, ystart=6, xsize=4, ysize=3)
    return Exposure(model)


def test_a_larger_reference_is_cut(exposure, backend):
    cut = backend.asnumpy(Reference("superbias", superbias(1, 1, 20, 10)).array("data", exposure))
    y, x = np.indices((3, 4))
    np.testing.assert_array_equal(cut, (y + 5) * 20 + x + 10)


def test_a_matching_reference_is_taken_whole(exposure, backend):
    reference = Reference("superbias", superbias(11, 6, 4, 3))
    assert reference.array("data", exposure).shape == (3, 4)
    assert reference.array("inv_coeffs", exposure) is None


@pytest.mark.parametrize("region", [(12, 6, 20, 20), (1, 7, 20, 20), (1, 1, 13, 20), (1, 1, 20, 7)])
def test_a_reference_that_does_not_reach_is_refused(exposure, backend, region):
    with pytest.raises(
        ReferenceFileError, match="superbias reference .* does not match the exposure.*columns 11 to 14"
    ):
        Reference("superbias", superbias(*region)).array("data", exposure)


def test_missing_keywords_are_refused_but_for_full_frame(exposure, backend):
    model = datamodels.SuperBiasModel((64, 64))
    with pytest.raises(ReferenceFileError, match="SUBSTRT1"):
        Reference("superbias", model).array("data", exposure)
    full = datamodels.SuperBiasModel((2048, 2048))
    assert Reference("superbias", full).array("data", exposure).shape == (3, 4)


def test_a_second_exposure_reads_nothing(exposure, backend, tmp_path, monkeypatch):
    clear_store()
    path = tmp_path / "superbias.fits"
    superbias(1, 1, 20, 10).save(path)
    first = Reference("superbias", path).array("data", exposure)
    monkeypatch.setattr(Reference, "_open", lambda self: pytest.fail("the file was opened again"))
    assert Reference("superbias", path).array("data", exposure) is first


def test_the_store_keeps_within_its_budget(monkeypatch):
    from gpucal.reference import store

    clear_store()
    monkeypatch.setenv("GPUCAL_REFERENCE_BYTES", "2500")
    made = []

    def make(key):
        made.append(key)
        return np.zeros(1000, np.uint8)

    for key in ("a", "b", "a", "c", "a", "b"):
        store.fetch(key, lambda key=key: make(key))
    assert made == ["a", "b", "c", "b"]
    clear_store()
