"""Specs merged over classes; values checked, typed and layered; errors that name what is wrong."""

import os
from pathlib import Path
from typing import ClassVar

import pytest
from stdatamodels.jwst.datamodels import GainModel

from gpucal.core import Pipeline, Step
from gpucal.core.config.nearest import nearest_name
from gpucal.core.config.parameters import (
    ParameterError,
    defaults,
    dotted_names,
    full_spec,
    merge,
    override_spec,
    parse_value,
    validate,
)


class GrowStep(Step):
    class_alias = "grow"
    reference_file_types = ("gain", "readnoise")
    spec = """
        threshold = float(default=4.0, min=0)  # sigma (of what) it takes
        method = option("fft", 'median', None, default="median")  # how
        box = int_list(min=2, max=2, default=None)
        cycles = integer(default=3)
        cores = string(default='1')  # an integer, 'half', or 'all'
        table = output_file(default=None)
        skip = boolean(default=True)  # rests unless asked
    """


class GrowMoreStep(GrowStep):
    spec = """
        threshold = float(default=9.0)  # another default
        more = boolean(default=False)
    """


class GrowPipeline(Pipeline):
    class_alias = "calgrow"
    spec = "save_ramp = boolean(default=False)"
    step_defs: ClassVar = {"grow": GrowStep, "grow_more": GrowMoreStep}


def test_spec_lines_are_taken_apart():
    spec = full_spec(GrowStep)["threshold"]
    assert (spec.name, spec.type, spec.default, spec.help) == (
        "threshold",
        "float(min=0)",
        4.0,
        "sigma (of what) it takes",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("method", """option("fft", 'median', None)"""),
        ("box", "int_list(min=2, max=2)"),
        ("cycles", "integer"),
        ("cores", "string"),
        ("pre_hooks", "list"),
    ],
)
def test_the_type_is_shown_without_the_default(name, expected):
    assert full_spec(GrowStep)[name].type == expected


def test_a_subclass_replaces_and_adds_in_place():
    spec = full_spec(GrowMoreStep)
    assert spec["threshold"].default == 9.0
    assert spec["cycles"].default == 3
    assert list(spec)[-1] == "more"
    assert list(spec).index("threshold") < list(spec).index("cycles")


def test_a_step_may_change_the_default_of_a_universal_parameter():
    assert defaults(Step)["skip"] is False
    assert defaults(GrowStep)["skip"] is True


def test_defaults_are_typed_and_hold_the_overrides():
    values = defaults(GrowStep)
    assert values["pre_hooks"] == []
    assert values["method"] == "median"
    assert values["cores"] == "1"
    assert values["box"] is None
    assert values["override_gain"] is None


def test_two_defaults_do_not_share_a_list():
    defaults(GrowStep)["pre_hooks"].append("x")
    assert defaults(GrowStep)["pre_hooks"] == []


def test_a_pipeline_has_no_overrides_of_its_own():
    assert list(override_spec(GrowStep)) == ["override_gain", "override_readnoise"]
    assert override_spec(GrowPipeline) == {}
    assert "steps.grow.override_gain" in dotted_names(GrowPipeline)


@pytest.mark.parametrize(
    ("name", "given", "typed"),
    [
        ("threshold", "5", 5.0),
        ("threshold", 5, 5.0),
        ("cycles", "7", 7),
        ("cycles", None, None),
        ("skip", "no", False),
        ("skip", "1", True),
        ("skip", "True", True),
        ("box", ["3", "4"], [3, 4]),
        ("method", "None", "None"),
        ("method", None, None),
        ("pre_hooks", ["package.function"], ["package.function"]),
        ("pre_hooks", "first.hook, second.hook", ["first.hook", "second.hook"]),
        ("output_dir", "a,b", "a,b"),
        ("output_dir", Path("/somewhere"), "/somewhere"),
        ("override_gain", "N/A", "N/A"),
    ],
)
def test_values_get_their_types(name, given, typed):
    value = validate(GrowStep, {name: given}, "a test")[name]
    assert value == typed
    assert type(value) is type(typed)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("threshold", "abc"),
        ("threshold", "-1"),
        ("threshold", "None"),
        ("cycles", "2.0"),
        ("skip", "maybe"),
        ("box", "3"),
        ("box", ["3", "4", "5"]),
        ("method", "Median"),
        ("cores", 2),
        ("pre_hooks", "package.function"),
        ("override_gain", 3),
    ],
)
def test_bad_values_are_named_with_their_source(name, given):
    with pytest.raises(ParameterError, match=rf"^here\.cfg: bad value for parameter '{name}'"):
        validate(GrowStep, {name: given}, "here.cfg")


def test_only_what_was_given_comes_back():
    assert validate(GrowStep, {"cycles": 1}, "a test") == {"cycles": 1}


def test_an_open_model_overrides_a_reference():
    model = GainModel()
    assert validate(GrowStep, {"override_gain": model}, "a test")["override_gain"] is model


def test_a_path_is_relative_to_the_file_that_names_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"table": "sub/t.asdf"}
    assert validate(GrowStep, given, "f.cfg", Path("/conf"))["table"] == "/conf/sub/t.asdf"
    assert validate(GrowStep, given, "the command line")["table"] == str(tmp_path / "sub/t.asdf")
    assert not os.path.exists(tmp_path / "sub")


@pytest.mark.parametrize(
    ("step_class", "values", "nearest"),
    [
        (GrowStep, {"treshold": 1}, "'threshold'"),
        (GrowStep, {"Threshold": 1}, "'threshold'"),
        (GrowStep, {"overide_gain": "x"}, "'override_gain'"),
        (GrowPipeline, {"threshold": 1}, "'steps.grow.threshold'"),
        (GrowPipeline, {"steps": {"grow": {"cycle": 1}}}, "'steps.grow.cycles'"),
        (GrowPipeline, {"steps": {"grwo": {"cycles": 1}}}, "'grow'"),
    ],
)
def test_an_unknown_name_gets_the_nearest_valid_one(step_class, values, nearest):
    with pytest.raises(ParameterError, match=rf"^there: .* has no .*; nearest valid name: {nearest}$"):
        validate(step_class, values, "there")


def test_a_name_like_no_other_gets_no_suggestion():
    assert nearest_name("qqqqqqq", dotted_names(GrowPipeline)) is None


def test_steps_of_a_pipeline_are_checked_by_their_own_specs():
    given = {"save_ramp": "yes", "steps": {"grow": {"cycles": "5"}, "grow_more": {"more": "true"}}}
    assert validate(GrowPipeline, given, "a test") == {
        "save_ramp": True,
        "steps": {"grow": {"cycles": 5}, "grow_more": {"more": True}},
    }


@pytest.mark.parametrize("steps", ["grow", {"grow": "skip"}])
def test_steps_that_are_no_sections_are_refused(steps):
    with pytest.raises(ParameterError, match="must hold"):
        validate(GrowPipeline, {"steps": steps}, "a test")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", "5"),
        ("a,b", ["a", "b"]),
        ("a.b,", ["a.b"]),
        ("'a,b'", "a,b"),
        ('"x y"', "x y"),
        ("", ""),
        ("100%", "100%"),
        ("-5", "-5"),
    ],
)
def test_values_are_read_as_in_a_configuration_file(text, value):
    assert parse_value("p", text) == value


def test_quotes_that_do_not_match_are_an_error():
    with pytest.raises(ParameterError, match="'p'.*quotes"):
        parse_value("p", "'open")


def test_the_later_layer_wins_parameter_by_parameter():
    low = {"a": 1, "b": 1, "steps": {"grow": {"x": 1, "y": 1}, "other": {"z": 1}}}
    high = {"b": 2, "steps": {"grow": {"y": 2}, "new": {"w": 2}}}
    assert merge(low, high) == {
        "a": 1,
        "b": 2,
        "steps": {"grow": {"x": 1, "y": 2}, "other": {"z": 1}, "new": {"w": 2}},
    }
    assert low == {"a": 1, "b": 1, "steps": {"grow": {"x": 1, "y": 1}, "other": {"z": 1}}}


def test_merging_does_not_share_sections_with_its_layers():
    layer = {"steps": {"grow": {"x": 1}}}
    merge(layer)["steps"]["grow"]["x"] = 2
    assert layer["steps"]["grow"]["x"] == 1
