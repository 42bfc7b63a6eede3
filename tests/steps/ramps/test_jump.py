"""The jump step: which method searches, what the parameters change, and what is recorded."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure, InputError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, NO_GAIN_VALUE, SATURATED
from gpucal.reference import Reference
from gpucal.steps.ramps import jump
from gpucal.steps.ramps.jump import JumpStep
from tests.transfer import on_host

NY, NX = 40, 44
GROUP_TIME = 10.0


def described(model):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 1, NX, NY
    return model


def ramp(nints=1, ngroups=6):
    """A ramp of 10 DN a group, with jumps in its third group."""
    model = described(datamodels.RampModel((nints, ngroups, NY, NX)))
    model.data[:] = 10 * np.arange(ngroups)[:, None, None]
    model.data[:, 2:, 20, 20] += 400
    model.data[:, 2:, 5, 5] += 24
    model.groupdq = np.zeros(model.data.shape, np.uint8)
    model.pixeldq = np.zeros((NY, NX), np.uint32)
    model.meta.exposure.nframes = 1
    model.meta.exposure.group_time = GROUP_TIME
    return Exposure(model, "made_ramp.fits")


def references_with(bad_gains=None):
    """One electron for a DN but for some pixels, and five electrons of read noise."""
    gain, read_noise = (described(cls((NY, NX))) for cls in (datamodels.GainModel, datamodels.ReadnoiseModel))
    gain.data[:], read_noise.data[:] = 1, 5
    for place, value in (bad_gains or {}).items():
        gain.data[place] = value
    return {"gain": Reference("gain", gain), "readnoise": Reference("readnoise", read_noise)}


@pytest.fixture
def references():
    return references_with()


def jumps(exposure, group=2, integration=0):
    return {tuple(map(int, place)) for place in np.argwhere(exposure.groupdq[integration, group] & JUMP_DET)}


CENTER, SMALL = (20, 20), (5, 5)
BESIDE_CENTER = {(19, 20), (21, 20), (20, 19), (20, 21)}


def test_jumps_and_the_neighbours_of_large_ones_are_flagged(references):
    result = JumpStep().process(ramp(), references)
    assert jumps(result) == {CENTER, SMALL} | BESIDE_CENTER
    assert not result.groupdq[:, [0, 1, 3, 4, 5]].any()
    assert not result.pixeldq.any()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"rejection_threshold": 4.1}, {CENTER} | BESIDE_CENTER),
        ({"flag_4_neighbors": False}, {CENTER, SMALL}),
        ({"max_jump_to_flag_neighbors": 60}, {CENTER, SMALL}),
        ({"min_jump_to_flag_neighbors": 80}, {CENTER, SMALL}),
    ],
)
def test_thresholds(references, parameters, expected):
    """The jumps are 24 and 400 electrons, the noise is the square root of 10 + 25: 4.06 and 67.6 sigma."""
    assert jumps(JumpStep(**parameters).process(ramp(), references)) == expected


@pytest.mark.parametrize(
    ("ngroups", "parameter"), [(3, "three_group_rejection_threshold"), (4, "four_group_rejection_threshold")]
)
def test_short_ramps_have_thresholds_of_their_own(references, ngroups, parameter):
    assert CENTER in jumps(JumpStep(**{parameter: 60}).process(ramp(1, ngroups), references))
    assert CENTER not in jumps(JumpStep(**{parameter: 70}).process(ramp(1, ngroups), references))


@pytest.mark.parametrize("which", "12")
def test_groups_after_a_jump(references, which):
    times = {f"after_jump_flag_dn{which}": 300, f"after_jump_flag_time{which}": 2.9 * GROUP_TIME}
    result = JumpStep(**times).process(ramp(), references)
    assert np.flatnonzero(result.groupdq[0, :, *CENTER]).tolist() == [2, 3, 4]
    assert np.flatnonzero(result.groupdq[0, :, *SMALL]).tolist() == [2]


METHODS = ("flag_jumps_once", "flag_jumps_iteratively", "flag_jumps_by_clipping")


@pytest.mark.parametrize(
    ("nints", "ngroups", "parameters", "method"),
    [
        (1, 10, {}, "flag_jumps_iteratively"),
        (1, 11, {}, "flag_jumps_once"),
        (1, 6, {"min_diffs_single_pass": 5}, "flag_jumps_once"),
        (2, 6, {"minimum_sigclip_groups": 2}, "flag_jumps_by_clipping"),
        (2, 6, {"minimum_sigclip_groups": 3}, "flag_jumps_iteratively"),
        (2, 6, {"minimum_sigclip_groups": 12, "only_use_ints": False}, "flag_jumps_by_clipping"),
        (2, 6, {"minimum_sigclip_groups": 13, "only_use_ints": False}, "flag_jumps_iteratively"),
    ],
)
def test_the_method_goes_by_the_number_of_groups(references, monkeypatch, nints, ngroups, parameters, method):
    used = []
    for name in METHODS:
        monkeypatch.setattr(jump, name, lambda *_arguments, name=name: used.append(name))
    JumpStep(**parameters).process(ramp(nints, ngroups), references)
    assert used == [method]


def test_groups_that_no_pixel_can_use_do_not_count(references, monkeypatch):
    used = []
    for name in METHODS:
        monkeypatch.setattr(jump, name, lambda *_arguments, name=name: used.append(name))
    exposure = ramp(2, 11)
    exposure.groupdq[1, 0] |= DO_NOT_USE
    JumpStep().process(exposure, references)
    assert used == ["flag_jumps_iteratively"]


def test_too_few_groups(references, caplog):
    with pytest.raises(SkipStep):
        JumpStep().check_applies(ramp(1, 2))
    exposure = ramp(1, 5)
    exposure.groupdq[:, 2:] |= DO_NOT_USE
    exposure.groupdq[0, 1, 3, 3] = SATURATED | JUMP_DET
    result = JumpStep().process(exposure, references)
    assert "No jumps are searched for" in caplog.text
    assert result.groupdq[0, 1, 3, 3] == SATURATED
    assert result.meta.exposure.primary_cosmic_rays == pytest.approx(-99e3 / (GROUP_TIME * NY * NX))


@pytest.mark.parametrize("name", ["nframes", "group_time"])
def test_a_missing_keyword_is_named(references, name):
    exposure = ramp()
    setattr(exposure.meta.exposure, name, None)
    keyword = {"nframes": "NFRAMES", "group_time": "TGROUP"}[name]
    with pytest.raises(InputError, match=f"made_ramp.fits: keyword {keyword}"):
        JumpStep().process(exposure, references)
    assert not exposure.groupdq.any()


def test_pixels_without_gain_are_marked():
    references = references_with({(1, 1): np.nan, (2, 2): -1, (20, 20): 0})
    result = JumpStep().process(ramp(), references)
    assert {tuple(map(int, place)) for place in np.argwhere(result.pixeldq)} == {(1, 1), (2, 2), (20, 20)}
    assert result.pixeldq.max() == NO_GAIN_VALUE | DO_NOT_USE
    assert jumps(result) == {SMALL}


def test_rates_are_recorded(references):
    exposure = ramp(2, 6)
    exposure.groupdq[0, 5] |= DO_NOT_USE
    result = JumpStep().process(exposure, references)
    # Two jumps in each integration, before they spread; 12 groups less one unusable, and one an integration.
    seconds = 9 * GROUP_TIME
    assert result.meta.exposure.primary_cosmic_rays == pytest.approx(1e3 * 4 / (seconds * NY * NX))
    assert result.meta.exposure.extended_emission_events == 0


def test_with_no_group_to_use_there_are_no_rates(references):
    exposure = ramp(1, 3)
    exposure.groupdq |= DO_NOT_USE
    result = JumpStep().process(exposure, references)
    assert result.meta.exposure.primary_cosmic_rays is None


def test_snowballs_are_found_by_the_parameters(references, monkeypatch):
    given = []
    monkeypatch.setattr(jump, "flag_snowballs", lambda _groupdq, rules: given.append(rules) or 7)
    parameters = {
        "min_jump_area": 6.0,
        "min_sat_area": 2.0,
        "expand_factor": 1.7,
        "sat_required_snowball": False,
        "min_sat_radius_extend": 3.5,
        "sat_expand": 3,
        "edge_size": 11,
        "max_extended_radius": 99,
        "snowball_time_masked_next_int": 59,
    }
    result = JumpStep(expand_large_events=True, **parameters).process(ramp(), references)
    JumpStep(expand_large_events=True, mask_snowball_core_next_int=False).process(ramp(), references)
    JumpStep(**parameters).process(ramp(), references)
    assert given[0] == jump.SnowballRules(6.0, 2.0, 1.7, False, 3.5, 3, 11, 99, 5)
    assert [rules.next_groups for rules in given] == [5, 0]
    assert result.meta.exposure.extended_emission_events == pytest.approx(7e6 / (5 * GROUP_TIME * NY * NX))


def test_showers_are_found_by_the_parameters(references, monkeypatch):
    given = []
    monkeypatch.setattr(jump, "flag_showers", lambda *arguments: given.append(arguments[4:]) or 7)
    monkeypatch.setattr(jump, "flag_snowballs", lambda *_arguments: 3)
    parameters = {
        "extend_snr_threshold": 1.3,
        "extend_min_area": 80,
        "extend_inner_radius": 2.0,
        "extend_outer_radius": 3.5,
        "extend_ellipse_expand_ratio": 1.4,
        "max_extended_radius": 99,
        "time_masked_after_shower": 29,
        "minimum_sigclip_groups": 44,
    }
    result = JumpStep(find_showers=True, expand_large_events=True, **parameters).process(ramp(2), references)
    JumpStep(**parameters).process(ramp(2), references)
    ((read_noise, nframes, rules),) = given
    assert (read_noise == 5).all() and nframes == 1
    assert rules == jump.ShowerRules(1.3, 80, 2.0, 3.5, 1.4, 99, 2, 60.0, 44)
    # Showers count, and snowballs do not.
    assert result.meta.exposure.extended_emission_events == pytest.approx(7e6 / (10 * GROUP_TIME * NY * NX))


def test_showers_need_ten_differences(references, caplog):
    result = JumpStep(find_showers=True).process(ramp(2, 5), references)
    assert "No showers are searched for" in caplog.text
    assert result.meta.exposure.extended_emission_events == 0


def test_fewest_groups_have_no_effect_and_that_is_said(references, caplog):
    with caplog.at_level(logging.WARNING):
        JumpStep().process(ramp(), references)
        assert not caplog.records
        JumpStep(minimum_groups=4).process(ramp(), references)
    assert "minimum_groups" in caplog.text


def test_the_signal_stays(references):
    exposure, before = ramp(), ramp().data
    JumpStep(expand_large_events=True).process(exposure, references)
    np.testing.assert_array_equal(on_host(exposure.data), on_host(before))


def test_process_sets_no_parameters(references):
    step = JumpStep(expand_large_events=True, after_jump_flag_dn1=5, after_jump_flag_time1=20)
    before = step.get_pars()
    step.process(ramp(), references)
    assert step.get_pars() == before
