"""Run jwst and gpucal alternately on the same exposures and machine, and report times and memory.

``python -m bench.speed [--runs N] [--cases NAME ...]`` prints a table and writes it to ``docs/benchmarks.md``.
Each run is a process of its own, from the command line to its exit, with the parameters' defaults.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.report import replace_between_markers
from gpucal import __version__
from gpucal.simulate import simulate

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks.md"

CASES = {
    "NIRCam full frame, 10 groups": {"detector": "NRCA1", "filter": "F200W", "subarray": "FULL", "ngroups": 10},
    "NIRCam SUB64P, 5 groups x 2000": {"detector": "NRCB1", "subarray": "SUB64P", "ngroups": 5, "nints": 2000},
    "NIRISS full frame, 10 groups x 2": {"detector": "NIS", "subarray": "FULL", "ngroups": 10, "nints": 2},
}

PROGRAMS = {
    "jwst": [str(Path(sys.executable).with_name("strun"))],
    "gpucal": [str(Path(sys.executable).with_name("gpucal")), "strun"],
}


@dataclass(frozen=True)
class Run:
    """One process: wall-clock seconds, and the most memory it held, in GiB."""

    seconds: float
    memory: float


def measure(command: list[str], environment: dict[str, str]) -> Run:
    """Run a command to its end.

    Raises
    ------
    RuntimeError
        If it fails, with the end of what it printed.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{output.read().decode()[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 2**20)


def alternate(exposure: Path, environment: dict[str, str], directory: Path, runs: int) -> dict[str, list[Run]]:
    """Run both programs by turns, once before the count so that files and kernels are cached for both."""
    measured = {name: [] for name in PROGRAMS}
    for turn in range(runs + 1):
        for name, program in PROGRAMS.items():
            command = [*program, "calwebb_detector1", str(exposure), f"--output_dir={directory / name}"]
            run = measure(command, os.environ | environment)
            if turn:
                measured[name].append(run)
    return measured


def hardware() -> str:
    """The machine in words."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{len(os.sched_getaffinity(0))} cores of {model}, Python {platform.python_version()}, no GPU"


def table(results: dict[str, dict[str, list[Run]]]) -> str:
    """The results as Markdown."""
    rows = [
        "| exposure | jwst, s | gpucal, s | ratio | jwst, GiB | gpucal, GiB |",
        "|---|---|---|---|---|---|",
    ]
    for case, measured in results.items():
        theirs, ours = (statistics.median(run.seconds for run in measured[name]) for name in PROGRAMS)
        their_memory, our_memory = (max(run.memory for run in measured[name]) for name in PROGRAMS)
        rows.append(
            f"| {case} | {theirs:.1f} | {ours:.1f} | {theirs / ours:.1f} | {their_memory:.1f} | {our_memory:.1f} |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each program (default 3)")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which exposures")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as place:
        for number, case in enumerate(arguments.cases):
            directory = Path(place, str(number))
            simulation = simulate(directory, seed=1, **CASES[case])
            results[case] = alternate(simulation.exposure, simulation.environment(), directory, arguments.runs)
            print(table({case: results[case]}), flush=True)
    intro = f"Median of {arguments.runs} runs by turns, gpucal {__version__} (cpu) and jwst 3.0.0, on {hardware()}."
    replace_between_markers(REPORT, "speed", f"{intro}\n\n{table(results)}")


if __name__ == "__main__":
    main()
