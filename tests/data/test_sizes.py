"""Keywords that tell another size than the array has are corrected, with a warning."""

import logging

import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import open_exposure


def ramp(shape=(2, 5, 6, 8), **keywords):
    model = datamodels.RampModel(shape)
    model.meta.filename = "made.fits"
    exposure, subarray = model.meta.exposure, model.meta.subarray
    exposure.nints, exposure.ngroups, subarray.ysize, subarray.xsize = shape
    for name, value in keywords.items():
        setattr(subarray if name.endswith("size") else exposure, name, value)
    return model


def opened(model, caplog):
    with caplog.at_level(logging.WARNING, "gpucal"):
        return open_exposure(model).meta, [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("name", "keyword", "length"),
    [("nints", "NINTS", 2), ("ngroups", "NGROUPS", 5), ("ysize", "SUBSIZE2", 6), ("xsize", "SUBSIZE1", 8)],
)
def test_the_array_counts(caplog, name, keyword, length):
    model = ramp(**{name: 64})
    meta, warnings = opened(model, caplog)
    assert warnings == [f"made.fits: {keyword} says 64; the array has {length}, which counts"]
    node = meta.subarray if name.endswith("size") else meta.exposure
    assert getattr(node, name) == length
    given = model.meta.subarray if name.endswith("size") else model.meta.exposure
    assert getattr(given, name) == 64  # the user's own model stays as it is


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        dict.fromkeys(("nints", "ngroups", "xsize", "ysize")),
        {"nints": 10, "integration_start": 3, "integration_end": 4},
        {"integration_start": 1, "integration_end": 2},
    ],
    ids=["right", "missing", "a segment", "all of one segment"],
)
def test_nothing_is_said_where_nothing_is_wrong(caplog, keywords):
    meta, warnings = opened(ramp(**keywords), caplog)
    assert warnings == []
    assert meta.exposure.nints == keywords.get("nints", 2)


@pytest.mark.parametrize(
    ("nints", "first", "last", "counted"),
    [(10, 1, 10, (2, 1, 2)), (10, 6, 10, (10, 6, 7))],
    ids=["a whole exposure that was cut", "a segment that was cut"],
)
def test_integrations_that_were_cut_away(caplog, nints, first, last, counted):
    meta, warnings = opened(ramp(nints=nints, integration_start=first, integration_end=last), caplog)
    exposure = meta.exposure
    assert (exposure.nints, exposure.integration_start, exposure.integration_end) == counted
    assert warnings[-1] == f"made.fits: INTEND says 10; the array has {counted[2]}, which counts"


def test_interleaved_pixels_are_not_counted_by_keywords(caplog):
    meta, warnings = opened(ramp((1, 1, 3200, 2048), ysize=2048), caplog)
    assert warnings == [] and meta.subarray.ysize == 2048
