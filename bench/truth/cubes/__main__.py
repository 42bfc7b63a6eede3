"""Measure cubes, and write the table to ``docs/truth.md``: ``python -m bench.truth.cubes [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.cubes import leak
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
LEAK_HEADS = ("program", "what leaks in / truth", "3A where it leaks in", "3A elsewhere")


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        for number, title in enumerate(CASES):
            observation = make(title, place / str(number), place / "cache")
            rows += [_row(title, program, *measure(title, observation, program)) for program in programs]
        observations = leak.make(place / "leak", place / "cache")
        leaks = [_leak_row(one, leak.measure(observations, one, place / "leak" / one)) for one in programs]
    for name, heads, lines in (("cubes", HEADS, rows), ("leak", LEAK_HEADS, leaks)):
        text = "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines])
        print(text)
        replace_between_markers(PAGE, name, text)


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


def _leak_row(program, found):
    return f"| {program} | {found.painted:.3f} | {found.within:.4f} | {found.beside:.4f} |"


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
