"""Time ``strun calwebb_detector1`` of jwst and of gpucal by turns, from the start of the process to its exit.

``python -m bench.detector1`` simulates the exposures of `bench.cases`, runs both programs on the same files, references
and parameters, and writes ``docs/benchmarks/detector1.json``, a picture of it, and the tables of
``docs/benchmarks.md``. Results of cases that are left out are kept from the run before.
"""

import argparse
import tempfile
from pathlib import Path

from bench import results
from bench.cases import CASES, make, words
from bench.processes import PROGRAMS
from bench.whole_runs import measure_by_turns, publish, table
from gpucal.backend import select_backend

KINDS = ("default", "operational")
COLUMNS = ("exposure", "parameters")


def measure_case(case: str, kind: str, runs: int, backend: str, directory: Path) -> dict:
    """Run both programs by turns on one exposure, and see that their products agree."""
    simulation = make(case, directory)
    parameters = words(CASES[case].operational) if kind == "operational" else []
    commands = {
        name: [*program, "calwebb_detector1", str(simulation.exposure), *parameters]
        for name, program in PROGRAMS.items()
    }
    environment = simulation.environment() | {"GPUCAL_BACKEND": backend}
    return measure_by_turns(commands, environment, runs, directory) | {"parameters": parameters}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each program (default 5)")
    parser.add_argument("--backend", default="cpu", help="where gpucal runs (default cpu)")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which exposures")
    parser.add_argument("--parameters", nargs="*", default=list(KINDS), choices=KINDS, help="which parameters")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    name = results.named("detector1", arguments.backend)
    before = results.load(name) or {"results": {}}
    found = before["results"]
    for case in arguments.cases:
        for kind in arguments.parameters:
            if kind == "operational" and not CASES[case].operational:
                continue
            with tempfile.TemporaryDirectory() as place:
                one = measure_case(case, kind, arguments.runs, arguments.backend, Path(place))
            found[f"{case} | {kind}"] = one
            print(table({"results": {f"{case} | {kind}": one}}, COLUMNS), flush=True)
    publish(name, found, COLUMNS, arguments.runs)


if __name__ == "__main__":
    main()
