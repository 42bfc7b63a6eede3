"""Measure starlight, and write the tables to ``docs/truth.md``: ``python -m bench.truth.starlight [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.imaging.products import PROGRAMS
from bench.truth.starlight import coronagraphy

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
HEADS = (
    "coronagraph",
    "program",
    "largest shift left, pixels",
    "flux of companions / truth",
    "offset, mas",
    "limit there / star",
    "spread of pulls",
)


def coronagraphs(programs: list[str], place: Path) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The heads and rows of the table of coronagraphs."""
    rows = []
    for number, title in enumerate(coronagraphy.MASKS):
        observation = coronagraphy.make(title, place / str(number), place / "cache")
        for program in programs:
            folder = place / f"{number}-{program}"
            folder.mkdir()
            found = coronagraphy.measure(observation, program, folder)
            rows.append(
                (
                    title,
                    program,
                    f"{found.shift:.3f}",
                    ", ".join(f"{flux:.3f}" for flux in found.flux),
                    ", ".join(f"{offset:.1f}" for offset in found.offset),
                    ", ".join(f"{limit:.1e}" for limit in found.limit),
                    f"{found.pulls:.2f}" if found.pulls < 100 else f"{found.pulls:.0e}",
                )
            )
    return HEADS, rows


# Name of the place in the page -> the function that makes the table.
TABLES = {"coronagraphs": coronagraphs}


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    for name, table in TABLES.items():
        with tempfile.TemporaryDirectory() as place:
            heads, rows = table(programs, Path(place))
        lines = ["| " + " | ".join(row) + " |" for row in (heads, *rows)]
        text = "\n".join([lines[0], "|" + "---|" * len(heads), *lines[1:]])
        print(text)
        replace_between_markers(PAGE, name, text)


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
