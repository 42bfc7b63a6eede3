"""Tables of OIFITS files that are held against each other: whether they are of the same holes, and their columns."""

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.data import Exposure, InputError
from gpucal.steps.parts.interferometry.tables import table_of

# The tables of what was measured.
MEASURED = ("t3", "vis", "vis2", "q4")

# Of each table, the columns of amplitudes and of phases; that of an error has ERR at its end.
AMPLITUDES = {"t3": ("T3AMP",), "vis": ("VISAMP",), "vis2": ("VIS2DATA",), "q4": ("Q4AMP",)}
PHASES = {"t3": ("T3PHI",), "vis": ("VISPHI",), "vis2": (), "q4": ("Q4PHI",)}

# Bands whose mean wavelengths differ by a larger part are of different filters.
SAME_BAND = 0.01


def error_of(name: str) -> str:
    """The column of the error of a quantity."""
    return {"VIS2DATA": "VIS2ERR"}.get(name, f"{name}ERR")


def tables_in(exposure: Exposure) -> dict[str, np.ndarray]:
    """The tables of what was measured, by name, in native byte order; those that are there and have rows."""
    found = {}
    for name in MEASURED:
        table = getattr(exposure.model, name, None)
        if table is not None and len(table):
            found[name] = columns_of(table)
    return found


def columns_of(table) -> dict[str, np.ndarray]:
    """The columns of a table, by name."""
    made = {}
    for name in table.dtype.names:
        column = np.asarray(table[name])
        made[name] = column.astype(column.dtype.newbyteorder("=")) if column.dtype.kind in "fi" else column
    if "FLAG" in made:
        made["FLAG"] = np.isin(made["FLAG"], (1, ord("T")))
    return made


def check_same_holes(exposures) -> None:
    """See that exposures have the same rows, and are of one band.

    Raises
    ------
    InputError
        If two are not.
    """
    first = exposures[0]
    for other in exposures[1:]:
        mine, its = (band_in(exposure) for exposure in (first, other))
        if abs(mine / its - 1.0) > SAME_BAND:
            raise InputError(
                f"{other.source}: is of {1e6 * its:.3f} um, and {first.source} of {1e6 * mine:.3f} um: "
                "they are of different filters"
            )
        ours, theirs = tables_in(first), tables_in(other)
        alike = ours.keys() == theirs.keys() and all(
            np.array_equal(ours[name]["STA_INDEX"], theirs[name]["STA_INDEX"])
            and all(ours[name][column].shape == theirs[name][column].shape for column in AMPLITUDES[name])
            for name in ours
        )
        if not alike:
            raise InputError(f"{other.source}: has other holes or integrations than {first.source}")


def band_in(exposure: Exposure) -> float:
    """The mean wavelength of an exposure, metres.

    Raises
    ------
    InputError
        If it has none, or nothing was measured.
    """
    wavelength = getattr(exposure.model, "wavelength", None)
    if wavelength is None or not len(wavelength) or not tables_in(exposure):
        raise InputError(f"{exposure.source}: holds no fringes; ami_analyze makes such files (ami-oi)")
    return float(wavelength["EFF_WAVE"][0])


def with_tables(exposure: Exposure, tables: dict[str, dict[str, np.ndarray]]) -> Exposure:
    """An exposure with the metadata of another, and some of its tables made anew."""
    made = exposure.copy()
    for name, columns in tables.items():
        made.host[name] = table_of(columns)
    return made


def within_half_turn(degrees):
    """Phases from -180 to 180 degrees; jwst leaves differences as they are."""
    return degrees if as_peer() else (degrees + 180.0) % 360.0 - 180.0


def joined(exposures: list[Exposure]) -> Exposure:
    """All rows of several exposures, with the metadata of the first."""
    rows = [tables_in(exposure) for exposure in exposures]
    tables = {
        name: {
            column: np.concatenate([table[name][column] for table in rows if name in table])
            for column in rows[0][name]
        }
        for name in rows[0]
    }
    return with_tables(exposures[0], tables)
