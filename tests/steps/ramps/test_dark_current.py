"""The dark_current step: which dark is subtracted, what is recorded, and when the step is skipped."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.ramps.dark_current import DarkCurrentStep
from tests.transfer import on_backend, on_host

WINDOW = {"xstart": 1, "ystart": 1, "xsize": 6, "ysize": 4}


def described(model, nframes, groupgap, **window):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    model.meta.exposure.nframes = nframes
    model.meta.exposure.groupgap = groupgap
    for name, value in {**WINDOW, **window}.items():
        setattr(model.meta.subarray, name, value)
    return model


def ramp(nframes, groupgap, ngroups=4):
    model = described(datamodels.RampModel((2, ngroups, 4, 6)), nframes, groupgap)
    model.data[:] = 1000
    return Exposure(model, "made_uncal.fits")


@pytest.fixture
def dark_model():
    """A dark with 2 DN in each frame of each pixel."""
    model = described(datamodels.DarkModel((24, 4, 6)), 1, 0)
    model.data[:] = 2 * np.arange(24)[:, None, None]
    model.dq = np.zeros((4, 6), np.uint32)
    model.dq[1, 2] = 2048
    return model


def process(exposure, dark, **parameters):
    return DarkCurrentStep(**parameters).process(exposure, {"dark": Reference("dark", dark)})


@pytest.mark.parametrize(
    ("nframes", "groupgap", "dark"), [(1, 0, [0, 2, 4, 6]), (4, 1, [3, 13, 23, 33]), (8, 2, [7, 27, 47, 67])]
)
def test_the_dark_of_the_read_pattern_is_subtracted(dark_model, nframes, groupgap, dark):
    result = process(ramp(nframes, groupgap), dark_model)
    expected = np.broadcast_to(1000 - np.array(dark)[:, None, None], (2, 4, 4, 6))
    np.testing.assert_array_equal(on_host(result.data), expected)
    assert result.pixeldq[1, 2] == 2048
    assert dark_model.data[1, 0, 0] == 2


def test_a_subarray_is_cut_from_a_larger_dark(dark_model):
    exposure = ramp(1, 0)
    described(dark_model, 1, 0, xstart=1, xsize=8)
    dark_model.data = np.pad(dark_model.data, ((0, 0), (0, 0), (2, 0)), constant_values=500)
    dark_model.dq = np.pad(dark_model.dq, ((0, 0), (2, 0)))
    described(exposure, 1, 0, xstart=3)
    result = process(exposure, dark_model)
    assert result.data[0, 3].max() == 994
    assert result.pixeldq[1, 2] == 2048


def test_a_dark_of_another_part_of_the_detector_is_refused(dark_model):
    with pytest.raises(ReferenceFileError, match="does not match the exposure"):
        process(ramp(1, 0), described(dark_model, 1, 0, xstart=5))


@pytest.mark.parametrize("keywords", [(2, 0), (1, 1)])
def test_a_dark_that_averages_or_drops_more_is_not_subtracted(dark_model, keywords):
    exposure = ramp(1, 0)
    with pytest.raises(SkipStep):
        process(exposure, described(dark_model, *keywords))
    assert (exposure.data == 1000).all()
    assert not exposure.pixeldq.any()


def test_a_dark_of_one_group_cannot_be_continued(dark_model):
    dark_model.data = dark_model.data[:1]
    exposure = ramp(1, 0)
    with pytest.raises(SkipStep, match="one group"):
        process(exposure, dark_model)
    assert not exposure.pixeldq.any()


@pytest.mark.parametrize(("has_dark", "status", "value"), [(True, "COMPLETE", 994), (False, "SKIPPED", 1000)])
def test_the_header_tells_what_became_of_it(dark_model, has_dark, status, value):
    result = DarkCurrentStep.call(ramp(1, 0).to_model(), override_dark=dark_model if has_dark else "N/A")
    assert result.meta.cal_step.dark_sub == status
    assert result.data[0, 3, 0, 0] == value


def test_missing_read_pattern_is_named(dark_model):
    dark_model.meta.exposure.groupgap = None
    with pytest.raises(ReferenceFileError, match="NFRAMES and GROUPGAP"):
        process(ramp(1, 0), dark_model)


def test_average_dark_current_has_three_sources(dark_model):
    assert (process(ramp(1, 0), dark_model).average_dark_current == 0).all()
    dark_model.meta.exposure.average_dark_current = 0.25
    assert (process(ramp(1, 0), dark_model).average_dark_current == 0.25).all()
    current = process(ramp(1, 0), dark_model, average_dark_current=0.5).average_dark_current
    assert current.dtype == np.float32
    np.testing.assert_array_equal(on_host(current), np.full((4, 6), 0.5))


def test_a_map_of_dark_current_replaces_only_a_map(dark_model):
    dark_model.average_dark_current = np.full((4, 6), 0.75, np.float32)
    assert not process(ramp(1, 0), dark_model).has("average_dark_current")
    exposure = ramp(1, 0)
    exposure.average_dark_current = on_backend(np.zeros((4, 6), np.float32))
    assert (process(exposure, dark_model).average_dark_current == 0.75).all()


@pytest.mark.parametrize(
    ("nframes", "groupgap", "ngroups", "dark"), [(1, 0, 24, 2.0 * np.arange(24)), (4, 1, 4, [3, 13, 23, 33])]
)
def test_the_dark_is_saved(dark_model, tmp_path, nframes, groupgap, ngroups, dark):
    process(ramp(nframes, groupgap), dark_model, dark_output="averaged.fits", output_dir=str(tmp_path))
    with datamodels.DarkModel(tmp_path / "averaged.fits") as saved:
        np.testing.assert_array_equal(saved.data[:, 0, 0], dark)
        np.testing.assert_array_equal(saved.dq, dark_model.dq)
        pattern = saved.meta.exposure
        assert (pattern.nframes, pattern.groupgap, pattern.ngroups) == (nframes, groupgap, ngroups)
