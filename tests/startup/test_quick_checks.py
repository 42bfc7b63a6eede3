"""Values of metadata that are valid at a glance, and those that need a look."""

import math
from itertools import product

import numpy as np
import pytest
from asdf.exceptions import ValidationError
from stdatamodels import validate
from stdatamodels.jwst import datamodels

from gpucal.startup.quick_checks import is_plainly_valid, quick_checks

VALUES = ("F200W", "", 7, -7, 2**51 - 1, 2**60, 7.0, 0.5, math.nan, True, False, np.float32(1), [1], {})
SCHEMAS = (
    {}, {"title": "any"}, {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"},
    {"type": ["string", "integer"]}, {"type": "string", "enum": ["F200W", "F090W"]}, {"enum": [7, "7"]},
    {"enum": [True]}, {"enum": [1.0, 0]}, {"type": "string", "pattern": "^F"}, {"type": "integer", "minimum": 8},
    {"anyOf": [{"type": "string"}, {"type": "boolean"}]}, {"tag": "tag:stsci.edu:asdf/time/time-1.*"},
    {"type": "number", "fits_keyword": "FILTER", "title": "a", "blend_rule": "first"}, {"datatype": "float32"},
    {"type": "array"}, {"type": "object"}, {"not": [{"type": "string"}]}, {"type": "string", "maxLength": 3},
)  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return datamodels.GainModel()


def is_valid(value, schema, model):
    try:
        validate._check_value(value, schema, model)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("value", "schema"), [*product(VALUES, SCHEMAS)])
def test_what_is_plainly_valid_is_valid(value, schema, model):
    assert not is_plainly_valid(value, schema) or is_valid(value, schema, model)


def test_usual_values_are_plainly_valid():
    assert is_plainly_valid("F200W", {"type": "string", "enum": ["F090W", "F200W"], "fits_keyword": "FILTER"})
    assert is_plainly_valid(3, {"type": "number", "title": "a number"})
    assert not is_plainly_valid("3", {"type": "number"})
    assert not is_plainly_valid(True, {"enum": [1]})


def test_what_is_not_valid_is_refused_as_ever(model):
    with quick_checks(), pytest.warns(match="NRCZ9"):
        model.meta.instrument.detector = "NRCZ9"
    assert model.meta.instrument.detector is None


def test_checks_are_as_before_after_the_block(monkeypatch):
    before = validate._check_value
    with quick_checks():
        assert validate._check_value is not before
    assert validate._check_value is before


def test_another_version_of_the_models_is_left_alone(monkeypatch):
    def other(value, schema):
        raise AssertionError

    monkeypatch.setattr(validate, "_check_value", other)
    with quick_checks():
        assert validate._check_value is other
