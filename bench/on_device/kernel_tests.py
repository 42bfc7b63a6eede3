"""The tests of kernels and of the backend, on the device.

Tests that run on each backend in turn compare with NumPy or with written numbers; here they run on the device alone.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from bench.on_device.session import Session
from bench.results import markdown
from gpucal.backend.selection import ENVIRONMENT_VARIABLE

CHECKOUT = Path(__file__).parents[2]
FILES = ("tests/kernels", "tests/backend")
# Needs no device, and takes long.
LEFT_OUT = "tests/backend/test_ptx.py"
SMOKE_FILES = ("tests/kernels/images",)


class Outcomes:
    """A pytest plugin that leaves out tests on the CPU, and keeps how those of each file ended."""

    def __init__(self, session: Session):
        self._session = session
        self._of: dict[str, dict] = {}

    def pytest_collection_modifyitems(self, items):
        """Leave out what runs on the CPU."""
        items[:] = [item for item in items if parameters(item).get("backend") != "cpu"]

    def pytest_runtest_logreport(self, report):
        """A test, or what is before or behind it, has ended."""
        file, _, test = report.nodeid.partition("::")
        found = self._of.setdefault(file, {"counts": Counter(), "errors": {}, "seconds": 0.0})
        found["seconds"] += report.duration
        if report.when == "call" or report.outcome != "passed":
            found["counts"][report.outcome] += 1
        if report.failed:
            found["errors"][test] = report.longreprtext.strip().splitlines()[-1]

    def pytest_runtest_logfinish(self, nodeid, location):
        """A test is over."""
        file = nodeid.partition("::")[0]
        self._session.keep(file, self._of[file])


def parameters(item) -> dict:
    """The parameters of a test."""
    return getattr(getattr(item, "callspec", None), "params", {})


def measure(session: Session) -> None:
    os.environ[ENVIRONMENT_VARIABLE] = session.backend
    files = SMOKE_FILES if session.smoke else FILES
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={session.exposures / 'tests'}"]
    options.append(f"--ignore={CHECKOUT / LEFT_OUT}")
    pytest.main([*options, *(str(CHECKOUT / file) for file in files)], plugins=[Outcomes(session)])


def tables(part: dict) -> dict[str, str]:
    folders: dict[str, Counter] = {}
    for file, found in part["results"].items():
        sums = folders.setdefault(file.rpartition("/")[0], Counter())
        sums.update({**found["counts"], "seconds": found["seconds"]})
    rows = [
        [f"`{folder}`", *(str(sums[name]) for name in ("passed", "failed", "skipped")), f"{sums['seconds']:.1f}"]
        for folder, sums in folders.items()
    ]
    errors = [
        f"- `{file}::{test}`: {error}"
        for file, found in part["results"].items()
        for test, error in found["errors"].items()
    ]
    table = markdown(["tests", "passed", "failed", "skipped", "seconds"], rows)
    return {"device-tests": "\n".join([table, *([""] if errors else []), *errors])}
