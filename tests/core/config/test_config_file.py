"""Configuration files read, found, inherited and written; what is wrong with one is said in a line."""

import os
from textwrap import dedent

import asdf
import pytest

from gpucal.core.config.config_file import (
    ConfigError,
    StepConfig,
    find_config_file,
    follow_config_files,
    looks_like_file,
    read_config,
    write_config,
)


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Write a file into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip())
        return path

    return write


def write_asdf(path, tree):
    with asdf.AsdfFile(tree) as opened:
        opened.write_to(path)
    return path


def test_a_cfg_file_is_read_as_written(put):
    path = put(
        "mine.cfg",
        """
        name = "jump"
        class = "jwst.jump.JumpStep"   # a comment
        rejection_threshold = 4.5
        pre_hooks = first.hook, second.hook
        """,
    )
    config = read_config(path)
    assert (config.name, config.class_name, config.path) == ("jump", "jwst.jump.JumpStep", path)
    assert config.parameters == {"rejection_threshold": "4.5", "pre_hooks": ["first.hook", "second.hook"]}
    assert config.steps == {}


def test_a_step_without_a_name_is_named_as_its_file(put):
    assert read_config(put("quick_jump.cfg", "class = jump")).name == "quick_jump"


def test_steps_of_a_pipeline_are_nested(put):
    config = read_config(
        put(
            "p.cfg",
            """
            class = "calwebb_detector1"
            save_results = true
            [steps]
              [[jump]]
                rejection_threshold = 5
              [[ipc]]
                skip = true
            """,
        )
    )
    assert config.values() == {
        "save_results": "true",
        "steps": {"jump": {"rejection_threshold": "5"}, "ipc": {"skip": "true"}},
    }


def test_a_named_file_is_relative_to_the_one_that_names_it_and_yields_to_it(put):
    put("sub/jump.cfg", "name = jump\nclass = jump\nrejection_threshold = 7\nmin_sat_area = 2")
    put("jump.cfg", "name = jump\nclass = jump\nrejection_threshold = 99")
    path = put(
        "sub/p.cfg",
        """
        class = calwebb_detector1
        [steps]
          [[jump]]
            config_file = jump.cfg
            min_sat_area = 3
        """,
    )
    assert read_config(path).values()["steps"]["jump"] == {"rejection_threshold": "7", "min_sat_area": "3"}


def test_a_chain_of_files_is_followed(put):
    put("c.cfg", "a = 1\nb = 1\nc = 1")
    put("b.cfg", "config_file = c.cfg\na = 2\nb = 2")
    path = put("a.cfg", "config_file = b.cfg\na = 3")
    assert read_config(path).values() == {"a": "3", "b": "2", "c": "1"}


def test_files_that_name_each_other_are_refused(put):
    put("b.cfg", "config_file = a.cfg")
    path = put("a.cfg", "config_file = b.cfg")
    with pytest.raises(ConfigError, match="names itself"):
        read_config(path).values()


def test_step_files_in_values_from_no_file_lie_under_the_other_values(put):
    put("mine.cfg", "name = jump\nclass = jump\nrejection_threshold = 7\nmin_sat_area = 2")
    given = {"skip": "no", "steps": {"jump": {"config_file": "mine.cfg", "min_sat_area": "3"}}}
    assert follow_config_files(given) == {
        "skip": "no",
        "steps": {"jump": {"rejection_threshold": "7", "min_sat_area": "3"}},
    }


def test_the_log_configuration_is_no_parameter(put):
    log = put("quiet.cfg", "[*]\nlevel = ERROR")
    config = read_config(put("p.cfg", "class = jump\nlogcfg = quiet.cfg\nskip = true"))
    assert config.logcfg == log
    assert config.parameters == {"skip": "true"}


def test_a_bare_name_is_looked_up_among_the_packaged_files(put):
    assert read_config("jump.cfg").class_name == "jwst.step.JumpStep"
    mine = put("jump.cfg", "class = mine.JumpStep")
    assert find_config_file("jump.cfg") == mine


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("jmup.cfg", r"neither in .* nor a packaged one; nearest valid name: 'jump'"),
        ("some/jump.cfg", r"'some/jump.cfg' does not exist"),
    ],
)
def test_a_missing_file_is_named(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        read_config(name)


def test_a_directory_is_no_configuration_file(put):
    put("mine/jump.cfg", "class = jump")
    put("jump/mine.cfg", "class = jump")
    assert looks_like_file("mine") and not looks_like_file("jump")
    with pytest.raises(ConfigError, match="mine: is a directory; name a configuration file in it"):
        read_config("mine")


def test_a_missing_step_file_is_named(put):
    path = put("p.cfg", "class = p\n[steps]\n[[jump]]\nconfig_file = gone/j.cfg")
    with pytest.raises(ConfigError, match="'gone/j.cfg' does not exist"):
        read_config(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class = a\nclass = b", "malformed .*Duplicate"),
        ("class = 'a", "malformed"),
        ("just words", "malformed"),
        ("class = a\n[stepps]\nx = 1", r"unknown section \[stepps\]; nearest valid name: 'steps'"),
        ("class = a\n[steps]\nskip = true", r"'skip' stands under \[steps\]"),
        ("class = a\nsteps = jump", "'steps' must be a section"),
    ],
)
def test_a_malformed_cfg_file_is_refused(put, text, message):
    path = put("bad.cfg", text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(path)
    assert str(path) in str(caught.value)


def test_a_binary_file_is_no_configuration(tmp_path):
    path = tmp_path / "x.cfg"
    path.write_bytes(b"SIMPLE  =  T\xff\xfe\x00")
    with pytest.raises(ConfigError, match="neither a .cfg nor a parameter .asdf file"):
        read_config(path)


def test_an_asdf_file_is_read_with_its_types(tmp_path):
    path = write_asdf(
        tmp_path / "p.asdf",
        {
            "class": "jwst.pipeline.calwebb_detector1.Detector1Pipeline",
            "name": "Detector1Pipeline",
            "meta": {"reftype": "pars-detector1pipeline"},
            "parameters": {"save_calibrated_ramp": True, "output_file": None},
            "steps": [
                {"class": "x.JumpStep", "name": "jump", "parameters": {"rejection_threshold": 4.5}},
            ],
        },
    )
    config = read_config(path)
    assert config.class_name == "jwst.pipeline.calwebb_detector1.Detector1Pipeline"
    assert config.values() == {
        "save_calibrated_ramp": True,
        "output_file": None,
        "steps": {"jump": {"rejection_threshold": 4.5}},
    }
    assert config.steps["jump"].class_name == "x.JumpStep"


def test_a_step_of_an_asdf_file_may_be_named_by_its_class(tmp_path):
    tree = {"class": "p", "parameters": {}}
    tree["steps"] = [{"class": "jwst.superbias.superbias_step.SuperBiasStep", "parameters": {"skip": True}}]
    config = read_config(write_asdf(tmp_path / "p.asdf", tree))
    assert config.values() == {"steps": {"superbias": {"skip": True}}}


def test_an_asdf_file_of_the_older_layout_is_read(tmp_path):
    inner = {"class": "p", "name": "old", "skip": True, "steps": {"jump": {"skip": False}}}
    config = read_config(write_asdf(tmp_path / "p.asdf", {"parameters": inner}))
    assert (config.class_name, config.name) == ("p", "old")
    assert config.values() == {"skip": True, "steps": {"jump": {"skip": False}}}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"class": "a"}, "bad.asdf is no parameter file: it has no 'parameters'"),
        ({"meta": {"filename": "a"}, "parameters": [1]}, "bad.asdf is no parameter file: it has no 'parameters'"),
        ({"parameters": {}, "steps": [1]}, "its 'steps' are no list of steps"),
        ({"parameters": {}, "steps": 1}, "its 'steps' are no list of steps"),
        ({"class": "a", "parameters": {}, "steps": [{"parameters": {}}]}, "neither 'name' nor 'class'"),
    ],
)
def test_an_asdf_file_with_no_parameters_is_refused(tmp_path, tree, message):
    with pytest.raises(ConfigError, match=message):
        read_config(write_asdf(tmp_path / "bad.asdf", tree))


def test_a_truncated_asdf_file_is_refused(tmp_path):
    path = tmp_path / "bad.asdf"
    path.write_text("#ASDF 1.0.0\n#ASDF_STANDARD 1.6.0\n%YAML 1.1\n--- !core/asdf-1.1.0\nclass: {a: [\n...\n")
    with pytest.raises(ConfigError, match="malformed parameter file"):
        read_config(path)


PARAMETERS = {
    "rejection_threshold": 4.25,
    "skip": False,
    "minimum_groups": 3,
    "maximum_cores": "half",
    "pre_hooks": [],
    "background_box_size": [3, 4],
    "suffix": "a, b",
}
TEXT = {
    "rejection_threshold": "4.25",
    "skip": "False",
    "minimum_groups": "3",
    "maximum_cores": "half",
    "pre_hooks": [],
    "background_box_size": ["3", "4"],
    "suffix": "a, b",
}


@pytest.mark.parametrize(("ending", "expected"), [("asdf", PARAMETERS), ("cfg", TEXT)])
def test_what_is_written_is_read(tmp_path, ending, expected):
    path = tmp_path / f"saved.{ending}"
    steps = {"jump": StepConfig("some.JumpStep", "jump", PARAMETERS)}
    write_config(path, "some.Pipeline", "mine", PARAMETERS, steps)
    config = read_config(path)
    assert (config.class_name, config.name) == ("some.Pipeline", "mine")
    assert config.values() == {**expected, "steps": {"jump": expected}}
    assert config.steps["jump"].class_name == "some.JumpStep"
    assert os.listdir(tmp_path) == [path.name]


def test_none_is_kept_in_asdf_and_left_out_of_cfg(tmp_path):
    for name in ("a.asdf", "a.cfg"):
        write_config(tmp_path / name, "c", "n", {"suffix": None})
    assert read_config(tmp_path / "a.asdf").parameters == {"suffix": None}
    assert read_config(tmp_path / "a.cfg").parameters == {}


def test_functions_are_written_by_their_import_path(tmp_path):
    write_config(tmp_path / "a.asdf", "c", "n", {"post_hooks": [os.path.join, StepConfig]})
    hooks = read_config(tmp_path / "a.asdf").parameters["post_hooks"]
    assert hooks == ["posixpath.join", "gpucal.core.config.config_file.StepConfig"]


def test_a_value_that_no_file_holds_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ConfigError, match="a value of type complex cannot be written"):
        write_config(tmp_path / "a.asdf", "c", "n", {"x": 1j})
    assert os.listdir(tmp_path) == []


def test_metadata_for_crds_is_added_when_asked_for(tmp_path):
    write_config(tmp_path / "a.asdf", "c", "n", {}, metadata=True)
    with asdf.open(tmp_path / "a.asdf") as opened:
        meta = opened["meta"]
        assert meta["instrument"]["name"] == meta["reftype"] == meta["useafter"] == "<SPECIFY>"


def test_a_directory_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot write parameters to .*gone/a.asdf: No such file"):
        write_config(tmp_path / "gone" / "a.asdf", "c", "n", {})


def test_what_looks_like_a_file(put):
    put("settings", "class = jump")
    words = ["jump", "jump.cfg", "x/pars.asdf", "settings", "jwst.jump.JumpStep"]
    assert [looks_like_file(word) for word in words] == [False, True, True, True, False]
