"""What the runner does for every step."""

import logging
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.core.config.parameters import ParameterError
from gpucal.core.log.events import observe
from gpucal.data import Exposure, InputError


@pytest.fixture(autouse=True)
def no_crds(monkeypatch, tmp_path):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.setenv("CRDS_PATH", str(tmp_path / "no_cache"))
    monkeypatch.setenv("CRDS_SERVER_URL", "https://jwst-serverless-mode.stsci.edu")
    monkeypatch.chdir(tmp_path)


class Subtract(Step):
    """Subtracts a superbias, so many times."""

    class_alias = "superbias"
    spec = """
        times = float(default=1.0)  # how many times
    """
    reference_file_types = ("superbias",)
    input_types = ("RampModel",)

    def process(self, exposure, references):
        exposure.data -= self.times * references["superbias"].array("data", exposure)
        return exposure


class Pair(NamedTuple):
    rate: Exposure
    rateints: Exposure | None


class Fit(Step):
    class_alias = "ramp_fit"
    spec = """
        both = boolean(default=True)  # two products
    """

    def process(self, exposure, references):
        rate = exposure.blank("ImageModel", data=exposure.data.mean(axis=(0, 1)))
        ints = exposure.blank("CubeModel", data=exposure.data.mean(axis=1)) if self.both else None
        return Pair(rate, ints)


class TooShort(Step):
    class_alias = "jump"

    def process(self, exposure, references):
        raise SkipStep("too few groups")


def _set_subarray(model):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    model.meta.subarray.instance.update(xstart=1, ystart=1, xsize=5, ysize=4)


@pytest.fixture
def ramp():
    model = datamodels.RampModel((2, 3, 4, 5))
    model.data += 10
    model.meta.filename = "jw00001_nrca1_uncal.fits"
    _set_subarray(model)
    return model


@pytest.fixture
def superbias():
    model = datamodels.SuperBiasModel((4, 5))
    model.data += 3
    _set_subarray(model)
    return model


def test_call_corrects_a_copy_and_records_what_was_done(ramp, superbias, backend):
    result = Subtract.call(ramp, override_superbias=superbias, times=2)
    np.testing.assert_array_equal(result.data, 4)
    np.testing.assert_array_equal(ramp.data, 10)
    assert result.meta.cal_step.superbias == "COMPLETE" and ramp.meta.cal_step.superbias is None
    assert result.meta.ref_file.superbias.name == superbias.override_handle
    assert result.meta.calibration_software_version


def test_an_override_file_is_named_by_its_path(ramp, superbias, tmp_path):
    superbias.save(tmp_path / "mine.fits")
    result = Subtract.call(ramp, override_superbias=tmp_path / "mine.fits")
    assert result.meta.ref_file.superbias.name == str(tmp_path / "mine.fits")


def test_a_reference_that_is_not_applicable_skips_the_step(ramp):
    result = Subtract.call(ramp, override_superbias="N/A")
    np.testing.assert_array_equal(result.data, 10)
    assert result.meta.cal_step.superbias == "SKIPPED"
    assert result.meta.ref_file.superbias.name == "N/A"


def test_a_missing_override_is_an_error_before_anything_runs(ramp, monkeypatch):
    monkeypatch.setattr(Subtract, "process", lambda *_: pytest.fail("the step ran"))
    with pytest.raises(GpucalError, match="superbias reference .*nowhere.fits: no such file"):
        Subtract.call(ramp, override_superbias="nowhere.fits")


@pytest.mark.parametrize(("what", "value"), [("detector", "NRCB4"), ("name", "NIRISS"), ("band", "LONG")])
def test_a_reference_for_another_detector_that_the_user_names_is_used_with_a_warning(
    ramp, superbias, caplog, what, value
):
    ramp.meta.instrument.band = "SHORT"
    superbias.meta.instrument.instance[what] = value
    result = Subtract.call(ramp, override_superbias=superbias)
    np.testing.assert_array_equal(result.data, 7)
    [warning] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith(f"superbias reference {superbias.override_handle} is used as asked for, but is for")
    assert f" {value}, and the exposure is of" in warning


@pytest.mark.parametrize("in_file", [False, True])
def test_a_reference_of_another_type_that_the_user_names_is_used_with_a_warning(ramp, superbias, caplog, in_file):
    gain = datamodels.GainModel(superbias.data)
    _set_subarray(gain)
    gain.meta.reftype = "GAIN"
    gain.save("gain.fits")
    result = Subtract.call(ramp, override_superbias="gain.fits" if in_file else gain)
    np.testing.assert_array_equal(result.data, 7)
    [warning] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.endswith("is used as asked for, but is of type GAIN")


def test_a_product_of_another_kind_is_refused(superbias):
    image = datamodels.ImageModel((4, 5))
    image.meta.filename = "jw1_rate.fits"
    _set_subarray(image)
    with pytest.raises(InputError, match=r"jw1_rate\.fits: is of type ImageModel; .* takes RampModel"):
        Subtract.call(image, override_superbias=superbias)


def test_a_step_that_does_not_apply_is_skipped_with_its_reason(ramp, caplog):
    with caplog.at_level(logging.INFO, logger="gpucal"):
        result = TooShort.call(ramp)
    assert result.meta.cal_step.jump == "SKIPPED"
    assert "too few groups" in caplog.text


def test_a_reused_instance_behaves_the_same_on_the_next_input(ramp, superbias):
    step = Subtract(override_superbias=superbias)
    before = dict(vars(step))
    first, second = step.run(ramp), step.run(ramp)
    np.testing.assert_array_equal(first.data, second.data)
    assert vars(step) == before


def test_unknown_parameters_and_bad_values_are_named():
    with pytest.raises(ParameterError, match="no parameter 'tines'.*'times'"):
        Subtract(tines=2)
    with pytest.raises(ParameterError, match="no parameter 'tines'.*'times'"):
        Subtract().tines = 2
    with pytest.raises(ParameterError, match="bad value for parameter 'times'"):
        Subtract(times="twice")


def test_products_are_named_after_input_and_step(ramp, superbias, tmp_path):
    Subtract.call(ramp, override_superbias=superbias, save_results=True)
    Subtract.call(ramp, override_superbias=superbias, output_dir="deep", suffix="other", save_results=True)
    Subtract.call(ramp, override_superbias=superbias, output_file="mine.fits")
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.fits"))
    assert names == ["deep/jw00001_nrca1_other.fits", "jw00001_nrca1_subtract.fits", "mine_subtract.fits"]


def test_a_saved_result_knows_the_name_of_its_file(ramp, superbias):
    given = {"override_superbias": superbias}
    assert Subtract.call(ramp, **given).meta.filename == "jw00001_nrca1_uncal.fits"
    assert Subtract.call(ramp, save_results=True, **given).meta.filename == "jw00001_nrca1_subtract.fits"
    assert Subtract.call(ramp, output_file="mine.asdf", **given).meta.filename == "mine_subtract.fits"
    pair = Fit.call(ramp, save_results=True)
    assert [model.meta.filename for model in pair] == ["jw00001_nrca1_0_fit.fits", "jw00001_nrca1_1_fit.fits"]
    assert ramp.meta.filename == "jw00001_nrca1_uncal.fits"


def test_a_model_is_saved_as_the_product_of_a_step(ramp, tmp_path):
    step = Subtract(output_dir="deep")
    assert step.save_model(ramp, "ramp") is None
    path = step.save_model(ramp, "ramp", force=True)
    assert path == Path("deep/jw00001_nrca1_ramp.fits") and ramp.meta.filename == path.name
    assert Subtract(save_results=True).save_model(ramp, idx=3).name == "jw00001_nrca1_3_subtract.fits"
    assert step.save_model(ramp, output_file="other.fits").name == "other_subtract.fits"
    with datamodels.open(path) as saved:
        np.testing.assert_array_equal(saved.data, ramp.data)


def test_a_step_is_called_as_it_is_run(ramp, superbias):
    np.testing.assert_array_equal(Subtract(override_superbias=superbias)(ramp).data, 7)


def test_a_step_from_the_words_of_a_command_line(ramp, superbias, tmp_path):
    ramp.save("x_uncal.fits")
    superbias.save("bias.fits")
    config = Path("words.cfg")
    config.write_text("name = mine\nclass = group_scale\n")
    assert Step.from_cmdline(["words.cfg", "--suffix=other"]).suffix == "other"
    step = Step.from_cmdline(["superbias", "x_uncal.fits", "--override_superbias=bias.fits", "--output_dir", "out"])
    assert type(step).__name__ == "SuperBiasStep" and step.output_dir == "out"
    with datamodels.open("out/x_superbiasstep.fits") as saved:
        np.testing.assert_array_equal(saved.data, 7)
    with pytest.raises(GpucalError, match="say what to run"):
        Step.from_cmdline([])


@pytest.mark.parametrize("use_model", [False, True])
def test_a_model_without_a_name_is_saved_under_a_stand_in(ramp, superbias, use_model, tmp_path):
    ramp.meta.filename = None
    result = Subtract.call(ramp, override_superbias=superbias, save_results=True, output_use_model=use_model)
    assert result.meta.filename == "unnamed_subtract.fits"
    assert [path.name for path in tmp_path.glob("*.fits")] == ["unnamed_subtract.fits"]


@pytest.mark.parametrize("name", ["sté", os.fsdecode(b"st\xe9")])
def test_names_of_files_may_have_any_letters(ramp, superbias, name, tmp_path, monkeypatch):
    """The name as it is for the system and the result, escaped where a header holds it."""
    place = tmp_path / name
    place.mkdir()
    monkeypatch.chdir(place)
    ramp.save("plain.fits")
    superbias.save("plain_bias.fits")
    os.rename("plain.fits", f"{name}_uncal.fits")
    os.rename("plain_bias.fits", f"{name}_bias.fits")
    result = Subtract.call(place / f"{name}_uncal.fits", override_superbias=f"{name}_bias.fits", save_results=True)
    assert result.meta.filename == f"{name}_subtract.fits"
    assert result.meta.ref_file.superbias.name == str(place / f"{name}_bias.fits")
    header = fits.getheader(f"{name}_subtract.fits")
    assert header["FILENAME"] == ascii(f"{name}_subtract.fits")[1:-1]
    assert header["R_SUPERB"] == ascii(str(place / f"{name}_bias.fits"))[1:-1]


def test_several_products_are_numbered(ramp, tmp_path):
    result = Fit.call(ramp, save_results=True)
    rate, rateints = result
    assert rate is result.rate and rateints.data.shape == (2, 4, 5)
    assert sorted(path.name for path in tmp_path.glob("*.fits")) == [
        "jw00001_nrca1_0_fit.fits",
        "jw00001_nrca1_1_fit.fits",
    ]


def test_one_product_of_a_pair_may_be_missing(ramp):
    assert Fit.call(ramp, both=False).rateints is None


def add_one(model):
    model.data = model.data + 1


class Doubler:
    def run(self, model):
        made = model.copy()
        made.data = model.data * 2
        return made


def test_hooks_edit_or_replace(ramp, superbias, backend):
    result = Subtract.call(
        ramp, override_superbias=superbias, pre_hooks=[add_one], post_hooks=[Doubler, add_one]
    )
    np.testing.assert_array_equal(result.data, (10 + 1 - 3) * 2 + 1)


def test_a_hook_by_import_path(ramp, superbias, tmp_path, monkeypatch):
    (tmp_path / "my_hooks.py").write_text("def zero(model):\n    model.data = model.data * 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    result = Subtract.call(ramp, override_superbias=superbias, post_hooks=["my_hooks.zero"])
    assert result.data.max() == 0
    with pytest.raises(GpucalError, match="'my_hooks.nought' cannot be imported"):
        Subtract.call(ramp, override_superbias=superbias, post_hooks=["my_hooks.nought"])


def test_events_tell_what_runs(ramp, superbias):
    seen = []
    with observe(seen.append):
        Subtract.call(ramp, override_superbias=superbias)
    assert [(event.kind, event.place, event.count) for event in seen] == [("started", 1, 1), ("done", 1, 1)]
    assert seen[1].seconds > 0


def test_the_log_of_the_run_is_kept_in_the_product(ramp, superbias, caplog):
    with caplog.at_level(logging.INFO, logger="gpucal"):
        result = Subtract.call(ramp, override_superbias=superbias)
    assert any("Step Subtract done" in line for line in result.cal_logs.superbias)


def test_a_list_of_inputs_gives_a_list_of_results(ramp, superbias):
    results = Subtract.call([ramp, ramp], override_superbias=superbias)
    assert [result.data.max() for result in results] == [7, 7]


def test_parameters_are_written_and_read_back(superbias, tmp_path):
    step = Subtract(times=2.5, override_superbias="N/A")
    assert step.get_pars()["times"] == 2.5 and "save_results" in step.get_pars()
    assert step.get_pars(full_spec=False) == {"times": 2.5}
    step.export_config(tmp_path / "mine.asdf")
    text = (tmp_path / "mine.asdf").read_text()
    assert "times: 2.5" in text and "override_superbias" in text


def test_the_log_of_a_call_goes_where_its_file_or_its_configuration_says(ramp, tmp_path):
    (tmp_path / "log.cfg").write_text("[*]\nhandler = file:given.log\nformat = %(message)s\n")
    (tmp_path / "named.cfg").write_text("[*]\nhandler = file:named.log\nformat = %(message)s\n")
    (tmp_path / "step.cfg").write_text("logcfg = named.cfg\nclass = Fit\n")
    Fit.call(ramp, config_file="step.cfg")
    assert "Step step done" in (tmp_path / "named.log").read_text()
    Fit.call(ramp, config_file="step.cfg", logcfg="log.cfg")
    assert "Step step done" in (tmp_path / "given.log").read_text()
    assert not any(isinstance(handler, logging.FileHandler) and handler.baseFilename.endswith("given.log")
                   for handler in logging.getLogger().handlers)


def test_what_a_step_of_the_user_logs_is_kept_in_the_product(ramp):
    class Talks(Step):
        def process(self, exposure, references):
            self.log.warning("said by the step")
            return exposure

    lines = Talks.call(ramp).cal_logs.instance["Talks"]
    assert any(line.endswith("gpucal.Talks - WARNING - said by the step") for line in lines)


def test_the_reference_that_a_step_would_use_is_told(ramp, superbias):
    assert Subtract(override_superbias="N/A").get_reference_file(ramp, "superbias") == "N/A"
    assert Subtract(override_superbias=superbias).get_reference_file(ramp, "superbias") is superbias
    with pytest.raises(GpucalError, match="CRDS cannot tell the best references"):
        Subtract().get_reference_file(ramp, "superbias")


def test_the_parameters_that_crds_has_are_told(ramp, tmp_path, monkeypatch):
    (tmp_path / "reference.cfg").write_text("class = Fit\nboth = false\n")
    asked = []

    def found(header, types):
        asked.extend(types)
        return {"pars-fit": str(tmp_path / "reference.cfg")}

    monkeypatch.setattr("gpucal.core.config.configure.parameter_references", found)
    assert Fit.get_config_from_reference(ramp) == {} and asked == []
    given = Fit.get_config_from_reference(ramp, disable=False)
    assert given == {"both": False} and asked == ["pars-fit"]
    assert Fit.from_config_section(given).both is False
