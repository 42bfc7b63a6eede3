"""Run the parts one after the other, within a time limit."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

from bench.on_device.parts import Part

CHECKOUT = Path(__file__).parents[2]


def time_for(parts: Sequence[Part], left: float) -> float:
    """The seconds that the first of these parts may take: all but the least that the parts behind it need.

    The parts behind it are counted in order of weight, as far as there is time for them; 0 where there is not enough
    for the first one.
    """
    first, *others = parts
    if left < first.least:
        return 0.0
    spare = left - first.least
    for part in others:
        if part.least <= spare:
            spare -= part.least
    return first.least + spare


def run_parts(parts: Sequence[Part], ends: float, place: Path, log: Path, options: list[str]) -> Iterator[dict]:
    """Run parts, each in a process of its own.

    Parameters
    ----------
    parts : sequence of Part
        In order of weight.
    ends : float
        When all has to be over, on the clock of `time.monotonic`.
    place : Path
        A folder for what parts leave behind.
    log : Path
        Where what they print is added.
    options : list of str
        For `bench.on_device.one_part`.

    Yields
    ------
    dict
        For each part its name, its state in words, whether it is whole, the seconds it took, and what it found.
    """
    for number, part in enumerate(parts):
        limit = time_for(parts[number:], ends - monotonic())
        found = {"name": part.name, "shows": part.shows, "results": {}}
        if not limit:
            left = max(0, ends - monotonic())
            yield found | {"state": f"left out: {left:.0f} s were left of {part.least:.0f} it needs", "whole": False}
            continue
        file = place / f"{part.name}.json"
        command = [sys.executable, "-m", "bench.on_device.one_part", part.name, f"--file={file}", *options]
        began = monotonic()
        state = run_within(command, limit, log)
        seconds = monotonic() - began
        kept = json.loads(file.read_text()) if file.exists() else {}
        yield found | kept | {"state": state, "whole": state == "done", "seconds": round(seconds, 1)}


def run_within(command: list[str], limit: float, log: Path) -> str:
    """Run a command for no more than some seconds, with all that it starts; how it ended, in words."""
    with log.open("ab") as output:
        output.write(f"\n== {' '.join(command)}\n".encode())
        output.flush()
        begins = output.tell()
        process = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end_all(process)
    if status is None:
        return f"cut off after {limit:.0f} s"
    return "done" if status == 0 else f"failed ({_how(status)}): {last_line(log, begins)}"


def end_all(process: subprocess.Popen) -> None:
    """End a process and those that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _how(status: int) -> str:
    return f"exit code {status}" if status > 0 else signal.Signals(-status).name


def last_line(log: Path, begins: int) -> str:
    """The last line of a log behind a place in it."""
    with log.open("rb") as file:
        file.seek(begins)
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
