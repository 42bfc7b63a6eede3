"""Run programs as processes of their own, by turns, and take their time and their memory."""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from statistics import median

PROGRAMS = {
    "jwst": [str(Path(sys.executable).with_name("strun"))],
    "gpucal": [str(Path(sys.executable).with_name("gpucal")), "strun"],
}

# How both programs tell in their logs when a step begins and ends.
_LINE = re.compile(r"^(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - .* - Step (?P<step>\w+) (?P<what>running|done)")


@dataclass(frozen=True)
class Run:
    """One process.

    Attributes
    ----------
    seconds : float
        Wall-clock time from its start to its exit.
    memory : float
        The most memory it held, GiB.
    processor_seconds : float
        Time that all its threads took of the cores, user and system.
    steps : dict of str to float
        Seconds of each step, from the log.
    """

    seconds: float
    memory: float
    processor_seconds: float
    steps: dict[str, float] = field(default_factory=dict)


def measure(command: list[str], environment: dict[str, str], folder: Path | None = None) -> Run:
    """Run a command to its end, in a folder if one is given.

    Raises
    ------
    RuntimeError
        If it fails, with the end of what it printed.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        output.seek(0)
        printed = output.read().decode()
    if status:
        raise RuntimeError(f"{' '.join(command)} failed:\n{printed[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 2**20, usage.ru_utime + usage.ru_stime, steps_in(printed))


def steps_in(log: str) -> dict[str, float]:
    """Seconds that each step took, by the times of its lines in a log."""
    began, seconds = {}, {}
    for line in log.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        when = datetime.strptime(found["when"], "%Y-%m-%d %H:%M:%S,%f")
        if found["what"] == "running":
            began[found["step"]] = when
        elif found["step"] in began:
            passed = (when - began[found["step"]]).total_seconds()
            seconds[found["step"]] = seconds.get(found["step"], 0.0) + passed
    return seconds


def alternate(
    commands: dict[str, list[str]],
    environment: dict[str, str],
    runs: int,
    places: dict[str, Path] | None = None,
    uncounted: int = 1,
    folder: Path | None = None,
) -> dict[str, list[Run]]:
    """Run commands by turns, once before the count so that files and compiled kernels are cached for all.

    The directory in which a command puts its products is empty each time: what it takes to replace a file depends on
    how busy the disk is with the one before.
    """
    measured = {name: [] for name in commands}
    for turn in range(uncounted + runs):
        for name, command in commands.items():
            if places is not None:
                rmtree(places[name], ignore_errors=True)
                places[name].mkdir()
            run = measure(command, environment, folder)
            if turn >= uncounted:
                measured[name].append(run)
    return measured


def summary(runs: list[Run]) -> dict:
    """Runs for a file of results: each of them, the median time, and the most memory."""
    steps = {name for run in runs for name in run.steps}
    return {
        "seconds": median(run.seconds for run in runs),
        "memory": max(run.memory for run in runs),
        "steps": {name: median(run.steps.get(name, 0.0) for run in runs) for name in sorted(steps)},
        "runs": [asdict(run) for run in runs],
    }
