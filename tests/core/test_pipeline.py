"""A pipeline runs its table of steps on one exposure that stays on the backend."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import Pipeline, SkipStep, Step
from gpucal.core.config.parameters import ParameterError
from gpucal.core.log.events import observe
from gpucal.data import Exposure


@pytest.fixture(autouse=True)
def no_crds(monkeypatch, tmp_path):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.setenv("CRDS_PATH", str(tmp_path / "no_cache"))
    monkeypatch.setenv("CRDS_SERVER_URL", "https://jwst-serverless-mode.stsci.edu")
    monkeypatch.chdir(tmp_path)


class Add(Step):
    class_alias = "dq_init"
    spec = """
        amount = float(default=1.0)  # what to add
    """

    def process(self, exposure, references):
        exposure.data += self.amount
        return exposure


class NotApplicable(Add):
    def process(self, exposure, references):
        raise SkipStep("not for this exposure")


class Multiply(Step):
    class_alias = "linearity"
    spec = """
        factor = float(default=2.0)  # what to multiply by
        skip = boolean(default=False)  # leave it out
    """

    def process(self, exposure, references):
        exposure.data *= self.factor
        return exposure


class Both(Pipeline):
    class_alias = "calwebb_both"
    spec = """
        kind = string(default='x')  # of no use
    """
    step_defs = {"add": Add, "multiply": Multiply}


@pytest.fixture
def ramp():
    model = datamodels.RampModel((1, 2, 4, 4))
    model.meta.filename = "jw00001_nrca1_uncal.fits"
    return model


def test_steps_run_in_order(ramp, backend):
    result = Both.call(ramp, steps={"add": {"amount": 3}, "multiply": {"factor": 10}})
    np.testing.assert_array_equal(result.data, 30)
    assert result.meta.cal_step.dq_init == "COMPLETE" and result.meta.cal_step.linearity == "COMPLETE"


def test_instance_style(ramp):
    pipeline = Both()
    pipeline.multiply.skip = True
    pipeline.add.amount = 5
    result = pipeline.run(ramp)
    np.testing.assert_array_equal(result.data, 5)
    assert result.meta.cal_step.linearity == "SKIPPED"
    assert ramp.data.max() == 0


def test_the_ramp_stays_where_it_is(ramp, backend, monkeypatch):
    """Between the steps nothing is moved: one array in, one array out."""
    moved = []
    asnumpy = type(backend).asnumpy
    monkeypatch.setattr(type(backend), "asnumpy", lambda *args: moved.append(1) or asnumpy(*args))
    seen = []
    process = Multiply.process
    monkeypatch.setattr(Multiply, "process", lambda *args: seen.append(len(moved)) or process(*args))
    Both.call(ramp)
    assert seen == [0] and len(moved) >= 1


def test_a_step_inside_may_save_its_own_product(ramp, tmp_path):
    Both.call(
        ramp,
        save_results=True,
        output_dir="all",
        steps={"add": {"save_results": True}, "multiply": {"output_dir": "one", "save_results": True}},
    )
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.fits"))
    assert names == [
        "all/jw00001_nrca1_add.fits",
        "all/jw00001_nrca1_both.fits",
        "one/jw00001_nrca1_multiply.fits",
    ]
    with datamodels.open(tmp_path / "all" / "jw00001_nrca1_add.fits") as after_add:
        np.testing.assert_array_equal(after_add.data, 1)


def test_the_place_of_each_step_is_announced(ramp):
    seen = []
    with observe(seen.append):
        Both.call(ramp, steps={"multiply": {"skip": True}})
    assert [(event.kind, event.step, event.place, event.count) for event in seen] == [
        ("started", "Both", 1, 1),
        ("started", "add", 1, 2),
        ("done", "add", 1, 2),
        ("skipped", "multiply", 2, 2),
        ("done", "Both", 1, 1),
    ]


def test_an_error_is_announced_by_all_that_it_ends(ramp, monkeypatch):
    def process(_step, _exposure, _references):
        raise ZeroDivisionError

    monkeypatch.setattr(Multiply, "process", process)
    seen = []
    with observe(seen.append), pytest.raises(ZeroDivisionError):
        Both.call(ramp)
    assert [(event.kind, event.step) for event in seen][-3:] == [
        ("started", "multiply"),
        ("failed", "multiply"),
        ("failed", "Both"),
    ]


def test_unknown_steps_and_parameters_are_named(ramp):
    with pytest.raises(ParameterError, match="no step 'mulitply'.*'multiply'"):
        Both.call(ramp, steps={"mulitply": {"skip": True}})
    with pytest.raises(ParameterError, match=r"no parameter 'steps.add.amuont'.*'steps.add.amount'"):
        Both.call(ramp, steps={"add": {"amuont": 1}})


def test_configuration_file_then_keywords(ramp, tmp_path):
    (tmp_path / "other.cfg").write_text('name = "multiply"\nclass = "Multiply"\nfactor = 7\n')
    (tmp_path / "both.cfg").write_text(
        'name = "mine"\nclass = "Both"\n[steps]\n[[add]]\namount = 4\n[[multiply]]\nconfig_file = other.cfg\n'
    )
    result = Both.call(ramp, config_file=tmp_path / "both.cfg", steps={"add": {"amount": 2}})
    np.testing.assert_array_equal(result.data, 14)


def test_parameters_of_all_steps_are_given():
    parameters = Both(steps={"add": {"amount": 4}}).get_pars()
    assert parameters["steps"]["add"]["amount"] == 4 and parameters["kind"] == "x"


def test_the_order_may_depend_on_the_exposure(ramp):
    class Reversed(Both):
        def order(self, exposure: Exposure):
            return ("multiply", "add")

    assert Reversed.call(ramp).data.max() == 1


class Neither(Pipeline):
    class_alias = "calwebb_neither"
    step_defs = {"add": NotApplicable, "multiply": Multiply}


def test_a_step_that_does_not_apply_saves_what_it_got_and_one_that_is_left_out_saves_nothing(ramp, tmp_path):
    Neither.call(ramp, steps={"add": {"save_results": True}, "multiply": {"skip": True, "save_results": True}})
    assert [path.name for path in tmp_path.glob("*.fits")] == ["jw00001_nrca1_add.fits"]


def test_steps_are_parameters_to_look_at_and_to_set():
    pipeline = Both(steps={"add": {"amount": 3}})
    assert pipeline.steps["add"]["amount"] == 3 and list(pipeline.steps) == ["add", "multiply"]
    with pytest.raises(TypeError):
        pipeline.steps["add"]["amount"] = 4
    pipeline.steps = {"multiply": {"factor": "4"}}
    assert (pipeline.add.amount, pipeline.multiply.factor) == (3, 4.0)
    with pytest.raises(ParameterError, match="Both.steps: Both has no parameter 'steps.add.amout'.*'steps.add.amount'"):
        pipeline.steps = {"add": {"amout": 4}}


def test_parameters_of_another_are_taken_over_as_far_as_they_are_there(caplog):
    pipeline = Both()
    pipeline.update_pars(
        {"kind": "y", "kint": 1, "steps": {"add": {"amount": 7}, "multiplied": {"factor": 1}, "multiply": {"by": 2}}}
    )
    assert (pipeline.kind, pipeline.add.amount, pipeline.multiply.factor) == ("y", 7, 2)
    assert [record.getMessage() for record in caplog.records] == [
        "Both has no parameter 'kint'; nearest valid name: 'kind'",
        "Both has no step 'multiplied'; nearest valid name: 'multiply'",
        "multiply has no parameter 'by'",
    ]
    with pytest.raises(ParameterError, match="bad value"):
        pipeline.update_pars({"steps": {"add": {"amount": "much"}}})
    again = Both()
    again.update_pars(pipeline.get_pars())
    assert again.get_pars() == pipeline.get_pars()


def test_a_section_makes_a_pipeline(tmp_path):
    (tmp_path / "add.cfg").write_text("class = Add\namount = 5\n")
    section = {"class": "ignored", "name": "mine", "kind": "y", "steps": {"add": {"config_file": "add.cfg"}}}
    made = Both.from_config_section(section, config_file=tmp_path / "both.cfg")
    assert (made.name, made.kind, made.add.amount) == ("mine", "y", 5)
    assert Both.from_config_section(section, name="yours", config_file=tmp_path / "both.cfg").name == "yours"


def test_the_override_of_a_pipeline_is_that_of_a_step_that_runs():
    class WithReference(Add):
        reference_file_types = ("gain",)

    class Two(Pipeline):
        step_defs = {"one": WithReference, "other": WithReference}

    pipeline = Two(steps={"one": {"override_gain": "N/A", "skip": True}, "other": {"override_gain": "/a/gain.fits"}})
    assert pipeline.override("gain") == "/a/gain.fits" == pipeline.get_reference_file("no.fits", "gain")
    pipeline.one.skip = False
    assert pipeline.override("gain") == "N/A"
    assert Two().override("gain") is None
