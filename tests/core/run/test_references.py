"""When references are looked for: those certain to be used before the first step, no others."""

import logging

import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.core.run import references as run_references
from gpucal.core.run.references import RunReferences
from gpucal.data import Exposure
from gpucal.reference import ReferenceFileError
from gpucal.simulate import simulate
from gpucal.steps.images.clean_flicker_noise import CleanFlickerNoiseStep
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.ramps.guider_cds import GuiderCdsStep
from gpucal.steps.ramps.ramp_fit import RampFitStep
from gpucal.steps.ramps.refpix import RefPixStep
from gpucal.steps.ramps.reset import ResetStep
from gpucal.steps.ramps.saturation import SaturationStep


class Answers:
    """Stands in for CRDS: answers N/A for some types, has none of the others, and remembers what it was asked."""

    def __init__(self, *found):
        self.found = set(found)
        self.asked = []

    def __call__(self, _parameters, types, optional=(), _in_words=None):
        self.asked.append((set(types), set(optional)))
        if lacking := set(types) - set(optional) - self.found:
            raise ReferenceFileError(f"CRDS has no {', no '.join(sorted(lacking))} reference")
        return dict.fromkeys(types, "N/A")


@pytest.fixture
def crds(monkeypatch):
    def crds(*found):
        answers = Answers(*found)
        monkeypatch.setattr(run_references, "best_references", answers)
        return answers

    return crds


def exposure(instrument="NIRCAM", detector="NRCA1", exp_type="NRC_IMAGE", subarray="FULL", shape=(1, 4, 8, 8)):
    model = datamodels.RampModel(shape)
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    model.meta.exposure.type, model.meta.subarray.name = exp_type, subarray
    return Exposure(model, "made_uncal.fits")


def flickering():
    """What clean_flicker_noise takes, and its draft."""
    given = exposure()
    given.meta.subarray.slowaxis = 2
    keywords = {"nframes": 1, "groupgap": 0, "group_time": 1.0, "frame_time": 1.0}
    given.meta.exposure.instance.update(keywords)
    return given


class Needs(Step):
    """Needs a gain, and may do without a flat."""

    reference_file_types = ("gain", "flat")
    optional_references = ("flat",)

    def process(self, exposure, references):
        exposure.meta.observation.program_number = str(references["flat"])
        return exposure


class Refuses(Needs):
    """Is for no exposure."""

    class_alias = "reset"

    def check_applies(self, exposure):
        raise SkipStep("it is for nothing")


class Asks(Step):
    """Asks for what it did not say that it uses."""

    reference_file_types = ("gain",)

    def uses(self, exposure):
        return ()

    def process(self, exposure, references):
        references["gain"]
        return exposure


def test_all_are_asked_for_in_one_question(crds):
    answers = crds("gain", "saturation")
    RunReferences.find([Needs(), SaturationStep(), RampFitStep(override_readnoise="N/A")], exposure())
    assert answers.asked == [({"gain", "flat", "saturation", "superbias"}, {"flat", "superbias"})]


def test_one_that_is_certain_to_be_used_is_missed_before_the_first_step(crds, monkeypatch):
    crds("flat")
    monkeypatch.setattr(Needs, "process", lambda *_: pytest.fail("the step ran"))
    with pytest.raises(ReferenceFileError, match="made_uncal.fits: CRDS has no gain reference"):
        Needs().run(exposure())


def test_one_that_can_be_done_without_counts_as_not_applicable(crds, caplog):
    crds()
    with caplog.at_level(logging.INFO, logger="gpucal"):
        result = Needs(override_gain=datamodels.GainModel((8, 8))).run(exposure())
    assert result.meta.observation.program_number == "None"
    assert "FLAT reference for Needs: N/A" in caplog.text


def test_a_step_that_does_not_apply_asks_for_nothing(crds):
    answers = crds()
    result = Refuses().run(exposure())
    assert answers.asked == [(set(), set())]
    assert result.meta.cal_step.reset == "SKIPPED" and result.meta.ref_file.gain.name is None


def test_one_that_was_not_foreseen_is_asked_for_when_it_is_used(crds):
    answers = crds("gain")
    Asks().run(exposure())
    assert answers.asked == [(set(), set()), ({"gain"}, set())]


@pytest.mark.parametrize(
    ("step", "given", "types"),
    [
        (RefPixStep(), {}, ()),
        (RefPixStep(refpix_algorithm="sirs"), {}, ("sirskernel",)),
        (RefPixStep(refpix_algorithm="sirs", use_side_ref_pixels=False), {}, ()),
        (RefPixStep(refpix_algorithm="sirs"), {"subarray": "SUB64"}, ()),
        (RefPixStep(refpix_algorithm="sirs"), {"instrument": "MIRI"}, ()),
        (RefPixStep(), {"shape": (1, 1, 3200, 2048)}, ("refpix",)),
        (SaturationStep(), {}, ("saturation", "superbias")),
        (CleanFlickerNoiseStep(), {}, ()),
        (CleanFlickerNoiseStep(apply_flat_field=True), {}, ("flat",)),
        (CleanFlickerNoiseStep(autoparam=True), {}, ("flat",)),
        (CleanFlickerNoiseStep(), {"exp_type": "NIS_SOSS"}, ()),
        (CleanFlickerNoiseStep(mask_science_regions=True), {"exp_type": "NIS_SOSS"}, ("pastasoss",)),
        (CleanFlickerNoiseStep(mask_science_regions=True), {"exp_type": "MIR_IMAGE"}, ("flat",)),
        (CleanFlickerNoiseStep(mask_science_regions=True, user_mask="m.fits"), {"exp_type": "MIR_IMAGE"}, ()),
        (FlatFieldStep(), {}, ("fflat", "sflat", "dflat", "flat")),
        (FlatFieldStep(user_supplied_flat="flat.fits"), {}, ()),
    ],
)
def test_what_steps_use(step, given, types):
    assert step.uses(exposure(**given)) == types


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, ["draft ramp_fit"]),
        ({"user_mask": "m.fits"}, []),
        ({"user_mask": "m.fits", "background_method": "median_image"}, ["draft ramp_fit"]),
    ],
)
def test_a_draft_has_its_references_from_the_run(parameters, names, crds):
    step = CleanFlickerNoiseStep(fit_method="median", **parameters)
    assert [inner.name for inner in step.inner_steps(exposure())] == names
    answers = crds("readnoise", "gain")
    RunReferences.find([step], exposure())
    assert answers.asked == [({"readnoise", "gain"} if names else set(), set())]


def test_a_draft_asks_nothing_of_its_own(crds):
    answers = crds("readnoise", "gain")
    with pytest.raises(GpucalError, match="draft ramp_fit needs references of CRDS: readnoise, gain"):
        CleanFlickerNoiseStep(fit_method="median").run(flickering())
    assert answers.asked == [({"readnoise", "gain"}, set())]


@pytest.mark.parametrize("missing", ["gain", "readnoise"])
def test_what_is_not_applicable_skips_the_step_and_is_recorded(missing):
    model = datamodels.GuiderRawModel((1, 2, 4, 6))
    model.meta.instrument.name, model.meta.instrument.detector = "FGS", "GUIDER1"
    model.meta.exposure.type, model.meta.exposure.group_time = "FGS_ACQ1", 0.5
    overrides = {"override_gain": datamodels.GainModel((4, 6)), "override_readnoise": datamodels.ReadnoiseModel((4, 6))}
    result = GuiderCdsStep.call(model, disable_crds_steppars=True, **overrides | {f"override_{missing}": "N/A"})
    assert isinstance(result, datamodels.GuiderRawModel) and result.meta.cal_step.guider_cds == "SKIPPED"
    assert getattr(result.meta.ref_file, missing).name == "N/A"


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("nrs1"), detector="NRS1", subarray="SUB32", ngroups=3)


def test_reset_is_skipped_for_other_instruments_though_crds_has_no_reset(simulation, caplog):
    with simulation.crds(), caplog.at_level(logging.INFO, logger="gpucal"):
        result = ResetStep.call(str(simulation.exposure))
    assert result.meta.cal_step.reset == "SKIPPED"
    assert "detector NRS1 is not of MIRI" in caplog.text and "no reset reference" not in caplog.text


def test_the_values_in_the_file_are_told_and_only_types_without_a_row(simulation, tmp_path):
    path = tmp_path / "edited_uncal.fits"
    with fits.open(simulation.exposure) as hdulist:
        hdulist[0].header["SUBARRAY"] = "SUBXYZ"
        hdulist.writeto(path)
    with simulation.crds(), pytest.raises(GpucalError) as error:
        RampFitStep.call(str(path), override_gain="N/A")
    message = str(error.value)
    assert message.startswith(f"{path}: CRDS ({simulation.context}) has no readnoise reference for DETECTOR = NRS1, ")
    assert "SUBARRAY = SUBXYZ, " in message and "gain" not in message and "\n" not in message
