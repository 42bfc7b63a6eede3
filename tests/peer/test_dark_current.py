"""The dark_current step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.ramps.dark_current import DarkCurrentStep

EXPOSURES = [
    {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 6, "nints": 2},
    {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "SHALLOW4", "ngroups": 4, "nints": 2},
    {"detector": "NRCBLONG", "subarray": "SUB64P", "readpatt": "DEEP8", "ngroups": 3, "nints": 1},
    {"detector": "NIS", "subarray": "SUB64", "readpatt": "NIS", "ngroups": 5, "nints": 1},
    {"detector": "NRS1", "subarray": "SUB32", "readpatt": "NRSRAPIDD2", "ngroups": 4, "nints": 2},
]


@pytest.fixture
def both(peer_step):
    """Run both pipelines' step on a ramp."""

    def run(model, **parameters):
        return DarkCurrentStep.call(model, **parameters), peer_step("dark_current", model, **parameters)

    return run


@pytest.fixture
def ramp(exposure_with_cache):
    """A ramp in SHALLOW4."""
    with datamodels.RampModel(exposure_with_cache(**EXPOSURES[1]).exposure) as model:
        yield model


@pytest.fixture
def dark(exposure_with_cache):
    """The dark that belongs to the ramp."""
    with datamodels.DarkModel(exposure_with_cache(**EXPOSURES[1]).references["dark"]) as model:
        yield model


@pytest.mark.parametrize("settings", EXPOSURES, ids=lambda s: f"{s['detector']}-{s['readpatt']}")
def test_read_patterns(exposure_with_cache, both, settings):
    with datamodels.RampModel(exposure_with_cache(**settings).exposure) as model:
        agreement = compare(*both(model))
    agreement.assert_agrees()
    assert "AVDRKCUR" in [extension.name for extension in agreement.extensions]


@pytest.mark.parametrize("frames", [19, 14, 7])
def test_short_darks_with_nan(ramp, dark, both, frames):
    dark.data = dark.data[:frames]
    dark.data[[3, 6, frames - 1], [10, 11, 12], 13] = np.nan
    compare(*both(ramp, override_dark=dark)).assert_agrees()


def test_a_short_dark_of_the_same_pattern(ramp, dark, both):
    dark.data = dark.data[:2]
    ramp.meta.exposure.nframes, ramp.meta.exposure.groupgap = 1, 0
    compare(*both(ramp, override_dark=dark)).assert_agrees()


def test_a_dark_of_averaged_groups_that_ends_too_early(ramp, dark, both):
    dark.meta.exposure.nframes = 2
    dark.data = dark.data[:10]
    ours, theirs = both(ramp, override_dark=dark)
    compare(ours, theirs).assert_agrees()
    assert np.isnan(theirs.data[:, 3]).all()


@pytest.mark.parametrize("keywords", [{"nframes": 5}, {"groupgap": 2}])
def test_darks_that_do_not_fit(ramp, dark, both, keywords):
    for name, value in keywords.items():
        setattr(dark.meta.exposure, name, value)
    ours, theirs = both(ramp, override_dark=dark)
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.dark_sub == "SKIPPED"


def test_no_reference(ramp, both):
    compare(*both(ramp, override_dark="N/A")).assert_agrees()


def test_average_dark_current_parameter(ramp, both):
    ours, theirs = both(ramp, average_dark_current=0.3)
    compare(ours, theirs).assert_agrees()
    assert theirs.average_dark_current[0, 0] == np.float32(0.3)


def test_average_dark_current_keyword(ramp, dark, both):
    dark.meta.exposure.average_dark_current = 0.7
    compare(*both(ramp, override_dark=dark)).assert_agrees()


@pytest.mark.parametrize("held", [True, False])
def test_average_dark_current_map(ramp, dark, both, held):
    dark.average_dark_current = np.full(dark.dq.shape, 0.7, np.float32)
    if held:
        ramp.average_dark_current = np.zeros(dark.dq.shape, np.float32)
    ours, theirs = both(ramp, override_dark=dark)
    compare(ours, theirs).assert_agrees()
    assert (theirs.average_dark_current is not None) is held


@pytest.mark.parametrize("keywords", [{}, {"nframes": 1, "groupgap": 0}, {"nframes": 8, "groupgap": 2}])
def test_saved_dark(ramp, dark, peer_step, tmp_path, keywords):
    for name, value in keywords.items():
        setattr(ramp.meta.exposure, name, value)
    dark.data[4, 3, 2] = np.nan
    for folder, call in (
        ("ours", DarkCurrentStep.call),
        ("theirs", lambda model, **parameters: peer_step("dark_current", model, **parameters)),
    ):
        (tmp_path / folder).mkdir()
        settings = {"override_dark": dark.copy(), "output_dir": str(tmp_path / folder)}
        call(ramp, dark_output="used_dark.fits", **settings)
    compare(tmp_path / "ours/used_dark.fits", tmp_path / "theirs/used_dark.fits").assert_agrees()
