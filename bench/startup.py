"""Time what comes before any pixel: help, the parameters of a step, and the kernels that a first run compiles.

``python -m bench.startup`` writes ``docs/benchmarks/startup.json`` and the table of ``docs/benchmarks.md``.

``python -m bench.startup --patches`` times whole runs of stage 1 with each of the tricks of `gpucal.startup.switch`
turned off, one at a time, and with all; it writes ``docs/benchmarks/patches.json`` and its table. The table has the
time of the cores, the least of several runs: other work of the machine adds little to it.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from bench import results
from bench.cases import make
from bench.processes import PROGRAMS, alternate, measure
from gpucal.backend import select_backend
from gpucal.startup.switch import TRICKS, VARIABLE

GPUCAL = PROGRAMS["gpucal"][0]
COMMANDS = {
    "gpucal --help": [GPUCAL, "--help"],
    "gpucal strun jump -h": [GPUCAL, "strun", "jump", "-h"],
    "strun jump -h (jwst)": [*PROGRAMS["jwst"], "jump", "-h"],
}
CASE = "NIRCam full frame, 10 groups"


def modules_imported(command: list[str]) -> int:
    """How many modules a command imports."""
    script = Path(command[0]).read_text().splitlines()[0].removeprefix("#!")
    done = subprocess.run([script, "-X", "importtime", *command], capture_output=True, text=True, check=False)
    return sum(line.startswith("import time:") for line in done.stderr.splitlines()) - 1


def first_runs(runs: int) -> dict[str, float]:
    """Seconds of whole runs of stage 1 with an empty cache of kernels, and with a full one."""
    taken = {"empty cache": [], "full cache": []}
    with tempfile.TemporaryDirectory() as place:
        simulation = make(CASE, Path(place))
        command = [*PROGRAMS["gpucal"], "calwebb_detector1", str(simulation.exposure), f"--output_dir={place}/out"]
        for turn in range(runs):
            environment = simulation.environment() | {"GPUCAL_BACKEND": "cpu", "XDG_CACHE_HOME": f"{place}/{turn}"}
            for what in taken:
                taken[what].append(measure(command, environment).seconds)
    return {what: median(seconds) for what, seconds in taken.items()}


def without_tricks(runs: int) -> dict[str, dict[str, float]]:
    """Seconds of whole runs of stage 1, of the clock and of the cores, by what is turned off for them."""
    turned_off = {"nothing": "0", **{trick: trick for trick in TRICKS}, "all of them": "1"}
    with tempfile.TemporaryDirectory() as place:
        simulation = make(CASE, Path(place))
        command = [*PROGRAMS["gpucal"], "calwebb_detector1", str(simulation.exposure), f"--output_dir={place}/out"]
        commands = {what: ["env", f"{VARIABLE}={value}", *command] for what, value in turned_off.items()}
        measured = alternate(commands, simulation.environment() | {"GPUCAL_BACKEND": "cpu"}, runs)
    return {
        what: {
            "seconds": min(run.seconds for run in taken),
            "processor seconds": min(run.processor_seconds for run in taken),
        }
        for what, taken in measured.items()
    }


def table_of_tricks(measured: dict) -> str:
    """What each trick saves, as Markdown."""
    seconds = {what: taken["processor seconds"] for what, taken in measured["results"].items()}
    rows = [
        [what, TRICKS.get(what, ""), f"{taken:.2f}", f"{taken - seconds['nothing']:.2f}"]
        for what, taken in seconds.items()
    ]
    return results.markdown(["turned off", "what it does", "processor seconds", "saved by it"], rows)


def table(measured: dict) -> str:
    """All times, as Markdown."""
    rows = [
        [f"`{name}`", f"{one['seconds']:.2f}", str(one["modules"])] for name, one in measured["results"].items()
    ]
    first = measured["first runs"]
    for what, seconds in first.items():
        rows.append([f"stage 1, {CASE}, {what} of kernels", f"{seconds:.1f}", ""])
    return results.markdown(["command", "seconds", "modules imported"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each command (default 7)")
    parser.add_argument("--first-runs", type=int, default=2, help="runs with an empty cache (default 2)")
    parser.add_argument("--patches", action="store_true", help="time runs without each trick of a faster start")
    arguments = parser.parse_args()
    select_backend("cpu")
    if arguments.patches:
        measured = results.save("patches", without_tricks(arguments.runs), case=CASE)
        results.publish("patches", measured, table_of_tricks(measured))
        print(table_of_tricks(measured))
        return
    found = {}
    for name, command in COMMANDS.items():
        seconds = [measure(command, {}).seconds for _ in range(arguments.runs)]
        found[name] = {"seconds": median(seconds), "modules": modules_imported(command)}
        print(f"{name}: {found[name]['seconds']:.2f} s, {found[name]['modules']} modules", flush=True)
    measured = results.save("startup", found, **{"first runs": first_runs(arguments.first_runs)})
    results.publish("startup", measured, table(measured))
    print(table(measured))


if __name__ == "__main__":
    main()
