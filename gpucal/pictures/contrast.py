"""Contrast curves: read with astropy alone."""

from pathlib import Path

from astropy.table import Table

COLUMNS = ("separation", "noise", "throughput", "limit")


def holds_contrast(path: Path) -> bool:
    """Whether a table is a contrast curve."""
    try:
        with open(path) as file:
            lines = [line for line in file if not line.startswith("#")]
    except OSError:
        return False
    return bool(lines) and tuple(lines[0].split()[: len(COLUMNS)]) == COLUMNS


def show_contrast(axes, path: Path) -> None:
    """Draw the limit and the noise, and the throughput on an axis of its own.

    Parameters
    ----------
    axes : matplotlib Axes
    path : Path
        An ECSV file that `holds_contrast`.
    """
    table = Table.read(path, format="ascii.ecsv")
    column = "contrast" if "contrast" in table.colnames else "limit"
    separation, limit = table["separation"], table[column]
    per = float(limit[0] / table["limit"].value[0]) if column == "contrast" else 1.0
    unit = "flux over that of the star" if column == "contrast" else f"flux, {table['limit'].unit}"
    level = table.meta.get("level", 5.0)
    axes.semilogy(separation, limit, label=f"found at {level:g} standard deviations")
    axes.semilogy(separation, table["noise"].value * per, ":", label="standard deviation")
    axes.set(xlabel="separation, arcsec", ylabel=unit)
    axes.grid(alpha=0.3)
    axes.legend()
    beside = axes.twinx()
    beside.plot(separation, table["throughput"], color="gray", alpha=0.6)
    beside.set(ylabel="throughput (grey)", ylim=(0, 1.1))
