"""Time ``calwebb_image3`` of jwst and of gpucal by turns, from the start of the process to its exit.

``python -m bench.image3`` simulates the observations of `bench.observed_cases`, calibrates them with stage 2 of gpucal,
and runs both programs on the same calibrated exposures. It writes ``docs/benchmarks/image3.json``, a picture of it, and
the tables of ``docs/benchmarks.md``. Results of cases that are left out are kept from the run before.
"""

import argparse
from pathlib import Path

from bench.image_stages import ENVIRONMENT, run, settings_of
from bench.observed_cases import make
from bench.processes import PROGRAMS, measure
from bench.whole_runs import measure_by_turns, programs
from gpucal.simulate import Observation

COLUMNS = ("observation", "products")
KINDS = {"mosaic": "mosaic and catalog"}


def measure_case(case: str, kind: str, arguments: argparse.Namespace, directory: Path) -> dict:
    """Run both programs by turns on all exposures of a band."""
    observation = make(case, directory / "observed", **settings_of(arguments))
    calibrate_exposures(observation)
    association = observation.level3[0]
    commands = {
        name: [*program, "calwebb_image3", str(association)] for name, program in programs(arguments.peer).items()
    }
    environment = observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": arguments.backend}
    # jwst leaves catalogs of single exposures in the working directory.
    return measure_by_turns(commands, environment, arguments.runs, directory, association.parent)


def calibrate_exposures(observation: Observation) -> None:
    """Run stage 2 of gpucal on the rates of an observation, without mosaics of single exposures."""
    folder = observation.level2.parent
    command = [*PROGRAMS["gpucal"], "calwebb_image2", str(observation.level2), f"--output_dir={folder}"]
    measure([*command, "--steps.resample.skip=true"], observation.environment() | ENVIRONMENT)


if __name__ == "__main__":
    run("image3", __doc__, KINDS, COLUMNS, measure_case)
