"""The factor from rates to physical units: its row in the reference, and how it changes with time.

Source: the photom reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/reference_files.html.
"""

import logging
from collections.abc import Mapping, Sequence

import numpy as np

from gpucal.errors import SkipStep
from gpucal.reference import Reference, ReferenceFileError

log = logging.getLogger(__name__)

# What a row of the reference has in common with an exposure, by instrument; of several sets the first with a row
# counts. A column with a question mark is left out where the reference does not have it.
ROW_KEYS: Mapping[str, Sequence[Sequence[str]]] = {
    "NIRCAM": [("filter", "pupil", "subarray?")],
    "NIRISS": [("filter", "pupil")],
    "MIRI": [("filter", "subarray"), ("filter", "subarray=GENERIC")],
    "FGS": [()],
    "NIRSPEC": [("filter", "grating", "slit?")],
}

# Those of spectra that have a row for each spectral order.
ORDER_KEYS: Mapping[str, Sequence[Sequence[str]]] = {
    "NIRCAM": [("filter", "pupil", "order")],
    "NIRISS": [("filter", "pupil", "order")],
    "MIRI": ROW_KEYS["MIRI"],
}

DAYS_OF_YEAR = 365.0


def photometry_row(reference: Reference, meta) -> int:
    """The row of a photom reference that an exposure needs.

    Raises
    ------
    SkipStep
        If there is none.
    ReferenceFileError
        If there are several.
    """
    row = find_row(reference, meta)
    if row is None:
        reason = f"{reference.label} has no row for {in_words(meta)}"
        log.warning("Count rates are not calibrated: %s", reason)
        raise SkipStep(reason)
    return row


def find_row(reference: Reference, meta, slit: str | None = None, order: int | None = None) -> int | None:
    """The row of a photom reference for an exposure, one of its slits, or a spectral order; None if there is none.

    Raises
    ------
    ReferenceFileError
        If there are several.
    """
    table = reference.table("phot_table")
    if table is None:
        raise ReferenceFileError(f"{reference.label}: holds no table of factors; it is no photom reference")
    for keys in (ROW_KEYS if order is None else ORDER_KEYS)[str(meta.instrument.name).upper()]:
        found = np.ones(len(table), bool)
        for key in keys:
            column, value = _column_and_value(key, table.dtype.names, meta, slit, order)
            if column is not None:
                found &= np.char.upper(table[column].astype(str)) == value
        rows = np.flatnonzero(found)
        if not keys:
            return 0
        if len(rows) > 1:
            raise ReferenceFileError(f"{reference.label}: {len(rows)} rows are for {in_words(meta, slit)}")
        if len(rows):
            return int(rows[0])
    return None


def _column_and_value(key: str, columns: Sequence[str], meta, slit, order) -> tuple[str | None, str]:
    name, _, given = key.partition("=")
    column = name.removesuffix("?")
    if name.endswith("?") and column not in columns:
        return None, ""
    elsewhere = {"subarray": meta.subarray.name, "slit": slit, "order": order}
    value = elsewhere[column] if column in elsewhere else getattr(meta.instrument, column)
    return column, (given or str(value)).upper()


def in_words(meta, slit: str | None = None) -> str:
    """What a row is looked for by."""
    instrument = meta.instrument
    about = {
        "filter": instrument.filter,
        "pupil": instrument.pupil,
        "grating": instrument.grating,
        "subarray": None if slit else meta.subarray.name,
        "slit": slit,
    }
    return ", ".join(f"{name} {value}" for name, value in about.items() if value is not None)


def change_with_time(reference: Reference, row: int, day: float | None) -> np.float64:
    """The throughput at a time, relative to that of the factors.

    Parameters
    ----------
    reference : Reference
        May have tables of coefficients, as long as that of the factors: linear, exponential and power-law changes,
        whose product counts.
    row : int
        Of the factor.
    day : float or None
        The middle of the exposure, modified Julian date.

    Returns
    -------
    float64
        One where there is no table. A factor of single precision that is divided by it becomes one of double precision.

    Raises
    ------
    ReferenceFileError
        If there is a table, and the exposure does not say when it was taken.
    """
    change = np.float64(1)
    for name, form in _FORMS.items():
        table = reference.table(f"timecoeff_{name}")
        if table is None:
            continue
        if day is None:
            raise ReferenceFileError(f"{reference.label} depends on time, and the exposure lacks the keyword EXPMID")
        change *= form(day, table[row : row + 1])[0]  # as arrays, which NumPy raises to powers in its own way
    return change


def _linear(day, row):
    return 1.0 - row["lossperyear"] * (day - row["t0"]) / DAYS_OF_YEAR


def _exponential(day, row):
    return row["amplitude"] * np.exp(-(day - row["t0"]) / row["tau"]) + row["const"]


def power_law(day, row):
    """A loss that slows down with time, with the coefficients of rows of a table."""
    norm = (DAYS_OF_YEAR + row["tsoft"]) ** row["alpha"] / row["year1value"]
    return (day - row["t0"] + row["tsoft"]) ** row["alpha"] / norm


_FORMS = {"linear": _linear, "exponential": _exponential, "powerlaw": power_law}
