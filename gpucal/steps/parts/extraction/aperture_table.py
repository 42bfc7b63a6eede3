"""Apertures in a table: an extract1d reference that is written with a spreadsheet."""

import json
from pathlib import Path

from gpucal.errors import GpucalError

# The columns that say which slits a row is for, and the name that is for all.
SLIT, SOURCE, ANY = "id", "source_id", "ANY"

# Columns, and what makes a value of a text.
KEYS = {
    SLIT: str, SOURCE: int, "spectral_order": int,
    "xstart": float, "xstop": float, "ystart": float, "ystop": float, "extract_width": float, "position_offset": float,
    "src_coeff": json.loads, "bkg_coeff": json.loads, "independent_var": str, "bkg_fit": str, "bkg_order": int,
    "smoothing_length": int, "use_source_posn": lambda text: text.strip().lower() in ("true", "1", "yes"),
}


class ApertureTableError(GpucalError):
    """A table of apertures cannot be used; the message names it and says why."""


def read_apertures(path: str | Path) -> list[dict]:
    """Read a table of apertures.

    Parameters
    ----------
    path : path
        CSV, or ECSV. A row is an aperture; its columns are called as the keys of the extract1d reference, and lists of
        coefficients are JSON. It is for the slit whose name is its ``id`` (``ANY``, or nothing, for all), and for the
        source whose number is its ``source_id``, if that is told. What is empty is as if the reference lacked the key.

    Returns
    -------
    list of dict
        An aperture each, without what is empty.

    Raises
    ------
    ApertureTableError
        If it is not there, is no table, or has another column or a value that is none.
    """
    from astropy.table import Table  # of no use to most runs

    try:
        table = Table.read(path, format="ascii.ecsv" if str(path).endswith(".ecsv") else "ascii.csv")
    except Exception as error:
        raise ApertureTableError(f"{path}: cannot be read as a table of apertures ({error})") from error
    unknown = [name for name in table.colnames if name not in KEYS]
    if unknown or not {SLIT, SOURCE} & set(table.colnames):
        wrong = f"has no use for the column {unknown[0]}" if unknown else f"needs a column {SLIT} or {SOURCE}"
        raise ApertureTableError(f"{path}: a table of apertures {wrong}; there are {', '.join(KEYS)}")
    return [_row(path, row, table.colnames) for row in table]


def _row(path, row, names: list[str]) -> dict:
    made = {SLIT: ANY}
    for name in names:
        text = str(row[name]).strip()
        if text in ("", "--", "nan"):
            continue
        try:
            made[name] = KEYS[name](text)
        except ValueError as error:
            raise ApertureTableError(f"{path}: {name} cannot be {text!r}") from error
    return made
