"""Headers are blended by the rules of the schema, and kept in a table."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, open_exposure, write_model
from gpucal.data.blending import blend, blends_of


def exposure(number, **instrument):
    model = datamodels.ImageModel(np.zeros((2, 2), np.float32))
    meta = model.meta
    meta.filename = f"jw{number}_cal.fits"
    meta.observation.date, meta.observation.time = f"2023-07-0{number}", f"0{9 - number}:00:00.000"
    meta.exposure.start_time, meta.exposure.end_time = 60000.0 + number, 60010.0 - number
    meta.instrument.name = "NIRCAM"
    for name, value in instrument.items():
        setattr(meta.instrument, name, value)
    return model


@pytest.fixture
def models():
    return [
        exposure(1, detector="NRCA1", filter="F200W", pupil="CLEAR"),
        exposure(2, detector="NRCA2", filter="F200W"),
        exposure(3, detector="NRCA2", filter="F200W"),
    ]


@pytest.fixture
def blended(models):
    product = datamodels.ImageModel(np.zeros((2, 2), np.float32))
    product.update(models[0])
    blend(product, models)
    return product


def test_values_follow_the_rules_of_the_schema(blended):
    meta = blended.meta
    rules = blends_of(blended.schema).rules
    assert (rules["meta.observation.date"], meta.observation.date) == ("mindate", "2023-07-01")
    assert (rules["meta.observation.time"], meta.observation.time) == ("mintime", "06:00:00.000")
    assert (rules["meta.instrument.detector"], meta.instrument.detector) == ("multi", "MULTIPLE")
    assert meta.instrument.filter == "F200W" and meta.instrument.pupil == "CLEAR"
    assert (rules["meta.exposure.start_time"], meta.exposure.start_time) == ("min", 60001.0)
    assert (rules["meta.exposure.end_time"], meta.exposure.end_time) == ("max", 60009.0)
    assert meta.filename == "jw1_cal.fits"  # not blended


def test_what_the_schema_does_not_list_is_that_of_the_first(models):
    for number, model in enumerate(models):
        model.meta.cal_step._instance["no_such_step"] = f"status {number}"
    product = datamodels.ImageModel(np.zeros((2, 2), np.float32))
    product.update(models[0])
    blend(product, models)
    assert product["meta.cal_step.no_such_step"] == "status 0"


def test_the_table_has_a_row_for_each(blended, tmp_path):
    write_model(Exposure(blended).snapshot(), tmp_path / "blended.fits")
    table = open_exposure(tmp_path / "blended.fits").to_model().extra_fits.HDRTAB.data
    assert table["FILENAME"].tolist() == ["jw1_cal.fits", "jw2_cal.fits", "jw3_cal.fits"]
    assert table["DETECTOR"].tolist() == ["NRCA1", "NRCA2", "NRCA2"]
    assert table["PUPIL"].tolist() == ["CLEAR", "nan", "nan"]  # as jwst writes what one lacks
    assert table["EXPSTART"].tolist() == [60001.0, 60002.0, 60003.0]
    assert "XPOSURE" not in table.names  # no exposure has it


def test_rules_of_lists_and_of_coordinates_are_left_out():
    blends = blends_of(datamodels.ImageModel().schema)
    assert "meta.filename" in blends.columns and "meta.filename" not in blends.rules
    assert not any(place.startswith("meta.wcs.") for place in blends.rules)
    assert not any(place.startswith("meta.photometry.pixelarea") for place in blends.rules)
