"""Measure cubes, and write the table to ``docs/truth.md``: ``python -m bench.truth.cubes [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.cubes.cases import CASES, make, measure
from bench.truth.imaging.products import PROGRAMS

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
HEADS = (
    "case",
    "program",
    "continuum of the point / truth",
    "its scatter",
    "line flux / truth",
    "shift of lines, pixels",
    "spread of pulls",
    "extended brightness / truth",
    "its scatter",
    "slope of voxels",
)


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    with tempfile.TemporaryDirectory() as place:
        for number, title in enumerate(CASES):
            observation = make(title, Path(place) / str(number), Path(place) / "cache")
            lines += [_row(title, program, *measure(title, observation, program)) for program in programs]
    text = "\n".join(lines)
    print(text)
    replace_between_markers(PAGE, "cubes", text)


def _row(title, program, point, field):
    values = (
        title,
        program,
        f"{point.continuum:.4f}",
        f"{point.scatter:.4f}",
        f"{point.line_flux:.4f}",
        f"{point.line_shift:+.3f}",
        f"{point.spread_of_pulls:.2f}",
        f"{field.brightness:.4f}",
        f"{field.scatter:.4f}",
        f"{field.slope:.3f}",
    )
    return "| " + " | ".join(values) + " |"


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
