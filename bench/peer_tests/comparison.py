"""How the peer's tests end with its own classes and with gpucal's."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.peer_tests.offline import cache_without_rules

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class PeerTest:
    """A test that the peer passes with no network, and that makes an object of a step that gpucal has.

    Attributes
    ----------
    name : str
        File and function, with the parameters of the test: ``jump/test_jump_step.py::test_exec_time_0_crs``.
    steps : tuple of str
        The classes that it makes objects of.
    passes : bool
        Whether it passes with gpucal's classes.
    complaint : str
        What the error says if it does not.
    """

    name: str
    steps: tuple[str, ...]
    passes: bool
    complaint: str = ""

    @property
    def function(self) -> str:
        """Its name without parameters."""
        return self.name.partition("[")[0]


def run_both(aliases: list[str]) -> list[PeerTest]:
    """Run the peer's tests of these steps, or of all, with its classes and with ours, each in a process of its own.

    Raises
    ------
    RuntimeError
        If a session ends without outcomes, with the end of what it printed.
    """
    with tempfile.TemporaryDirectory() as place:
        environment = os.environ | cache_without_rules(Path(place) / "crds_cache")
        for whose in ("theirs", "ours"):
            command = [sys.executable, "-m", "bench.peer_tests.session", whose, place, *aliases]
            done = subprocess.run(
                command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
            )
            if not (Path(place) / f"{whose}.json").exists():
                raise RuntimeError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
        theirs, ours = (json.loads((Path(place) / f"{whose}.json").read_text()) for whose in ("theirs", "ours"))
    return compared(theirs, ours)


def compared(theirs: dict[str, dict], ours: dict[str, dict]) -> list[PeerTest]:
    """The tests that ran in both sessions, from the outcomes of each."""
    return [
        PeerTest(
            name=test.partition("jwst/")[2].replace("/tests/", "/"),
            steps=tuple(theirs[test]["steps"]),
            passes=one["outcome"] == "passed",
            complaint=one["error"] or one["outcome"] * (one["outcome"] != "passed"),
        )
        for test, one in ours.items()
    ]


def by_step(tests: list[PeerTest]) -> dict[str, tuple[int, int]]:
    """How many tests of each step pass, and how many differ; a test of several steps counts for each."""
    counted = {outcome: Counter(step for test in tests if test.passes is outcome for step in test.steps)
               for outcome in (True, False)}  # fmt: skip
    return {step: (counted[True][step], counted[False][step]) for step in sorted(counted[True] + counted[False])}
