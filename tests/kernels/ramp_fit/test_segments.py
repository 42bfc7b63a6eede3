"""Segments of a ramp, against the same rules written as patterns over its flags."""

import re

import numpy as np
import pytest

from gpucal.backend import pixel_kernel
from gpucal.kernels.flags.dqflags import (
    AD_FLOOR,
    CHARGELOSS,
    DO_NOT_USE,
    GOOD,
    JUMP_DET,
    PERSISTENCE,
    SATURATED,
)
from gpucal.kernels.ramp_fit.inputs import ReadingRules
from gpucal.kernels.ramp_fit.ols_ramps import (
    ALL_GOOD,
    AS_FLAGGED,
    CHARGE_RESTORED,
    JUMP_FORGOTTEN,
    ONE_GROUP,
    SUPPRESSED,
    ZERO_FRAME,
    next_segment,
    shortest_segment,
    survey_ramp,
)

EVERYTHING = ReadingRules(suppress_one_group=False)


@pixel_kernel
def find_segments(y, x, groupdq, zeroframe, rules, restored, segments, summary):
    reading, flags, spoiled = survey_ramp(groupdq, zeroframe, y, x, rules)
    summary[0, y, x], summary[1, y, x], summary[2, y, x] = reading, flags, spoiled
    if restored:
        reading = CHARGE_RESTORED
    shortest = shortest_segment(groupdq, y, x, reading)
    start, stop = next_segment(groupdq, y, x, 0, shortest, reading)
    number = 0
    while start < stop:
        segments[number, 0, y, x] = start
        segments[number, 1, y, x] = stop
        number += 1
        start, stop = next_segment(groupdq, y, x, stop, shortest, reading)


def segments_of(backend, ramps, zeroframe=None, rules=EVERYTHING, restored=False):
    """Segments of each ramp (a list of pairs), and its reading, flags and spoiling flags."""
    groupdq = np.array(ramps, np.uint8).T[:, None, :]
    ngroups, npixels = groupdq.shape[0], groupdq.shape[2]
    zeroframe = np.zeros((0, 0)) if zeroframe is None else np.full((1, npixels), zeroframe)
    segments = backend.asarray(np.zeros((ngroups, 2, 1, npixels), np.int64))
    summary = backend.asarray(np.zeros((3, 1, npixels), np.int64))
    inputs = backend.asarray(groupdq), backend.asarray(zeroframe.astype(np.float32))
    find_segments((1, npixels), *inputs, rules, restored, segments, summary)
    found = backend.asnumpy(segments)[:, :, 0]
    pairs = [[(int(a), int(b)) for a, b in found[..., pixel] if b > 0] for pixel in range(npixels)]
    return pairs, backend.asnumpy(summary)[:, 0].T.tolist()


def expected_segments(flags):
    """The rules as a pattern: good groups (g), the jump (j) before them included; anything else (b) ends it."""
    if flags[0] & SATURATED:
        return []
    kinds = {GOOD: "g", PERSISTENCE: "g", JUMP_DET: "j", JUMP_DET | PERSISTENCE: "j"}
    runs = [match.span() for match in re.finditer("j?g+", "".join(kinds.get(flag, "b") for flag in flags))]
    long = [run for run in runs if run[1] - run[0] > 1]
    return long or runs[:1]


@pytest.mark.parametrize("ngroups", [1, 2, 3, 5, 9])
def test_segments_of_random_flags(backend, ngroups):
    rng = np.random.default_rng(ngroups)
    choices = [GOOD, GOOD, GOOD, PERSISTENCE, JUMP_DET, JUMP_DET | PERSISTENCE, SATURATED,
               DO_NOT_USE, AD_FLOOR, JUMP_DET | DO_NOT_USE]  # fmt: skip
    ramps = rng.choice(choices, (60, ngroups)).tolist()
    found, _ = segments_of(backend, ramps)
    assert found == [expected_segments(flags) for flags in ramps]


def test_lost_charge_is_restored(backend):
    lost = CHARGELOSS | DO_NOT_USE
    ramps = [
        [0, 0, lost, lost],
        [0, lost, lost, SATURATED],
        [lost, lost, 0, DO_NOT_USE],
        [SATURATED, 0, 0, 0],
    ]
    found, _ = segments_of(backend, ramps, restored=True)
    assert found == [[(0, 4)], [(0, 3)], [(0, 3)], [(1, 4)]]


G, P, J, S, D = GOOD, PERSISTENCE, JUMP_DET, SATURATED, DO_NOT_USE


@pytest.mark.parametrize(
    ("flags", "zeroframe", "suppress", "reading", "spoiled"),
    [
        ([G, G, G], 5, False, ALL_GOOD, 0),
        ([G, P, G], 5, True, ALL_GOOD, 0),
        ([G, J, G], 5, False, AS_FLAGGED, 0),
        ([G, S, S], 5, False, ONE_GROUP, 0),
        ([G, S, S], 5, True, SUPPRESSED, D),
        ([P, S, S], 5, True, SUPPRESSED, D),
        ([D, G, S], 5, False, AS_FLAGGED, 0),
        ([D, G, S], 5, True, SUPPRESSED, D),
        ([S, S, S], 5, False, ZERO_FRAME, 0),
        ([S, S, S], 0, False, AS_FLAGGED, D | S),
        ([S, S, S], None, False, AS_FLAGGED, D | S),
        ([S, S, S], 5, True, AS_FLAGGED, D | S),
        ([D, D, D], 5, False, ZERO_FRAME, 0),
        ([D, D, D], None, False, AS_FLAGGED, D),
        ([D, S, S], None, False, AS_FLAGGED, D),
        ([S, G, G], None, False, AS_FLAGGED, D | S),
        ([J, J, J], None, False, AS_FLAGGED, 0),
    ],
)
def test_how_a_ramp_is_read(backend, flags, zeroframe, suppress, reading, spoiled):
    _, summary = segments_of(backend, [flags], zeroframe, ReadingRules(suppress))
    assert summary == [[reading, np.bitwise_or.reduce(flags), spoiled]]


def test_the_zero_frame_stands_for_the_first_group(backend):
    found, summary = segments_of(backend, [[S, S, S]], zeroframe=7)
    assert found == [[(0, 1)]]
    assert summary == [[ZERO_FRAME, S, 0]]


def test_a_single_group_replaced_by_its_zero_frame_is_not_saturated(backend):
    _, summary = segments_of(backend, [[S]], zeroframe=7)
    assert summary == [[ZERO_FRAME, 0, 0]]


@pytest.mark.parametrize(
    ("flags", "suppress", "segments", "summary"),
    [
        ([J, G, G], True, [(0, 3)], [JUMP_FORGOTTEN, 0, 0]),
        ([J, S, S], False, [(0, 1)], [ONE_GROUP, S, 0]),
        ([J, S, S], True, [(0, 1)], [JUMP_FORGOTTEN, S, 0]),
        ([J, G, S], True, [], [SUPPRESSED, S, D]),
        ([J | D, J, G], True, [], [SUPPRESSED, J | D, D]),
        ([G, J, G], True, [(1, 3)], [AS_FLAGGED, J, 0]),
        ([G, G, G], True, [(0, 3)], [ALL_GOOD, 0, 0]),
    ],
)
def test_a_forgotten_jump(backend, flags, suppress, segments, summary):
    """What is suppressed is decided before the jump is forgotten."""
    rules = ReadingRules(suppress, forget_first_jump=True)
    assert segments_of(backend, [flags], rules=rules) == ([segments], [summary])
