"""``gpucal strun``: from words on the command line to a product, or to one line and an exit code."""

import os
import shutil
import sys

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from gpucal.core.config.config_file import read_config
from gpucal.core.config.parameters import full_spec
from gpucal.core.config.words import CommandLineError, Words, nest, split_words
from gpucal.core.step import Step

STEPS = '''
from gpucal.core import NoScienceData, Pipeline, Step


class AddStep(Step):
    """Add a constant to all groups."""

    class_alias = "add"
    spec = """
        amount = float(default=1.0, min=0)  # what is added
        fail = option("no", "empty", "interrupt", default="no")  # how to fail
    """

    def process(self, exposure, references):
        if self.fail == "empty":
            raise NoScienceData("no science data here")
        if self.fail == "interrupt":
            raise KeyboardInterrupt
        exposure.data += self.amount
        return exposure


class AddAgainStep(AddStep):
    """Add another constant to all groups."""

    class_alias = "add_again"


class TwicePipeline(Pipeline):
    """Add two constants."""

    class_alias = "caltwice"
    step_defs = {"first": AddStep, "second": AddAgainStep}
'''


@pytest.fixture(scope="module")
def exposure(tmp_path_factory):
    path = tmp_path_factory.mktemp("input") / "x_uncal.fits"
    model = datamodels.RampModel((1, 2, 4, 4))
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    model.meta.exposure.type = "NRC_IMAGE"
    model.meta.observation.date = "2022-06-01"
    model.meta.observation.time = "00:00:00"
    model.save(path)
    return path


@pytest.fixture
def work(tmp_path, monkeypatch, exposure):
    """A working directory with an exposure, steps of one's own, and configuration files for them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.setenv("GPUCAL_BACKEND", "cpu")
    shutil.copy(exposure, tmp_path)
    (tmp_path / "own_strun_steps.py").write_text(STEPS)
    (tmp_path / "add.cfg").write_text("name = add\nclass = own_strun_steps.AddStep\n")
    (tmp_path / "twice.cfg").write_text("name = twice\nclass = own_strun_steps.TwicePipeline\n")
    return tmp_path


def added(path):
    """What was added to the pixels."""
    with datamodels.open(path) as model:
        values = np.unique(model.data)
    assert values.size == 1
    return values[0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Words(None, [], {})),
        (["jump", "a.fits", "b.fits"], Words("jump", ["a.fits", "b.fits"], {})),
        (["jump", "--x=1", "a.fits"], Words("jump", ["a.fits"], {"x": "1"})),
        (["--x", "1", "jump", "a.fits"], Words("jump", ["a.fits"], {"x": "1"})),
        (["jump", "--x=", "--y=a=b"], Words("jump", [], {"x": "", "y": "a=b"})),
        (["jump", "--x", "-5"], Words("jump", [], {"x": "-5"})),
    ],
)
def test_words_are_sorted(words, expected):
    assert split_words(words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["jump", "--skip"], "--skip has no value"),
        (["jump", "--skip", "--x=1"], "--skip has no value"),
        (["jump", "--x=1", "--x=2"], "--x is given twice"),
    ],
)
def test_words_that_make_no_sense(words, message):
    with pytest.raises(CommandLineError, match=message):
        split_words(words)


def test_parameters_of_steps_are_nested():
    given = {"a": "1", "steps.jump.b": "x,y", "steps.jump.c": "'q'", "steps.ipc.skip": "true", "steps.d": "2"}
    assert nest(given) == {
        "a": "1",
        "steps": {"jump": {"b": "x,y", "c": "q"}, "ipc": {"skip": "true"}},
        "steps.d": "2",
    }


def test_a_step_runs_and_saves_under_its_name(work, capsys):
    before = (work / "x_uncal.fits").read_bytes()
    assert main(["strun", "add.cfg", "x_uncal.fits", "--amount=2.5"]) == 0
    assert added("x_add.fits") == 2.5
    out, err = capsys.readouterr()
    assert "Step add running" in out
    assert err == ""
    assert (work / "x_uncal.fits").read_bytes() == before


def test_a_comma_makes_a_list_of_a_parameter_that_is_one_and_of_no_other(work, monkeypatch):
    words = ["x_uncal.fits", "--output_dir=out,1", "--post_hooks=own_hooks.twice, own_hooks.twice"]
    (work / "own_hooks.py").write_text("def twice(model):\n    model.data *= 2\n    return model\n")
    monkeypatch.syspath_prepend(work)
    assert main(["strun", "add.cfg", *words]) == 0
    assert added("out,1/x_add.fits") == 4


def test_options_may_stand_anywhere(work):
    words = ["strun", "--log-level", "ERROR", "--amount", "3", "add.cfg", "--output_dir=out", "x_uncal.fits"]
    assert main(words) == 0
    assert added("out/x_add.fits") == 3


def test_a_pipeline_takes_parameters_for_its_steps(work):
    words = ["strun", "twice.cfg", "x_uncal.fits", "--steps.first.amount=10", "--steps.second.amount=0.5"]
    assert main([*words, "--steps.first.save_results=true", "--output_file=mine"]) == 0
    assert added("mine_first.fits") == 10
    assert added("mine_twice.fits") == 10.5


LAYERS = {
    "reference": "class = own_strun_steps.TwicePipeline\n[steps]\n[[first]]\namount = 2\n",
    "step file": "class = own_strun_steps.AddStep\namount = 3\n",
    "file": "name = twice\nclass = own_strun_steps.TwicePipeline\n[steps]\n[[first]]\n{}",
}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((), 1),
        (("step reference",), 5),
        (("step reference", "reference"), 2),
        (("reference", "step file"), 3),
        (("reference", "step file", "file"), 4),
        (("step reference", "reference", "step file", "file", "command line"), 7),
    ],
)
def test_the_order_of_precedence(work, monkeypatch, layers, expected):
    monkeypatch.delenv("STPIPE_DISABLE_CRDS_STEPPARS")
    (work / "reference.cfg").write_text(LAYERS["reference"])
    (work / "step_reference.cfg").write_text("class = own_strun_steps.AddStep\namount = 5\n")
    (work / "first.cfg").write_text(LAYERS["step file"])
    section = ("config_file = first.cfg\n" if "step file" in layers else "") + (
        "amount = 4\n" if "file" in layers else ""
    )
    (work / "twice.cfg").write_text(LAYERS["file"].format(section))
    found = {}
    if "step reference" in layers:
        found["pars-addstep"] = str(work / "step_reference.cfg")
    if "reference" in layers:
        found["pars-twicepipeline"] = str(work / "reference.cfg")
    monkeypatch.setattr("gpucal.core.config.configure.parameter_references", lambda header, types: found)
    words = ["--steps.first.amount=7"] if "command line" in layers else []
    assert main(["strun", "twice.cfg", "x_uncal.fits", "--steps.second.skip=true", *words]) == 0
    assert added("x_twice.fits") == expected


@pytest.mark.parametrize("how", ["option", "environment"])
def test_parameter_references_can_be_left_aside(work, monkeypatch, how):
    (work / "reference.cfg").write_text("class = own_strun_steps.AddStep\namount = 5\n")
    found = {"pars-addstep": str(work / "reference.cfg")}
    monkeypatch.setattr("gpucal.core.config.configure.parameter_references", lambda header, types: found)
    words = ["strun", "add.cfg", "x_uncal.fits"]
    if how == "option":
        monkeypatch.delenv("STPIPE_DISABLE_CRDS_STEPPARS")
        words.append("--disable-crds-steppars")
    assert main(words) == 0
    assert added("x_add.fits") == 1


@pytest.mark.parametrize("ending", ["asdf", "cfg"])
def test_saved_parameters_are_those_of_the_run_and_can_be_used(work, ending):
    saved, again = f"saved.{ending}", f"again.{ending}"
    words = ["--steps.jump.rejection_threshold=5", "--steps.ipc.override_ipc=N/A", "--suffix=mine"]
    assert main(["strun", "calwebb_detector1", *words, "--save-parameters", saved]) == 0
    assert main(["strun", saved, "--save-parameters", again]) == 0
    values = read_config(again).values()
    assert values == read_config(saved).values()
    assert values["suffix"] == "mine"
    assert float(values["steps"]["jump"]["rejection_threshold"]) == 5
    assert values["steps"]["ipc"]["override_ipc"] == "N/A"


def test_parameters_are_saved_beside_a_run(work):
    assert main(["strun", "add.cfg", "x_uncal.fits", "--amount=6", "--save-parameters=p.asdf"]) == 0
    assert read_config("p.asdf").parameters["amount"] == 6.0
    assert added("x_add.fits") == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add.cfg", "x_uncal.fits", "--amuont=1"], "no parameter 'amuont'; nearest valid name: 'amount'"),
        (["add.cfg", "x_uncal.fits", "--amount=-1"], "float(min=0): the value \"-1.0\" is too small"),
        (["twice.cfg", "x_uncal.fits", "--amount=1"], "nearest valid name: 'steps.first.amount'"),
        (["twice.cfg", "x_uncal.fits", "--steps.frist.skip=1"], "'frist'; nearest valid name: 'first'"),
        (["add.cfg", "x_uncal.fits", "--amount='1"], "quotes do not match"),
        (["add.cfg", "gone.fits"], "gone.fits"),
        (["/", "x_uncal.fits"], "/: is a directory; name a configuration file in it"),
        (["gone.cfg", "x_uncal.fits"], "'gone.cfg' is neither in"),
        (["ad.d", "x_uncal.fits"], "cannot import the step ad.d"),
        (["add.cfg"], "name the exposure or association to run AddStep on"),
        (["add.cfg", "x_uncal.fits", "--backend=gpu"], "unknown backend 'gpu'"),
        (["add.cfg", "x_uncal.fits", "--logcfg=gone"], "log configuration 'gone' does not exist"),
        (["add.cfg", "x_uncal.fits", "--log-level=LOUD"], "unknown log level 'LOUD'"),
    ],
)
def test_bad_words_are_one_line_and_leave_no_product(work, capsys, words, message):
    before = sorted(os.listdir(work))
    assert main(["strun", *words]) == 1
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert sorted(os.listdir(work)) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("amuont = 1", "add.cfg: AddStep has no parameter 'amuont'; nearest valid name: 'amount'"),
        ("amount = much", "add.cfg: bad value for parameter 'amount', float(min=0)"),
    ],
)
def test_a_bad_line_in_a_file_is_named_with_the_file(work, capsys, line, message):
    (work / "add.cfg").write_text(f"name = add\nclass = own_strun_steps.AddStep\n{line}\n")
    assert main(["strun", "add.cfg", "x_uncal.fits"]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("how", "code"), [("empty", 64), ("interrupt", 130)])
def test_exit_codes(work, how, code):
    assert main(["strun", "add.cfg", "x_uncal.fits", f"--fail={how}"]) == code
    assert not os.path.exists("x_add.fits")


def test_a_log_configuration_named_in_the_cfg_is_used(work, capsys):
    (work / "quiet.cfg").write_text("[*]\nhandler = file:run.log\n")
    with (work / "add.cfg").open("a") as file:
        file.write("logcfg = quiet.cfg\n")
    assert main(["strun", "add.cfg", "x_uncal.fits"]) == 0
    assert capsys.readouterr().out == ""
    assert "Step add running" in (work / "run.log").read_text()


def test_the_log_file_ends_with_the_error(work):
    assert main(["strun", "add.cfg", "x_uncal.fits", "--fail=empty", "--log-file=run.log"]) == 64
    assert (work / "run.log").read_text().endswith("ERROR - no science data here\n")


def lines_of(text):
    """The first word of each line that lists an option, with the rest of it."""
    rows = (line.split(maxsplit=1) for line in text.splitlines() if line.lstrip().startswith("--"))
    return {name: rest for name, rest in rows}


def test_help_lists_every_parameter_of_a_pipeline_and_its_steps(work, capsys, monkeypatch):
    monkeypatch.syspath_prepend(work)
    (work / "elsewhere").mkdir()
    (work / "elsewhere" / "twice.cfg").write_text(LAYERS["file"].format("amount = 4\n"))
    assert main(["strun", "elsewhere/twice.cfg", "-h"]) == 0
    out = capsys.readouterr().out
    options = lines_of(out)
    universal = list(full_spec(Step))
    assert {f"--{name}" for name in universal} <= set(options)
    of_a_step = (*universal, "amount", "fail", "config_file")
    assert {f"--steps.second.{name}" for name in of_a_step} <= set(options)
    assert options["--steps.first.amount"].split("  ")[0] == "float(min=0)"
    assert "4.0 (twice.cfg)" in options["--steps.first.amount"]
    assert "what is added" in options["--steps.second.amount"]
    assert "Add two constants." in out


PARAMETER_FILE = """#ASDF 1.0.0
%YAML 1.1
---
class: {pipeline}
parameters: {{}}
steps:
- class: {step}
  parameters: {{}}
...
"""


@pytest.mark.parametrize("on_path", [False, True])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.cfg", "class = beside.OwnStep\n"),
        ("own.cfg", "class = package.beside.OwnStep\n"),
        ("own.asdf", PARAMETER_FILE.format(pipeline="calwebb_detector1", step="beside.OwnStep")),
    ],
)
def test_help_imports_no_module_beside_the_file(tmp_path, capsys, monkeypatch, on_path, name, text):
    monkeypatch.chdir(tmp_path)
    if on_path:
        monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "package").mkdir()
    for module in ("beside.py", "package/__init__.py", "package/beside.py"):
        (tmp_path / module).write_text("raise SystemExit('imported')")
    (tmp_path / name).write_text(text)
    assert main(["strun", name, "-h"]) == 1
    told = capsys.readouterr().err
    assert "beside.OwnStep is code in" in told and "which help does not run" in told
    assert not {"beside", "package"} & sys.modules.keys()


def test_a_packaged_file_is_found_without_its_ending(capsys):
    shown = []
    for name in ("calwebb_tso1", "calwebb_tso1.cfg"):
        assert main(["strun", "-h", name]) == 0
        shown.append(capsys.readouterr().out.replace(f"strun {name} ", ""))
    assert shown[0] == shown[1] and "True (calwebb_tso1.cfg)" in shown[0]


def test_help_lists_overrides(capsys):
    assert main(["strun", "-h", "jwst.superbias.SuperBiasStep"]) == 0
    options = lines_of(capsys.readouterr().out)
    assert options["--override_superbias"].startswith("path or model")


def test_help_without_a_step_lists_the_steps(capsys):
    assert main(["strun", "-h"]) == 0
    out = capsys.readouterr().out
    assert "--save-parameters" in out
    assert "superbias" in out
    assert "calwebb_detector1" in out


def test_help_on_a_terminal_keeps_square_brackets(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["strun", "superbias", "-h"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "--pre_hooks" in line)
    assert "[]" in row
