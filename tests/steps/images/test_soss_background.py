"""The background of SOSS: which template, which rows, and what it says of those that will not do."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.steps import BackgroundStep

ROWS, COLUMNS = 96, 1000


@pytest.fixture(autouse=True)
def told(caplog):
    caplog.set_level("INFO")


@pytest.fixture
def templates(tmp_path):
    """Templates of 256 rows that tell their rows."""
    y, x = np.indices((256, COLUMNS))
    level = np.where(x < 700, 1.0, 2.0) * (1 + y / 256)
    model = datamodels.SossBkgModel(data=np.stack([0 * level + 1 + (x < 700), level]).astype(np.float32))
    model.save(tmp_path / "bkg.fits")
    return str(tmp_path / "bkg.fits")


def series(factor, rows=slice(10, 106), ndim=3):
    y, x = np.indices((256, COLUMNS))[:, rows]
    level = factor * np.where(x < 700, 1.0, 2.0) * (1 + y / 256)
    noise = 1 + 1e-3 * np.random.default_rng(2).standard_normal((2, *level.shape))
    data = (level * noise).astype(np.float32)
    model = datamodels.CubeModel(data=data) if ndim == 3 else datamodels.ImageModel(data=data[0])
    model.dq = np.zeros(model.data.shape, np.uint32)
    meta = model.meta
    meta.exposure.type, meta.subarray.name = "NIS_SOSS", "SUBSTRIP96"
    meta.instrument.name, meta.instrument.detector = "NIRISS", "NIS"
    meta.observation.date, meta.observation.time = "2023-06-01", "00:00:00.000"
    return model


def subtracted(model, templates, **parameters):
    return BackgroundStep.call(model, override_bkg=templates, **parameters)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_short_subarray_takes_its_rows_of_the_templates(templates, ndim):
    result = subtracted(series(3.0, ndim=ndim), templates, soss_source_percentile=100.0)
    assert result.meta.cal_step.bkg_subtract == "COMPLETE"
    assert result.data.ndim == ndim
    assert abs(result.data).max() < 0.05


def test_the_percentiles_choose_what_counts(templates):
    model = series(3.0)
    model.data[:, :60] += 1  # bright, but for a third
    low = subtracted(model.copy(), templates, soss_source_percentile=100.0, soss_bkg_percentile=[1.0, 10.0])
    high = subtracted(model.copy(), templates, soss_source_percentile=100.0, soss_bkg_percentile=[90.0, 99.0])
    assert (low.data - high.data)[0, 70].min() > 0.3


def test_templates_of_another_subarray(templates, caplog):
    result = subtracted(series(3.0, slice(0, 64)), templates)
    assert result.meta.cal_step.bkg_subtract == "SKIPPED"
    assert "are of 256x1000 pixels" in caplog.text


def test_nothing_to_fit(templates, caplog):
    model = series(3.0)
    model.dq = np.ones(model.data.shape, np.uint32)
    assert subtracted(model, templates).meta.cal_step.bkg_subtract == "SKIPPED"
    assert "there is no pixel to fit the background to" in caplog.text
    model = series(3.0)
    model.data[..., 600:] = np.nan
    assert subtracted(model, templates).meta.cal_step.bkg_subtract == "SKIPPED"
    assert "no template of the background can be fitted" in caplog.text
    assert subtracted(series(3.0), "N/A").meta.cal_step.bkg_subtract == "SKIPPED"
