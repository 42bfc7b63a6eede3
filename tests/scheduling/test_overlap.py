"""One exposure is read while another is computed and a third is written, and no more than that."""

import logging
import os
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gpucal.core.log.events import StepEvent, announce
from gpucal.data import InputError, OutputError
from gpucal.data.writing import write_model
from gpucal.scheduling.order import Job
from gpucal.scheduling.overlap import run_overlapped
from gpucal.scheduling.turns import Turns

PATIENCE = 60


@dataclass
class Stages:
    """A stand-in for a recipe that takes note of who is in which stage, and calls ``at[stage, name]`` there."""

    directory: Path
    at: dict = field(default_factory=dict)
    backend: str = "cpu"
    now: dict = field(default_factory=lambda: {"read": set(), "compute": set(), "write": set()})
    most: dict = field(default_factory=lambda: {"read": 0, "compute": 0, "write": 0})
    order: list = field(default_factory=list)

    def visit(self, stage, name):
        self.now[stage].add(name)
        self.most[stage] = max(self.most[stage], len(self.now[stage]))
        try:
            self.at.get((stage, name), lambda: None)()
        finally:
            self.now[stage].remove(name)

    def configured(self, path):
        self.order.append(path.stem)
        self.visit("read", path.stem)
        return _Step(self, path.stem), []


@dataclass
class _Step:
    stages: Stages
    name: str

    def make_products(self, _inputs):
        announce(StepEvent("started", self.name))
        self.stages.visit("compute", self.name)
        announce(StepEvent("done", self.name))
        write_model(_Model(self.stages, self.name), self.stages.directory / f"{self.name}_rate.fits")


@dataclass
class _Model:
    stages: Stages
    name: str
    _instance: dict = field(default_factory=dict)

    def save(self, path):
        self.stages.visit("write", self.name)
        path.write_text(self.name)


def jobs(*names):
    return [Job(Path(f"{name}.fits"), ()) for name in names]


def outcomes(stages, *names):
    return {outcome.input.stem: outcome for _, outcome in run_overlapped(stages, jobs(*names))}


def test_the_three_stages_overlap(tmp_path):
    """Each of three exposures stays in a stage of its own until all three are there."""
    together = threading.Barrier(3, timeout=PATIENCE)
    at = {("write", "a"): together.wait, ("compute", "b"): together.wait, ("read", "c"): together.wait}
    results = outcomes(Stages(tmp_path, at), "a", "b", "c")
    assert {name: outcome.error for name, outcome in results.items()} == {"a": None, "b": None, "c": None}


def test_no_stage_has_more_than_one_exposure(tmp_path):
    stages = Stages(tmp_path)
    names = [f"x{number}" for number in range(30)]
    results = outcomes(stages, *names)
    assert stages.most == {"read": 1, "compute": 1, "write": 1}
    assert stages.order == names
    for name, outcome in results.items():
        assert [product.path for product in outcome.products] == [tmp_path / f"{name}_rate.fits"]


def test_nothing_is_read_before_its_turn(tmp_path):
    """While one exposure computes, one is read; the third waits, and with it the fourth."""
    stages = Stages(tmp_path)
    read = threading.Event()
    stages.at["read", "b"] = read.set

    def see_who_is_read():
        assert read.wait(PATIENCE)
        assert "c" not in stages.order

    stages.at["compute", "a"] = see_who_is_read
    assert outcomes(stages, "a", "b", "c", "d")["a"].error is None


def fail(error):
    def raiser():
        raise error

    return raiser


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("x.fits: truncated"), "x.fits: truncated"),
        (ValueError("of\ntwo lines"), "ValueError: of two lines"),
        (MemoryError(), "MemoryError: MemoryError"),
    ],
)
def test_an_error_is_that_of_its_exposure(tmp_path, stage, error, said):
    results = outcomes(Stages(tmp_path, {(stage, "b"): fail(error)}), "a", "b", "c")
    assert {name: outcome.status for name, outcome in results.items()} == {"a": "done", "b": "failed", "c": "done"}
    assert results["b"].error == said
    assert results["b"].products == ()


def test_a_full_disk_is_an_error_of_the_exposure(tmp_path):
    results = outcomes(Stages(tmp_path, {("write", "a"): fail(OSError(28, "No space left"))}), "a", "b")
    assert "a_rate.fits: cannot be written (No space left)" in results["a"].error
    assert results["b"].status == "done"
    assert OutputError.exit_code == 1


def test_an_interrupt_ends_the_step_and_loses_nothing_that_is_done(tmp_path, monkeypatch):
    """It comes while a is written and b computed: a is finished, b ends with its step, c and d are not begun."""
    stages, stopped, computed = Stages(tmp_path), threading.Event(), threading.Event()
    stop = Turns.stop
    monkeypatch.setattr(Turns, "stop", lambda turns: (stop(turns), stopped.set()))

    def interrupt():
        computed.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(PATIENCE)

    stages.at["write", "a"] = lambda: (computed.set(), stopped.wait(PATIENCE))
    stages.at["compute", "b"] = interrupt
    seen = []
    with pytest.raises(KeyboardInterrupt):
        for _, outcome in run_overlapped(stages, jobs("a", "b", "c", "d")):
            seen.append((outcome.input.stem, outcome.status))
    assert seen == [("a", "done")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a_rate.fits"]


def test_what_is_no_error_of_an_exposure_ends_the_batch(tmp_path):
    with pytest.raises(SystemExit):
        outcomes(Stages(tmp_path, {("compute", "a"): fail(SystemExit(3))}), "a", "b")


def test_the_times_leave_waiting_out(tmp_path):
    """b has been read long before a is computed; its reading does not count the wait."""
    stages = Stages(tmp_path)
    read, clock = threading.Event(), threading.Event()
    stages.at["read", "b"] = read.set
    stages.at["compute", "a"] = lambda: (read.wait(PATIENCE), clock.wait(0.3))
    results = outcomes(stages, "a", "b")
    assert results["a"].times.compute >= 0.3
    assert results["b"].times.read < results["a"].times.compute
    assert results["a"].times.started.endswith("+00:00")


def test_log_messages_of_the_package_still_pass(tmp_path, caplog):
    stages = Stages(tmp_path, {("compute", "a"): lambda: logging.getLogger("gpucal.x").warning("from a thread")})
    outcomes(stages, "a")
    assert "from a thread" in caplog.text
