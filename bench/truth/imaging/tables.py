"""The measures as Markdown."""

import numpy as np

from bench.truth.imaging.cases import Measured
from bench.truth.imaging.conservation import Conservation
from bench.truth.imaging.outliers import BINS


def astrometry(measured: list[Measured]) -> str:
    """How well exposures are aligned."""
    rows = [
        (
            f"{one.before.relative:.0f}",
            f"{one.after.relative:.2f}",
            f"{one.after.worst:.2f}",
            f"{one.after.absolute:.2f}",
        )
        for one in measured
    ]
    heads = ("before, mas", "aligned, mas", "worst exposure, mas", "all together off the sky, mas")
    return _table(measured, heads, rows)


def photometry(measured: list[Measured]) -> str:
    """Stars in the catalogue."""
    rows = []
    for one in measured:
        found = one.photometry
        share = f"{found.found} of {found.stars}"
        pulls = f"{found.mean_pull:.2f} | {found.spread_of_pulls:.2f}"
        if np.isnan(found.mean_pull):
            pulls = "too few | too few"
        rows.append((share, f"{found.scatter:.2f}", f"{found.bias:+.4f}", pulls))
    heads = ("stars found", "median distance, mas", "bias of bright ones", "median pull of faint ones | their spread")
    return _table(measured, heads, rows)


def levels(measured: list[Measured]) -> str:
    """Levels of the sky."""
    rows = [(f"{one.levels.spread:.4f}", f"{one.levels.worst:.4f}") for one in measured]
    return _table(measured, ("range of the true levels, MJy/sr", "largest error of a difference, MJy/sr"), rows)


def outliers(measured: list[Measured]) -> str:
    """Cosmic rays found, and false flags."""
    heads = [
        f"{low:g} to {high:g} sigma" if high < 1e9 else f"above {low:g} sigma"
        for low, high in zip(BINS[:-1], BINS[1:], strict=True)
    ]
    rows = []
    for one in measured:
        found = one.outliers
        shares = [f"{part} of {whole}" for part, whole in zip(found.found, found.hits, strict=True)]
        rows.append((*shares, f"{found.false:.1e}", f"{found.false_in_stars:.1e}"))
    return _table(measured, (*heads, "false flags", "false flags on bright pixels"), rows)


def conservation(measured: dict[str, list[Conservation]]) -> str:
    """Flux that kernels keep, by the name of the program."""
    lines = ["| program | kernel | mean of flux / truth - 1 | spread |", "|---|---|---|---|"]
    for program, found in measured.items():
        lines += [f"| {program} | {one.kernel} | {one.mean:+.5f} | {one.spread:.5f} |" for one in found]
    return "\n".join(lines)


def _table(measured, heads, rows):
    columns = " | ".join(("observation", "program", *heads))
    lines = [f"| {columns} |", "|" + "---|" * (columns.count("|") + 1)]
    for one, row in zip(measured, rows, strict=True):
        lines.append(f"| {' | '.join((one.case.name, one.program, *row))} |")
    return "\n".join(lines)
