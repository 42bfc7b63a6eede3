"""Time ``calwebb_image2`` of jwst and of gpucal by turns, from the start of the process to its exit.

``python -m bench.image2`` simulates the rates of the observations of `bench.observed_cases` and runs both programs on
the first exposure alone, and on all of them: jwst in one process, ``gpucal batch`` in another, whose times are divided
by the number of exposures. It writes ``docs/benchmarks/image2.json``, a picture of it, and the tables of
``docs/benchmarks.md``. Results of cases that are left out are kept from the run before.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from bench.image_stages import ENVIRONMENT, run, settings_of
from bench.observed_cases import make
from bench.whole_runs import measure_by_turns, programs
from gpucal.associations import read_association, write_association
from gpucal.simulate import Observation

PIPELINE = "calwebb_image2"
COLUMNS = ("observation", "exposures")
KINDS = {"one": "one alone", "batch": "all, each"}


def measure_case(case: str, kind: str, arguments: argparse.Namespace, directory: Path) -> dict:
    """Run both programs by turns on one exposure, or on all; seconds are those of an exposure."""
    observation = make(case, directory / "observed", **settings_of(arguments))
    folder = observation.level2.parent  # where jwst looks for members
    commands = {"one": of_first, "batch": of_all}[kind](observation, programs(arguments.peer))
    environment = observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": arguments.backend}
    found = measure_by_turns(commands, environment, arguments.runs, directory, folder)
    exposures = len(observation.science) if kind == "batch" else 1
    for name in commands:
        found[name]["seconds"] /= exposures
    return found | {"exposures": exposures}


def of_first(observation: Observation, commands: dict[str, list[str]]) -> dict[str, list[str]]:
    """Command lines for the first exposure, with its backgrounds."""
    association = read_association(observation.level2)
    first = observation.level2.with_name("first_image2_asn.json")
    write_association(replace(association, products=association.products[:1]), first)
    return {name: [*program, PIPELINE, str(first)] for name, program in commands.items()}


def of_all(observation: Observation, commands: dict[str, list[str]]) -> dict[str, list[str]]:
    """Command lines for all exposures."""
    return {
        name: [*(batch_of(program) if name == "gpucal" else program), PIPELINE, str(observation.level2)]
        for name, program in commands.items()
    }


def batch_of(program: list[str]) -> list[str]:
    """``gpucal batch`` for ``gpucal strun``."""
    return [*program[:-1], "batch"]


if __name__ == "__main__":
    run("image2", __doc__, KINDS, COLUMNS, measure_case)
