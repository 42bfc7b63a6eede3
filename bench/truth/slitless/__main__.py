"""Measure spectra without slits, and write ``docs/truth.md``: ``python -m bench.truth.slitless [programs]``."""

import logging
import sys
import tempfile
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth.imaging.products import PROGRAMS
from bench.truth.slitless.cases import CASES, field_spectra, make_field, make_series, series_spectra
from bench.truth.slitless.measures import background_scale, measure_field, measure_series

PAGE = Path(__file__).parents[3] / "docs" / "truth.md"
FIELD_HEADS = (
    "case",
    "program",
    "sources",
    "all light / truth, worst source",
    "continuum / truth",
    "its scatter",
    "line flux / truth",
    "shift of lines, pixels",
    "spread of pulls",
)
SKY_HEADS = ("case", "program", "background / truth - 1")
SERIES_HEADS = (
    "program",
    "stage",
    "flux / truth",
    "its scatter",
    "depth of the transit - truth, ppm",
    "worst step of 0.1 micron, ppm",
    "error of a step, ppm",
)


def main(programs: list[str]) -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        fields, skies = [], []
        for case in CASES:
            observation = make_field(case, place, place / "cache")
            for program in programs:
                path = field_spectra(case, observation, program)
                fields += [_field_row(case.title, program, one) for one in measure_field(observation, path)]
                if case.contamination is None:
                    skies.append(f"| {case.title} | {program} | {background_scale(observation, path):+.1e} |")
        observation, series = make_series(place / "series", place / "cache"), []
        for program in programs:
            for stage, path in enumerate(series_spectra(observation, program), 2):
                series.append(_series_row(program, stage, measure_series(observation, path)))
    for name, heads, lines in (
        ("slitless", FIELD_HEADS, fields),
        ("slitless background", SKY_HEADS, skies),
        ("grism series", SERIES_HEADS, series),
    ):
        text = "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines])
        print(text)
        replace_between_markers(PAGE, name, text)


def _field_row(title, program, one):
    values = (
        title,
        program,
        one.group,
        f"{one.total:.4f}",
        f"{one.continuum:.4f}",
        f"{one.scatter:.4f}",
        f"{one.line_flux:.4f}",
        f"{one.line_shift:+.3f}",
        f"{one.spread_of_pulls:.2f}",
    )
    return "| " + " | ".join(values) + " |"


def _series_row(program, stage, one):
    values = (
        program,
        str(stage),
        f"{one.flux:.4f}",
        f"{one.scatter:.4f}",
        f"{one.depth:+.0f}",
        f"{one.by_wavelength:+.0f}",
        f"{one.error:.0f}",
    )
    return "| " + " | ".join(values) + " |"


if __name__ == "__main__":
    main(sys.argv[1:] or list(PROGRAMS))
