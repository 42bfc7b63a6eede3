"""Time ``calwebb_spec2`` and ``calwebb_spec3`` of jwst and of gpucal on slits, by turns, from start to exit.

``python -m bench.slits`` simulates the observations of `bench.slit_cases`. Stage 2 runs on one exposure with its
backgrounds, or on a series; stage 3 on all exposures, calibrated by stage 2 of gpucal. It writes
``docs/benchmarks/slits.json``, a picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that are
left out are kept from the run before.
"""

import argparse
from pathlib import Path

from bench.image_stages import ENVIRONMENT, run
from bench.processes import PROGRAMS, measure
from bench.slit_cases import CASES, association_of, make
from bench.whole_runs import measure_by_turns, programs
from gpucal.simulate import SlitObservation

COLUMNS = ("observation", "stage")
KINDS = {"spec2": "2, one exposure", "spec3": "3, all exposures"}

# Stage 3 makes these of its own exposures.
UNUSED = ("resample_spec", "extract_1d")


def measure_case(name: str, kind: str, arguments: argparse.Namespace, directory: Path) -> dict | None:
    """Run both programs by turns on a stage of an observation; None where it has no such stage."""
    case = CASES[name]
    if kind not in case.stages:
        return None
    observation = make(case, directory / "observed")
    association = association_of(observation, case)
    if kind == "spec3":
        calibrate_exposures(observation)
        association = observation.level3
    commands = {
        program: [*words, f"calwebb_{kind}", str(association)]
        for program, words in programs(arguments.peer and case.with_peer).items()
    }
    environment = observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": arguments.backend}
    # jwst looks for members, and for the metadata file of shutters, in the working directory.
    return measure_by_turns(commands, environment, arguments.runs, directory, association.parent)


def calibrate_exposures(observation: SlitObservation) -> None:
    """Run stage 2 of gpucal on the rates of an observation, each with the others as backgrounds."""
    skipped = [f"--steps.{step}.skip=true" for step in UNUSED]
    for association in observation.level2:
        command = [*PROGRAMS["gpucal"], "calwebb_spec2", str(association), f"--output_dir={association.parent}"]
        measure([*command, *skipped], observation.environment() | ENVIRONMENT, association.parent)


if __name__ == "__main__":
    run("slits", __doc__, KINDS, COLUMNS, measure_case, CASES)
