"""Schemas and manifests that were put together by another process."""

import json

import pytest
from asdf.schema import load_schema
from stdatamodels.jwst import datamodels
from stdatamodels.schema import merge_property_trees

from gpucal.startup import schemas
from gpucal.startup.kept import kept_text
from gpucal.startup.switch import VARIABLE

MODELS = (
    "RampModel", "SuperstripeRampModel", "GuiderRawModel", "GuiderCalModel", "ImageModel", "CubeModel",
    "RampFitOutputModel", "DarkModel", "DarkMIRIModel", "LinearityModel", "SaturationModel", "RSCDModel",
)  # fmt: skip


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    schemas._schema_text.cache_clear()
    yield tmp_path
    schemas._schema_text.cache_clear()


@pytest.mark.parametrize("name", MODELS)
def test_a_schema_is_the_one_that_the_model_has(name, cache):
    model_class = getattr(datamodels, name)
    for _made_then_kept in range(2):
        schema = schemas.schema_of(model_class)
        own = merge_property_trees(load_schema(model_class.schema_url, resolve_references=True))
        assert json.dumps(schema) == json.dumps(own) == json.dumps(merge_property_trees(schema))
        schemas._schema_text.cache_clear()
    assert len(list(cache.rglob("*.json"))) == 1


def test_a_copy_is_nobody_elses(cache):
    schemas.schema_of(datamodels.GainModel).clear()
    assert schemas.schema_of(datamodels.GainModel)["properties"]


def test_a_damaged_file_is_made_again(cache):
    whole = schemas.schema_of(datamodels.GainModel)
    (file,) = cache.rglob("*.json")
    text = file.read_text()
    for damaged in (text[:100], text.replace("GAIN", "RAIN"), "", text[:-1]):
        file.write_text(damaged)
        schemas._schema_text.cache_clear()
        assert schemas.schema_of(datamodels.GainModel) == whole
        assert file.read_text() == text


def test_a_cache_that_cannot_be_written_is_done_without(cache):
    (cache / "gpucal").touch()
    assert schemas.schema_of(datamodels.GainModel)["properties"]


def test_a_model_of_another_package_finds_its_schema_itself():
    class Mine(datamodels.GainModel):
        def __init__(self, init=None):
            super().__init__(init)

    assert schemas.new_model(Mine).schema == datamodels.GainModel().schema


def test_nothing_is_kept_with_a_plain_start(cache, monkeypatch):
    monkeypatch.setenv(VARIABLE, "schemas")
    assert schemas.new_model(datamodels.GainModel).schema["properties"]
    assert not list(cache.rglob("*.json"))
    monkeypatch.setenv(VARIABLE, "0")
    schemas.new_model(datamodels.GainModel)
    assert len(list(cache.rglob("*.json"))) == 1


def test_what_is_kept_depends_on_kind_and_key(cache):
    numbers = iter(range(9))
    kept = [kept_text(kind, key, lambda: next(numbers)) for kind, key in ("ab", "ab", "ac", "db")]
    assert kept == ["0", "0", "1", "2"]
