"""Extraction of SOSS: orders told apart, bad pixels, products, and what cannot be extracted."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.steps.spectra.extract_1d import Extract1dStep
from tests import soss_exposures as soss


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    return soss.references(tmp_path_factory.mktemp("soss"))


@pytest.fixture(scope="module")
def extracted(references):
    return run(references)


def run(references, model=None, **parameters):
    model = soss.exposure() if model is None else model
    parameters = {"soss_rtol": 1e-3, **parameters}
    return Extract1dStep.call(model, configure_log=False, **references, **parameters)


def flux_of(product, order):
    table = product.spec[order - 1].spec_table
    return np.array(table["FLUX"]), np.array(table["FLUX_ERROR"]), np.array(table["NPIXELS"])


def test_orders_are_told_apart(references):
    """Each order has its light, without that of others; sums alone have much of it."""
    model = soss.exposure(bad=0)
    product, sums = run(references, model), run(references, model.copy(), soss_atoca=False)
    for order in (1, 2, 3):
        inner = slice(8, min(soss.CUTOFFS[order], soss.NX) - 8)
        (flux, error, _npixels), (plain, *_rest) = flux_of(product, order), flux_of(sums, order)
        true = soss.light_of(order)[: flux.shape[1]] * np.array([[0.5], [1], [1], [1]])
        off, contaminated = ((one - true)[:, inner] / error[:, inner] for one in (flux, plain))
        assert abs(np.median(off)) < 0.5 and np.percentile(np.abs(off), 95) < 3
        assert np.abs(contaminated).max() > 100


def test_sums_are_those_of_numpy(references):
    model = soss.exposure()
    product = run(references, model, soss_atoca=False, soss_width=8.0)
    rows, middle = np.arange(soss.NY)[:, None], soss.rows_of(1, np.arange(soss.NX))
    box = np.clip(4.5 - np.abs(rows - middle), 0, 1)
    bad = (model.dq & 1).all(axis=0)
    data, error, npixels = flux_of(product, 1)
    np.testing.assert_allclose(npixels, np.broadcast_to((box * ~bad).sum(axis=0), npixels.shape), atol=1e-3)
    known = ~(model.dq & 1).any(axis=0) | bad | (box == 0)
    columns = known.all(axis=0) & (npixels[0] > 1)
    good = np.where(bad, 0, box)
    expected = (good * np.nan_to_num(model.data)).sum(axis=1)
    np.testing.assert_allclose(data[:, columns], expected[:, columns], rtol=2e-4)
    variance = (good * np.nan_to_num(model.err) ** 2).sum(axis=1)
    np.testing.assert_allclose(error[:, columns], np.sqrt(variance)[:, columns], rtol=2e-4)


def test_what_the_product_tells(extracted):
    assert type(extracted).__name__ == "TSOMultiSpecModel"
    assert [one.spectral_order for one in extracted.spec] == [1, 2, 3]
    assert [one.spec_table["FLUX"].shape for one in extracted.spec] == [(4, soss.CUTOFFS[order]) for order in (1, 2, 3)]
    table = extracted.spec[1].spec_table
    assert table["INT_NUM"].tolist() == [1, 2, 3, 4] and table["N_ALONGDISP"].tolist() == [340] * 4
    np.testing.assert_allclose(table["WAVELENGTH"][2], soss.wavelengths_of(2, np.arange(340)), rtol=1e-5)
    np.testing.assert_array_equal(table["MJD-BEG"], 60000 + 0.01 * np.arange(4))
    assert len(extracted.int_times) == 4 and extracted.meta.target.source_type is None
    told = extracted.meta.soss_extract1d
    assert (told.width, told.oversampling, told.threshold, told.bad_pix) == (40, 2, 0.01, "masking")
    assert told.apply_decontamination and told.tikhonov_factor > 0


def test_bad_pixels_get_the_value_of_the_model(extracted, references):
    filled = run(references, soss_bad_pix="model", soss_tikfac=extracted.meta.soss_extract1d.tikhonov_factor)
    (empty, _error, masked), (flux, error, npixels) = flux_of(extracted, 1), flux_of(filled, 1)
    holes = (npixels - masked > 0.5)[:, 10:-10]
    assert holes.sum() > 100
    true = soss.light_of(1) * np.array([[0.5], [1], [1], [1]])
    off, without = (((one - true) / error)[:, 10:-10][holes] for one in (flux, empty))
    assert abs(np.median(off)) < 1 and np.percentile(np.abs(off), 95) < 4 < np.percentile(np.abs(without), 95)
    np.testing.assert_allclose(npixels[:, 10:-10], np.broadcast_to(npixels[2, 10:-10], (4, soss.NX - 20)))


def test_models_and_the_grid_are_saved(extracted, references, tmp_path):
    """The grid that was saved gives the same spectra."""
    factor = extracted.meta.soss_extract1d.tikhonov_factor
    saved = {"soss_modelname": "models", "soss_wave_grid_out": "grid.fits", "output_dir": str(tmp_path)}
    first = run(references, soss_tikfac=factor, **saved)
    again = run(references, soss_tikfac=factor, soss_wave_grid_in=str(tmp_path / "grid.fits"))
    for order in (1, 2, 3):
        np.testing.assert_array_equal(flux_of(first, order)[0], flux_of(extracted, order)[0])
        np.testing.assert_array_equal(flux_of(again, order)[0], flux_of(extracted, order)[0])
    models = datamodels.open(tmp_path / "models_SossExtractModel.fits")
    assert models.order1.shape == models.aperture3.shape == (4, soss.NY, soss.NX)
    expected = soss.profile_of(1)[:, 50:300] * soss.light_of(1)[50:300]
    bright = expected > 1
    np.testing.assert_allclose(models.order1[2][:, 50:300][bright], expected[bright], rtol=0.02)
    solved = datamodels.open(tmp_path / "models_AtocaSpectra.fits")
    orders = [1, 2, 2, 3]
    assert [(one.spectral_order, one.int_num) for one in solved.spec] == [(o, i) for i in (1, 2, 3, 4) for o in orders]
    blue = solved.spec[2].spec_table
    assert 0.6 < blue["WAVELENGTH"].min() < blue["WAVELENGTH"].max() < 0.95 and np.isfinite(blue["FLUX"]).all()


def test_an_estimate_of_the_flux(references, tmp_path):
    """The grid is finer where the estimate has a line."""
    wavelength = np.linspace(0.6, 3, 3000)
    table = np.zeros(len(wavelength), datamodels.SpecModel().get_dtype("spec_table"))
    table["WAVELENGTH"] = wavelength
    table["FLUX"] = soss.star(wavelength) * (1 - 0.9 * np.exp(-0.5 * ((wavelength - 2) / 0.003) ** 2))
    datamodels.SpecModel(spec_table=table).save(tmp_path / "estimate.fits")
    saved = {"soss_wave_grid_out": "grid", "output_dir": str(tmp_path), "soss_tikfac": 1e-7}
    run(references, soss_estimate=str(tmp_path / "estimate.fits"), **saved)
    grid = datamodels.open(tmp_path / "grid.fits").wavegrid
    steps = np.diff(grid)
    assert steps[np.abs(grid[1:] - 2) < 0.005].max() < 0.5 * np.median(steps[np.abs(grid[1:] - 2.3) < 0.2])


def test_a_full_frame_has_the_same_spectra(extracted, references):
    model, strip = soss.exposure(subarray="FULL"), soss.exposure()
    for name in ("data", "err", "dq"):
        part = getattr(strip, name)
        frame = np.zeros((soss.NINTS, soss.NX, soss.NX), part.dtype)
        frame[:, soss.NX - soss.NY :] = part
        setattr(model, name, frame)
    model.meta.subarray.ysize = soss.NX
    product = run(references, model)
    for order in (1, 2, 3):
        np.testing.assert_array_equal(flux_of(product, order)[0], flux_of(extracted, order)[0])


def test_a_margin_of_profiles_is_left_out(extracted, tmp_path):
    product = run(soss.references(tmp_path, padding=5))
    np.testing.assert_allclose(flux_of(product, 2)[0], flux_of(extracted, 2)[0], rtol=1e-6)


@pytest.mark.parametrize("is_image", [False, True])
def test_one_integration(references, is_image):
    model = soss.exposure(nints=1, bad=0)
    if is_image:
        image = datamodels.ImageModel(data=model.data[0], err=model.err[0], dq=model.dq[0])
        image.update(model)
        model = image
    flux, error, _npixels = flux_of(run(references, model), 1)
    off = ((flux - soss.light_of(1)) / error)[:, 8:-8]
    assert flux.shape == (1, soss.NX) and abs(np.median(off)) < 0.5 and np.percentile(np.abs(off), 95) < 3


def test_background_of_columns(references):
    """What is subtracted is in its column, and lacks in the flux as often as there are pixels."""
    model = soss.exposure()
    model.data += 1.5
    parameters = {"soss_atoca": False, "soss_order_3": False, "soss_width": 12.0}
    with_background, without = (
        run(references, model.copy(), subtract_background=subtracts, **parameters) for subtracts in (False, True)
    )
    background = np.array(without.spec[0].spec_table["BACKGROUND"])
    (more, _error, npixels), (less, *_rest) = flux_of(with_background, 1), flux_of(without, 1)
    assert 1.3 < np.median(background) < 1.6
    np.testing.assert_allclose((more - less)[:, 2:-2], (background * npixels)[:, 2:-2], rtol=1e-6, atol=1e-6)


def test_a_profile_turns_with_the_wheel(references):
    """The traces are turned; a profile that is not explains less of them."""
    model = soss.exposure(position=soss.COMMANDED + 0.1)
    parameters = {"soss_order_3": False, "soss_tikfac": 1e-7}
    fixed, turned = (run(references, model.copy(), soss_turn_profile=turns, **parameters) for turns in (False, True))
    assert np.nanmax(np.abs(flux_of(fixed, 1)[0] - flux_of(turned, 1)[0])) > 0.01


@pytest.mark.parametrize(("name", "value"), [("filter", "F277W"), ("subarray", "SUB80")])
def test_other_filters_and_subarrays_are_skipped(references, caplog, name, value):
    model = soss.exposure()
    if name == "filter":
        model.meta.instrument.filter = value
    else:
        model.meta.subarray.name = value
    with caplog.at_level(logging.ERROR, "gpucal"):
        result = run(references, model)
    assert result.meta.cal_step.extract_1d == "SKIPPED"
    assert [record for record in caplog.records if record.levelname == "ERROR" and value in record.getMessage()]


def test_what_cannot_be_extracted(references, tmp_path):
    model = soss.exposure(position=244.0)
    with pytest.raises(GpucalError, match="pupil wheel stands at 244.0, and pastasoss reference .* is for"):
        run(references, model)
    model = soss.exposure()
    model.dq[:], model.data[:] = 1, np.nan
    with pytest.raises(GpucalError, match="no pixel is good in any integration"):
        run(references, model)
    model = soss.exposure()
    for name in ("data", "err", "dq"):
        setattr(model, name, getattr(model, name)[:, :31])
    with pytest.raises(GpucalError, match="profiles of 64 x 400 pixels are for another subarray"):
        run(references, model)
    datamodels.ImageModel((2, 2)).save(tmp_path / "image.fits")
    with pytest.raises(GpucalError, match="named by soss_wave_grid_in, holds no grid of wavelengths"):
        run(references, soss_wave_grid_in=str(tmp_path / "image.fits"))
    with pytest.raises(GpucalError, match="named by soss_estimate, holds no spectrum"):
        run(references, soss_estimate=str(tmp_path / "image.fits"))
    with pytest.raises(GpucalError, match="soss_n_os is 0; it has to be from 1"):
        run(references, soss_n_os=0)
