"""The peer's own tests run with our classes in its steps' place."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

from bench.peer_tests.comparison import PeerTest, by_step, compared
from bench.peer_tests.places import places
from bench.peer_tests.reasons import TESTS, UNEXPLAINED, reason_of

ROOT = Path(__file__).parents[2]


def outcome(result="passed", error="", steps=("JumpStep",)):
    return {"outcome": result, "error": error, "steps": list(steps)}


def test_tests_of_one_step():
    command = [sys.executable, "-m", "bench.peer_tests", "--steps", "lastframe"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| `LastFrameStep` | 2 | 0 |" in done.stdout
    assert done.stdout.endswith("2 of 2 tests pass\n")


def test_every_step_of_the_peer_that_we_have_has_a_place():
    aliases = {place.peer.class_alias for place in places()}
    assert {"jump", "ramp_fit", "flat_field", "calwebb_detector1"} <= aliases
    assert all(place.ours.__module__.startswith("gpucal.") for place in places())


def test_a_step_has_the_tests_that_name_it():
    (place,) = places(["clean_flicker_noise"])
    assert [path.name for path in place.tests] == ["test_clean_flicker_noise_step.py"]
    (place,) = places(["calwebb_detector1"])
    assert [path.name for path in place.tests] == ["test_calwebb_detector1.py"]


def test_outcomes_are_told_by_step():
    theirs = {f"jwst/jump/tests/test_jump_step.py::test_{name}": outcome() for name in "ab"}
    ours = {test: outcome(*rest) for test, rest in zip(theirs, [(), ("failed", "it differs")], strict=True)}
    tests = compared(theirs, ours)
    assert tests == [
        PeerTest("jump/test_jump_step.py::test_a", ("JumpStep",), True),
        PeerTest("jump/test_jump_step.py::test_b", ("JumpStep",), False, "it differs"),
    ]
    assert by_step(tests) == {"JumpStep": (1, 1)}


def test_a_reason_is_known_by_name_or_by_complaint():
    complaint = "CRDS cannot tell the best references: ..."
    assert reason_of("jump/test_jump_step.py::test_x", complaint).startswith("asks CRDS for a reference")
    assert reason_of("group_scale/test_group_scale.py::test_level1b", complaint).startswith("asks that a raw")
    assert reason_of("jump/test_jump_step.py::test_x", "another thing") == UNEXPLAINED


def test_reasons_hold_for_tests_that_the_peer_has():
    sources = {f"{path.parents[1].name}/{path.name}": path.read_text() for place in places() for path in place.tests}
    names = [test.partition("::") for tests in TESTS.values() for test in tests]
    assert [name for file, _, name in names if f"def {name}(" not in sources.get(file, "")] == []
