"""The figure of the page."""

from pathlib import Path

from matplotlib.figure import Figure

from bench.truth.jumps import Jumps
from bench.truth.slopes import Slopes


def draw(slopes: list[Slopes], jumps: Jumps, path: Path) -> None:
    """Pulls of the rates against the rate, and completeness of jumps against energy, into a PNG."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rates = [one.rate for one in slopes]
    means, spreads = [one.mean_pull for one in slopes], [one.spread_of_pulls for one in slopes]
    left.errorbar(rates, means, yerr=spreads, fmt="o", capsize=3)
    for level in (-1, 0, 1):
        left.axhline(level, color="gray", linewidth=0.8, linestyle="--" if level else "-")
    left.set(
        xscale="log",
        xlabel="true rate, DN/s",
        ylabel="(rate - truth) / ERR, mean and spread",
        ylim=(-1.5, 1.5),
    )
    bins = [one for one in jumps.completeness if one.hits]
    right.stairs(
        [one.found / one.hits for one in bins],
        [bins[0].low, *(one.high for one in bins)],
        fill=True,
        alpha=0.5,
    )
    right.set(xscale="log", xlabel="energy of the hit, electrons", ylabel="fraction found", ylim=(0, 1.02))
    figure.savefig(path, dpi=120)
