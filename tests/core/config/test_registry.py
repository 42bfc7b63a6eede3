"""Steps found by all the names that users know them by."""

from pathlib import Path

import pytest

from gpucal.core import Step
from gpucal.core.config.config_file import read_config
from gpucal.core.config.registry import UnknownStepError, all_classes, find_class
from gpucal.names.steps import STEPS, written
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.steps.ramps.dq_init import DQInitStep
from gpucal.steps.ramps.ipc import IPCStep
from gpucal.steps.ramps.ramp_fit import RampFitStep

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dq_init", DQInitStep),
        ("DQInitStep", DQInitStep),
        ("jwst.dq_init.DQInitStep", DQInitStep),
        ("jwst.dq_init.dq_init_step.DQInitStep", DQInitStep),
        ("jwst.step.DQInitStep", DQInitStep),
        ("jwst::dq_init", DQInitStep),
        ("gpucal.steps.ramps.dq_init.DQInitStep", DQInitStep),
        ("gpucal.steps.DQInitStep", DQInitStep),
        ("jwst.ramp_fitting.RampFitStep", RampFitStep),
        ("jwst.ipc.IPCStep", IPCStep),
        ("calwebb_detector1", Detector1Pipeline),
        ("Detector1Pipeline", Detector1Pipeline),
        ("jwst.pipeline.Detector1Pipeline", Detector1Pipeline),
        ("jwst.pipeline.calwebb_detector1.Detector1Pipeline", Detector1Pipeline),
        (" dq_init ", DQInitStep),
    ],
)
def test_a_step_has_many_names(name, expected):
    assert find_class(name) is expected


@pytest.mark.parametrize("step_class", all_classes(), ids=lambda step_class: step_class.__name__)
def test_every_step_is_found_by_alias_and_class_and_has_a_configuration_file(step_class):
    assert find_class(step_class.class_alias) is step_class
    assert find_class(step_class.__name__) is step_class
    config = read_config(f"{step_class.class_alias}.cfg")
    assert find_class(config.class_name) is step_class


def test_the_table_holds_every_pipeline():
    files = [path for path in (ROOT / "pipelines").glob("[!_]*.py") if "(Pipeline):" in path.read_text()]
    modules = {f"gpucal.pipelines.{path.stem}" for path in files}
    assert {entry.module for entry in written().values() if ".pipelines." in entry.module} == modules


def test_names_mean_one_class_each():
    names = [*STEPS, *(entry.class_name for entry in STEPS.values())]
    assert len(names) == len(set(names))
    for alias, entry in written().items():
        step_class = entry.load()
        assert step_class.class_alias == alias
        if entry.module.startswith("gpucal.steps."):
            assert entry.module.rpartition(".")[2] in (alias, step_class.status_name)


@pytest.mark.parametrize("name", ["calwebb_coron3", "jwst.pipeline.Coron3Pipeline", "klip", "KlipStep"])
def test_what_is_not_there_yet_is_said_to_be_missing(name, monkeypatch):
    for alias in ("calwebb_coron3", "klip"):
        monkeypatch.setitem(STEPS, alias, STEPS[alias]._replace(module=None))
    with pytest.raises(UnknownStepError, match=f"^{name} is a part of the JWST pipeline that gpucal does not have yet"):
        find_class(name)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("dqinit", "'dq_init'"),
        ("DQInitstep", "'DQInitStep'"),
        ("calweb_detector1", "'calwebb_detector1'"),
        ("jwst.pipeline.Detector2Pipeline", "'Detector1Pipeline'"),
    ],
)
def test_an_unknown_name_gets_the_nearest_valid_one(name, nearest):
    with pytest.raises(UnknownStepError, match=f"pipeline '{name}'; nearest valid name: {nearest}"):
        find_class(name)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("jwst.jmup.JumpStep", "JumpStep is jwst.step.JumpStep or gpucal.steps.JumpStep"),
        ("jwst.jump.jump.JumpStep", "JumpStep is jwst.step.JumpStep or gpucal.steps.JumpStep"),
        ("gpucal.step.JumpStep", "JumpStep is jwst.step.JumpStep or gpucal.steps.JumpStep"),
        ("jwst.ramp_fit.RampFitStep", "RampFitStep is jwst.step.RampFitStep or gpucal.steps.RampFitStep"),
        (
            "jwst.step.Detector1Pipeline",
            "Detector1Pipeline is jwst.pipeline.Detector1Pipeline or gpucal.pipelines.Detector1Pipeline",
        ),
    ],
)
def test_a_class_in_a_module_that_does_not_have_it_is_refused(name, right):
    with pytest.raises(UnknownStepError, match=f"^there is no {name}; {right}$"):
        find_class(name)


def test_a_step_of_the_user_is_imported_from_beside_its_configuration(tmp_path):
    (tmp_path / "my_own_steps.py").write_text(
        "from gpucal.core import Step\n\n\nclass MyStep(Step):\n    class_alias = 'my'\n\n\nthing = 3\n"
    )
    found = find_class("my_own_steps.MyStep", tmp_path)
    assert issubclass(found, Step)
    assert found.class_alias == "my"
    with pytest.raises(UnknownStepError, match=r"my_own_steps\.thing is not a subclass"):
        find_class("my_own_steps.thing", tmp_path)
    with pytest.raises(UnknownStepError, match=r"cannot import the step my_own_steps\.YourStep"):
        find_class("my_own_steps.YourStep", tmp_path)


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(UnknownStepError, match=r"import the step no_such_module\.Step: No module"):
        find_class("no_such_module.Step")
