"""The flat_field step: guide star rates, the user's flat, what is refused or skipped."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, HOT, NO_FLAT_FIELD
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.images.flat_field import FlatFieldStep
from tests.transfer import on_host

SHAPE = (4, 6)


def described(model, xstart=3):
    model.meta.instrument.name = "FGS"
    model.meta.instrument.detector = "GUIDER1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart = xstart, 1
    subarray.ysize, subarray.xsize = model.data.shape[-2:]
    return model


@pytest.fixture
def rates():
    model = described(datamodels.GuiderCalModel(data=np.full((2, *SHAPE), 8, np.float32)))
    model.err = np.full((2, *SHAPE), 3, np.float32)
    model.dq[0, 0] = HOT
    return Exposure(model, "made_guider_cds.fits")


def flat(columns=8, xstart=1):
    model = datamodels.FlatModel(data=np.full((SHAPE[0], columns), 2, np.float32))
    model.err = np.full_like(model.data, 2)
    model.data[1, 4] = np.nan
    return described(model, xstart)


def references(model=None):
    return {"flat": model and Reference("flat", model), "fflat": None, "sflat": None, "dflat": None}


def test_rates_are_divided(rates):
    result = FlatFieldStep().process(rates, references(flat()))
    expected = np.full((2, *SHAPE), 4.0)
    expected[:, 1, 2] = 8
    np.testing.assert_array_equal(on_host(result.data), expected)
    variance = np.full((2, *SHAPE), 16.0)
    variance[:, 1, 2] = 8**2 * 2**2
    np.testing.assert_array_equal(on_host(result.var_flat), variance)
    np.testing.assert_array_equal(on_host(result.err), np.sqrt(9 + variance, dtype=np.float32))
    flags = np.zeros(SHAPE, np.uint32)
    flags[0, 0], flags[1, 2] = HOT, NO_FLAT_FIELD | DO_NOT_USE
    np.testing.assert_array_equal(on_host(result.dq), flags)


def test_inverse_multiplies_and_leaves_the_errors(rates):
    result = FlatFieldStep(inverse=True).process(rates, references(flat()))
    assert result.data[0, 0, 0] == 16 and result.data[0, 1, 2] == 8
    assert (result.err == 3).all() and (result.var_flat == 0).all()


def test_nan_is_nan_in_all_arrays(rates):
    model = flat()
    model.err[0, 2] = np.nan
    rates.data[1, 3, 3] = np.nan
    result = FlatFieldStep().process(rates, references(model))
    for array in (result.data, result.err, result.var_flat):
        places = np.argwhere(np.isnan(on_host(array)))
        np.testing.assert_array_equal(places, [[0, 0, 0], [1, 0, 0], [1, 3, 3]])


def test_the_variance_of_the_flat_is_saved(rates, tmp_path):
    path = FlatFieldStep(output_dir=str(tmp_path)).save(FlatFieldStep().process(rates, references(flat())))
    with datamodels.open(path) as product:
        assert product.var_flat[0, 0, 0] == 16


def test_the_flat_of_the_user(rates, tmp_path):
    flat().save(tmp_path / "mine.fits")
    step = FlatFieldStep(user_supplied_flat=str(tmp_path / "mine.fits"))
    result = step.process(rates, references(flat(columns=5)))
    assert result.data[0, 0, 0] == 4
    assert result.meta.ref_file.flat.name == "mine.fits"


@pytest.mark.parametrize("columns", [8, 6])
def test_the_flat_is_saved_as_it_was_used(rates, tmp_path, columns):
    step = FlatFieldStep(name="flat_field", save_interpolated_flat=True, output_dir=str(tmp_path))
    model = flat(columns, xstart=9 - columns)
    step.process(rates, references(model))
    with datamodels.open(tmp_path / "made_interpolatedflat.fits") as saved:
        assert saved.data.shape == (SHAPE[0], columns)
        assert np.isnan(saved.data).any() == (columns != SHAPE[1])
    assert np.isnan(model.data[1, 4])


def test_a_missing_user_flat(rates, tmp_path):
    with pytest.raises(ReferenceFileError, match="none.fits: no such file"):
        FlatFieldStep(user_supplied_flat=str(tmp_path / "none.fits")).process(rates, references())


def test_without_a_flat_that_fits(rates):
    with pytest.raises(SkipStep, match="smaller than the exposure"):
        FlatFieldStep().process(rates, references(flat(5)))
    assert (rates.data == 8).all()


def test_a_flat_without_values(rates):
    model = flat()
    del model._instance["data"]
    with pytest.raises(ReferenceFileError, match="has no values"):
        FlatFieldStep().process(rates, references(model))


def test_a_flat_of_another_part_of_the_detector(rates):
    with pytest.raises(ReferenceFileError, match="does not match the exposure"):
        FlatFieldStep().process(rates, references(flat(xstart=5)))


@pytest.mark.parametrize("shape", [SHAPE, (3, *SHAPE)])
def test_images_and_integrations_are_divided(shape):
    model_class = datamodels.ImageModel if len(shape) == 2 else datamodels.CubeModel
    model = described(model_class(data=np.full(shape, 8, np.float32)))
    model.err, model.var_poisson, model.var_rnoise = (np.full(shape, value, np.float32) for value in (9, 3, 1))
    model.data[..., 0, 0] = np.nan
    model.dq = np.zeros(shape, np.uint32)
    model.dq[..., 3, 3] = DO_NOT_USE
    result = FlatFieldStep().process(Exposure(model, "made_rate.fits"), references(flat()))
    expected = {"data": 4.0, "var_poisson": 0.75, "var_rnoise": 0.25, "var_flat": 16.0, "err": np.sqrt(np.float32(17))}
    for name, value in expected.items():
        array = on_host(getattr(result, name)).reshape(-1, *SHAPE)
        places = np.argwhere(np.isnan(array[0])).tolist()
        assert places == [[0, 0], [1, 2], [3, 3]]
        assert (array[:, ~np.isnan(array[0])] == value).all()
    flags = np.zeros(SHAPE, np.uint32)
    flags[0, 0], flags[3, 3], flags[1, 2] = DO_NOT_USE, DO_NOT_USE, NO_FLAT_FIELD | DO_NOT_USE
    np.testing.assert_array_equal(on_host(result.dq), np.broadcast_to(flags, shape))


@pytest.mark.parametrize(
    ("kind", "reason"), [("NRS_MSASPEC", "run extract_2d on it first"), ("NRS_IFU", "run assign_wcs on it first")]
)
def test_spectra_without_slits_or_coordinates_are_refused(kind, reason):
    model = described(datamodels.ImageModel(SHAPE))
    model.meta.exposure.type = kind
    with pytest.raises(GpucalError, match=f"made_rate.fits: .*{reason}"):
        FlatFieldStep().process(Exposure(model, "made_rate.fits"), references(flat()))
