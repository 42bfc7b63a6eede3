"""One pytest session of the peer's tests, with the peer's classes or with ours.

A session is a process of its own, since classes are swapped in the modules of the process:

- ``python -m bench.peer_tests.session theirs FOLDER [ALIAS ...]`` runs the tests of these steps with the peer's
  classes, and writes to ``FOLDER/theirs.json`` how each ended, and which of the steps it made an object of;
- ``python -m bench.peer_tests.session ours FOLDER [ALIAS ...]`` then runs those again that passed and used one of the
  steps, with our classes, and writes ``FOLDER/ours.json``.
"""

import json
import sys
from pathlib import Path

import jwst
import pytest
from stpipe import Step as PeerStep

from bench.peer_tests.places import Place, places

# Tests are named by their files from here on.
ROOT = Path(jwst.__file__).parents[1]


class Outcomes:
    """A pytest plugin that keeps the outcome of each test, and the classes of the peer that it made objects of.

    Parameters
    ----------
    watched : list of Place
        The classes.
    only : set of str, optional
        The tests to run; by default all that pytest collects.
    """

    def __init__(self, watched: list[Place], only: set[str] | None = None):
        self.of: dict[str, dict] = {}
        self._only = only
        self._watched = {place.peer for place in watched}
        self._made: set[str] = set()

    def watch(self) -> None:
        """From now on, take note of steps of the peer that are made."""
        made, initialize = self._made, PeerStep.__init__

        def initialized(step, *arguments, **settings):
            made.update(one.__name__ for one in type(step).__mro__ if one in self._watched)
            initialize(step, *arguments, **settings)

        PeerStep.__init__ = initialized

    def pytest_collection_modifyitems(self, items):
        """Leave out what is not to be run."""
        if self._only is not None:
            items[:] = [item for item in items if item.nodeid in self._only]

    def pytest_runtest_logstart(self, nodeid):
        """A test begins."""
        self._made.clear()
        self.of[nodeid] = {"outcome": "passed", "error": "", "steps": []}

    def pytest_runtest_logreport(self, report):
        """A test, or what is before or behind it, has ended."""
        known = self.of[report.nodeid]
        if report.skipped and not hasattr(report, "wasxfail"):
            known["outcome"] = "skipped"
        elif report.failed:
            known |= {"outcome": "failed", "error": complaint(report)}
        known["steps"] = sorted(self._made)


def complaint(report) -> str:
    """What the error of a failed test says, in one line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = [line.strip() for line in (crash.message if crash else report.longreprtext).splitlines()]
    telling = [line for line in lines if line and not line.endswith(("Error:", "Error: "))]
    return (telling or lines or [""])[0]


def of_interest(outcomes: dict[str, dict]) -> set[str]:
    """The tests that the peer passes and that use one of the steps."""
    return {test for test, one in outcomes.items() if one["outcome"] == "passed" and one["steps"]}


def main(whose: str, folder: str, *aliases: str) -> None:
    folder, chosen = Path(folder), places(aliases)
    if whose == "ours":
        outcomes = Outcomes(chosen, of_interest(json.loads((folder / "theirs.json").read_text())))
        for place in chosen:
            place.put_in()
    else:
        outcomes = Outcomes(chosen)
        outcomes.watch()
    files = sorted({str(file) for place in chosen for file in place.tests})
    if not files:
        raise SystemExit(f"the peer has no tests of {', '.join(aliases)}")
    options = ["-q", "--no-header", "--tb=short", "--show-capture=no", "-c", "/dev/null", "-p", "no:cacheprovider"]
    pytest.main([*options, f"--rootdir={ROOT}", f"--basetemp={folder / whose}", *files], plugins=[outcomes])
    (folder / f"{whose}.json").write_text(json.dumps(outcomes.of))


if __name__ == "__main__":
    main(*sys.argv[1:])
