"""Measure images, and write the tables to ``docs/truth.md``: ``python -m bench.truth.imaging [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.imaging import tables
from bench.truth.imaging.cases import CASES, make, measure
from bench.truth.imaging.conservation import KERNELS, measure_conservation, observe_stars
from bench.truth.imaging.products import PROGRAMS, calibrate_exposures, combine

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
NOT_NEEDED = ("tweakreg", "skymatch", "outlier_detection", "source_catalog")


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    measured, kernels = [], {}
    with tempfile.TemporaryDirectory() as place:
        for number, case in enumerate(CASES):
            observation = make(case, Path(place) / str(number))
            measured += [measure(case, program, observation) for program in programs]
        stars = observe_stars(Path(place) / "stars")
        for program in programs:
            calibrate_exposures(stars, program)
            kernels[program] = [_conservation(stars, program, kernel) for kernel in KERNELS]
    parts = {
        "imaging astrometry": tables.astrometry(measured),
        "imaging photometry": tables.photometry(measured),
        "imaging levels": tables.levels(measured),
        "imaging outliers": tables.outliers(measured),
        "imaging kernels": tables.conservation(kernels),
    }
    for name, text in parts.items():
        print(f"\n{text}")
        replace_between_markers(PAGE, name, text)


def _conservation(stars, program, kernel):
    steps = {name: {"skip": True} for name in NOT_NEEDED} | {"resample": {"kernel": kernel}}
    return measure_conservation(stars, combine(stars, program, **steps).mosaic, kernel)


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
