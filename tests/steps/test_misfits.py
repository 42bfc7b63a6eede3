"""What steps refuse of an exposure before they begin: arrays that do not fit, keywords of timing out of range."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core.config.registry import all_classes
from gpucal.data import InputError
from gpucal.pipelines.dark import DarkPipeline
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.steps.ramps.dark_current import DarkCurrentStep
from gpucal.steps.ramps.group_scale import GroupScaleStep
from gpucal.steps.ramps.guider_cds import GuiderCdsStep
from gpucal.steps.ramps.ipc import IPCStep
from gpucal.steps.ramps.jump import JumpStep
from gpucal.steps.ramps.linearity import LinearityStep
from gpucal.steps.ramps.persistence import PersistenceStep
from gpucal.steps.ramps.ramp_fit import RampFitStep
from gpucal.steps.ramps.saturation import SaturationStep

SHAPE = NINTS, NGROUPS, NY, NX = 2, 5, 6, 8


def ramp(model_type="RampModel"):
    model = getattr(datamodels, model_type)(SHAPE)
    model.meta.filename = "made_ramp.fits"
    model.meta.instrument.name, model.meta.instrument.detector = "NIRCAM", "NRCA1"
    subarray, exposure = model.meta.subarray, model.meta.exposure
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 5, 5, NX, NY
    exposure.type = "NRC_IMAGE"
    exposure.nints, exposure.ngroups, exposure.nframes, exposure.frame_divisor = NINTS, NGROUPS, 4, 4
    exposure.groupgap, exposure.group_time, exposure.frame_time = 1, 10.0, 2.0
    return model


@pytest.mark.parametrize("in_file", [False, True], ids=["model", "file"])
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("groupdq", (NINTS - 1, NGROUPS, NY, NX)),
        ("groupdq", (NINTS, NGROUPS - 2, NY, NX)),
        ("groupdq", (NINTS, NGROUPS, NY // 2, NX)),
        ("pixeldq", (NY // 2, NX)),
        ("zeroframe", (NINTS - 1, NY, NX)),
        ("data", (NINTS, NGROUPS, NY // 2, NX)),
    ],
)
@pytest.mark.parametrize(
    "step", [Detector1Pipeline, RampFitStep, LinearityStep, SaturationStep, JumpStep, IPCStep]
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, step, name, shape, in_file):
    """Each of these was read beyond its end once."""
    model = ramp()
    model._instance[name] = np.ones(shape, {"groupdq": np.uint8, "pixeldq": np.uint32}.get(name, np.float32))
    source = model
    if in_file:
        source = tmp_path / "made_ramp.fits"
        model.save(source)
    with pytest.raises(InputError, match=r"made_ramp\.fits: its array (data|groupdq|pixeldq|zeroframe) has shape"):
        step().run(source)


def test_ipc_corrects_the_pixels_that_there_are(caplog):
    """SUBSIZE tells more rows and columns than the exposure has."""
    kernel = datamodels.IPCModel()
    kernel.data = np.full((3, 3), 0.5, np.float32)
    model = ramp()
    model.data[:] = 1
    model.meta.subarray.xsize = model.meta.subarray.ysize = 64
    with caplog.at_level(logging.WARNING, "gpucal"):
        result = IPCStep(override_ipc=kernel).run(model)
    assert "made_ramp.fits: SUBSIZE2 says 64; the array has 6, which counts" in caplog.messages
    neighbours = np.outer([2, 3, 3, 3, 3, 2], [2, 3, 3, 3, 3, 3, 3, 2])
    np.testing.assert_array_equal(result.data[1, 4], 0.5 * neighbours)
    assert (result.meta.subarray.xsize, result.meta.subarray.ysize) == (NX, NY)


OUT_OF_RANGE = {
    "NFRAMES": ("nframes", (0, -4), "at least 1"),
    "FRMDIVSR": ("frame_divisor", (0, -4), "at least 1"),
    "GROUPGAP": ("groupgap", (-1,), "at least 0"),
    "TGROUP": ("group_time", (0.0, -10.0, float("nan")), "more than 0"),
    "TFRAME": ("frame_time", (0.0, -2.0), "more than 0"),
}

USERS = {
    Detector1Pipeline: ("NFRAMES", "FRMDIVSR", "GROUPGAP", "TGROUP", "TFRAME"),
    DarkPipeline: ("NFRAMES", "FRMDIVSR"),
    DarkCurrentStep: ("NFRAMES", "GROUPGAP"),
    GroupScaleStep: ("NFRAMES", "FRMDIVSR"),
    GuiderCdsStep: ("TGROUP",),
    JumpStep: ("NFRAMES", "TGROUP"),
    LinearityStep: ("NFRAMES",),
    PersistenceStep: ("TGROUP",),
    RampFitStep: ("NFRAMES", "GROUPGAP", "TGROUP", "TFRAME"),
    SaturationStep: ("NFRAMES",),
}


@pytest.mark.parametrize(
    ("step", "keyword", "value"),
    [(step, word, value) for step, words in USERS.items() for word in words for value in OUT_OF_RANGE[word][1]],
)
def test_keywords_of_timing_out_of_range_are_refused(step, keyword, value):
    name, _values, needed = OUT_OF_RANGE[keyword]
    model = ramp("GuiderRawModel" if step is GuiderCdsStep else "RampModel")
    setattr(model.meta.exposure, name, value)
    with pytest.raises(InputError, match=rf"made_ramp\.fits: keyword {keyword} is {value}; it has to be {needed}"):
        step().run(model)


def test_a_step_that_does_not_use_a_keyword_takes_what_it_says():
    model = ramp()
    model.meta.exposure.frame_time = -2.0
    assert GroupScaleStep().run(model).meta.cal_step.group_scale == "SKIPPED"


def test_every_step_that_uses_keywords_of_timing_is_tested():
    assert {step for step in all_classes() if step.timing_keywords} == set(USERS)
