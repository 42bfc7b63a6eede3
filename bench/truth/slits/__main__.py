"""Measure spectra, and write the table to ``docs/truth.md``: ``python -m bench.truth.slits [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.imaging.products import PROGRAMS
from bench.truth.slits.cases import CASES, make, measure

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
HEADS = (
    "case",
    "program",
    "source",
    "continuum / truth",
    "its scatter",
    "line flux / truth",
    "shift of lines, pixels",
    "of the worst line",
    "spread of pulls",
)


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    with tempfile.TemporaryDirectory() as place:
        for number, case in enumerate(CASES):
            observation = make(case, Path(place) / str(number), Path(place) / "cache")
            for program in programs:
                lines += [_row(case, program, one) for one in measure(case, observation, program)]
    text = "\n".join(lines)
    print(text)
    replace_between_markers(PAGE, "slits", text)


def _row(case, program, one):
    values = (
        case.title,
        program,
        f"{one.source}, {one.kind}",
        f"{one.continuum:.4f}",
        f"{one.scatter:.4f}",
        f"{one.line_flux:.4f}",
        f"{one.line_shift:+.3f}",
        f"{one.worst_line:+.3f}",
        f"{one.spread_of_pulls:.2f}",
    )
    return "| " + " | ".join(values) + " |"


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
