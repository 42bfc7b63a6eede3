"""Configuration files of either package are read by the other, and values are typed alike."""

import pytest
from jwst.clean_flicker_noise import CleanFlickerNoiseStep
from jwst.jump import JumpStep
from jwst.pipeline import Detector1Pipeline
from stpipe import Step, config_parser

from gpucal.core.config.config_file import StepConfig, read_config, write_config
from gpucal.core.config.parameters import ParameterError, accepted, parse_value, validate
from gpucal.core.config.registry import all_classes, find_class
from gpucal.names.steps import OURS_ALONE

OURS = find_class("jump")
PEER_HAS = [cls for cls in all_classes() if cls.class_alias not in OURS_ALONE]


@pytest.mark.parametrize("metadata", [False, True])
def test_the_peer_reads_what_we_write(tmp_path, metadata):
    path = tmp_path / "p.asdf"
    steps = {"jump": StepConfig("jwst.jump.JumpStep", "jump", {"rejection_threshold": 7.5, "suffix": None})}
    write_config(path, "jwst.pipeline.Detector1Pipeline", "mine", {"save_results": True}, steps, metadata)
    step = Detector1Pipeline.from_config_file(str(path))
    assert (step.name, step.save_results) == ("mine", True)
    assert (step.jump.rejection_threshold, step.jump.suffix) == (7.5, None)


def test_the_peer_reads_the_cfg_that_we_write(tmp_path):
    path = tmp_path / "p.cfg"
    parameters = {"rejection_threshold": 7.5, "maximum_cores": "half", "pre_hooks": []}
    write_config(path, "jwst.jump.JumpStep", "jump", parameters)
    step = JumpStep.from_config_file(str(path))
    assert (step.rejection_threshold, step.maximum_cores, step.pre_hooks) == (7.5, "half", [])


def test_we_read_what_the_peer_writes(tmp_path):
    pipeline = Detector1Pipeline(steps={"jump": {"rejection_threshold": 7.5}}, save_calibrated_ramp=True)
    pipeline.export_config(tmp_path / "p.asdf", include_metadata=True)
    config = read_config(tmp_path / "p.asdf")
    theirs = pipeline.get_pars()
    assert config.class_name == "jwst.pipeline.calwebb_detector1.Detector1Pipeline"
    assert config.values() == theirs
    ours = validate(OURS, config.steps["jump"].values(), "a test")
    assert ours == theirs["steps"]["jump"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rejection_threshold", "5"),
        ("rejection_threshold", 5),
        ("rejection_threshold", "abc"),
        ("rejection_threshold", "-2"),
        ("rejection_threshold", "None"),
        ("rejection_threshold", None),
        ("rejection_threshold", True),
        ("rejection_threshold", "nan"),
        ("rejection_threshold", ["5", "6"]),
        ("minimum_groups", "2.0"),
        ("minimum_groups", 2.5),
        ("minimum_groups", "0x10"),
        ("skip", "yes"),
        ("skip", "1"),
        ("skip", 1),
        ("skip", "maybe"),
        ("skip", "TRUE"),
        ("maximum_cores", 2),
        ("maximum_cores", "2"),
        ("maximum_cores", ""),
        ("output_dir", "None"),
        ("output_file", "here/x.fits"),
        ("pre_hooks", "a.b"),
        ("pre_hooks", ["a.b"]),
        ("pre_hooks", ("a.b",)),
        ("override_gain", "N/A"),
        ("override_gain", 3),
    ],
)
def test_values_are_typed_alike(tmp_path, monkeypatch, name, value):
    monkeypatch.chdir(tmp_path)
    try:
        expected = getattr(JumpStep(**{name: value}), name)
    except config_parser.ValidationError:
        with pytest.raises(ParameterError):
            validate(OURS, {name: value}, "a test")
    else:
        found = validate(OURS, {name: value}, "a test")[name]
        if isinstance(value, str):
            assert repr(found) == repr(expected)
        else:  # the peer leaves 5 where ours has 5.0
            assert found == expected


@pytest.mark.parametrize("text", ["5", "a,b", "a,", "'a,b'", '"x"', "", "x # y", "1.5,2", "[1,2]", "a b"])
def test_words_of_the_command_line_are_read_alike(text):
    expected, _ = config_parser.ConfigObj()._handle_value(text)
    assert parse_value("p", text) == expected


def test_choices_and_lists_of_a_step_that_has_them():
    """The peer's own spec, run through our reader of specs."""

    class Theirs(OURS):
        class_alias = None
        reference_file_types = ()
        spec = CleanFlickerNoiseStep.spec

    given = {"background_method": "None", "background_box_size": ["3", "4"], "fit_method": "fft"}
    theirs = CleanFlickerNoiseStep(**given)
    assert validate(Theirs, given, "a test") == {name: getattr(theirs, name) for name in given}
    assert accepted(Theirs)["background_method"].default == CleanFlickerNoiseStep().background_method


@pytest.mark.parametrize("ours", PEER_HAS, ids=lambda ours: ours.__name__)
@pytest.mark.parametrize("ending", ["asdf", "cfg"])
def test_the_peer_reads_what_a_step_or_pipeline_of_ours_exports(tmp_path, ours, ending):
    """As its ``strun`` does, which finds the class by the name in the file; and a second export names it again."""
    path = str(tmp_path / f"p.{ending}")
    ours(output_dir="somewhere").export_config(path)
    theirs = Step.from_config_file(path)
    assert type(theirs).__name__ == ours.__name__ and type(theirs).__module__.startswith("jwst.")
    assert theirs.output_dir == ours(output_dir="somewhere").output_dir
    assert type(ours.from_config_file(path)) is ours


def test_a_step_of_the_user_keeps_its_name(tmp_path):
    class JumpStep(OURS):
        """A user's own, under a name that the peer has."""

    JumpStep().export_config(tmp_path / "p.cfg")
    assert read_config(tmp_path / "p.cfg").class_name == f"{__name__}.{JumpStep.__qualname__}"


def test_what_the_peer_lacks_is_written_where_it_was_changed(tmp_path):
    path = tmp_path / "p.cfg"
    find_class("calwebb_ami3")(steps={"ami_average": {"skip": False}}).export_config(path)
    assert "ami_average" in read_config(path).steps
    find_class("klip")(annulus=12.0).export_config(path)
    assert read_config(path).parameters["annulus"] == "12.0"
    assert "blur" not in read_config(path).parameters
