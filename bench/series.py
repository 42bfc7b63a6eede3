"""Time stages 2 and 3 of jwst and of gpucal on series, by turns, from start to exit.

``python -m bench.series`` simulates the series of `bench.series_cases`. Stage 2 of images runs on all segments (that of
spectra is a part of `bench.slits`), ``calwebb_tso3`` on what stage 2 of gpucal makes. It writes
``docs/benchmarks/series.json``, a picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that are
left out are kept from the run before.
"""

import argparse
from pathlib import Path

from bench.image_stages import ENVIRONMENT, run
from bench.series_cases import CASES
from bench.spectral_stages import COLUMNS
from bench.whole_runs import measure_by_turns, programs

KINDS = {"image2": "2, all segments", "tso3": "3, all segments"}


def measure_case(name: str, kind: str, arguments: argparse.Namespace, directory: Path) -> dict | None:
    """Time a pipeline of both programs on a series; None for stage 2 of spectra."""
    case = CASES[name]
    if kind == "image2" and not case.is_images:
        return None
    observation = case.make(directory / "observed")
    association = case.association_of(observation)
    if kind == "tso3":
        case.calibrate(observation)
        association = observation.level3
    commands = {
        program: [*words, f"calwebb_{kind}", str(association)] for program, words in programs(arguments.peer).items()
    }
    environment = observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": arguments.backend}
    return measure_by_turns(commands, environment, arguments.runs, directory, association.parent)


if __name__ == "__main__":
    run("series", __doc__, KINDS, COLUMNS, measure_case, CASES)
