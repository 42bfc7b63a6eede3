"""Measure light curves, and write the table to ``docs/truth.md``: ``python -m bench.truth.series [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.imaging.products import PROGRAMS
from bench.truth.series.cases import CASES, make, measure

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
HEADS = (
    "series", "program", "integrations", "of these lost", "depth / truth", "scatter, ppm", "by the errors, ppm",
    "scatter / errors",
)  # fmt: skip


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    with tempfile.TemporaryDirectory() as place:
        for number, case in enumerate(CASES):
            for program in (one for one in programs if one in case.programs):
                observation = make(case, Path(place) / f"{number}{program}", Path(place) / "cache")
                lines.append(_row(case, program, measure(case, observation, program)))
                print(lines[-1], flush=True)
    replace_between_markers(PAGE, "series", "\n".join(lines))


def _row(case, program, one):
    values = (
        case.title,
        program,
        one.nints,
        one.lost,
        f"{one.depth:.3f} ± {one.depth_error:.3f}",
        f"{1e6 * one.scatter:.0f}",
        f"{1e6 * one.expected:.0f}",
        f"{one.excess:.2f}",
    )
    return "| " + " | ".join(map(str, values)) + " |"


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
