"""Values of a header that the schema refuses are told, with their keywords."""

import logging

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.core import Step
from gpucal.core.run.inputs import check_input
from gpucal.data import InputError, open_exposure
from gpucal.data.files.keywords import keywords_of


class Typed(Step):
    """Needs to know the exposure type."""

    required_keywords = {"EXP_TYPE": "exposure.type", "TFRAME": "exposure.frame_time"}


@pytest.fixture
def edited_file(tmp_path):
    """A raw exposure whose header is edited, as a user does it."""

    def edited_file(**keywords):
        model = datamodels.Level1bModel((1, 2, 6, 8))
        model.data = np.zeros((1, 2, 6, 8), np.uint16)
        model.meta.instrument.name = "NIRCAM"
        model.meta.exposure.nframes = 4
        path = tmp_path / "jw1_uncal.fits"
        model.save(path)
        with fits.open(path, mode="update") as hdulist:
            hdulist[0].header.update(keywords)
        return path

    return edited_file


def test_refused_values_are_told_with_their_keywords(edited_file, caplog):
    path = edited_file(PUPIL="CLEAR2", SUBARRAY="SUBXYZ", NFRAMES="many", FILTER="F200W", NOTHING="else")
    with caplog.at_level(logging.WARNING, logger="gpucal"):
        exposure = open_exposure(path)
    assert exposure.refused == {
        "meta.instrument.pupil": "CLEAR2",
        "meta.subarray.name": "SUBXYZ",
        "meta.exposure.nframes": "many",
    }
    assert exposure.meta.instrument.pupil is None and exposure.meta.instrument.filter == "F200W"
    told = sorted(record.getMessage() for record in caplog.records)
    assert told == [
        f"{path}: keyword {keyword} is {value!r}, which is no valid value: it is left out"
        for keyword, value in (("NFRAMES", "many"), ("PUPIL", "CLEAR2"), ("SUBARRAY", "SUBXYZ"))
    ]


def test_valid_and_empty_values_are_not(edited_file, caplog):
    exposure = open_exposure(edited_file(PUPIL="CLEAR", SUBARRAY="FULL", FILTER=None, EFFINTTM=3))
    assert exposure.refused == {} and not caplog.records


def test_a_keyword_that_is_needed_and_refused_is_not_called_absent(edited_file):
    exposure = open_exposure(edited_file(EXP_TYPE="BANANA"))
    with pytest.raises(InputError, match="the header lacks a valid EXP_TYPE, TFRAME, which Typed needs"):
        check_input(Typed(), exposure)


def test_keywords_are_listed_with_their_places():
    places = {keyword.name: keyword.path for keyword in keywords_of(datamodels.RampModel())}
    assert places["SUBARRAY"] == "meta.subarray.name" and places["PUPIL"] == "meta.instrument.pupil"
    assert "CRPIX1" not in places  # it stands in the header of the image
