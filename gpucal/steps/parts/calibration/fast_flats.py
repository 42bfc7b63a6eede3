"""The fast variation of a flat field of NIRSpec: its table, row by slit.

Source: the flat field reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/reference_files.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.reference import ReferenceFileError

ANY_SLIT = "any"


class FastVariation(NamedTuple):
    """Response by wavelength.

    Attributes
    ----------
    wavelength, values, errors : (n,) float64 array
        Micron, increasing; response, and its error.
    """

    wavelength: np.ndarray
    values: np.ndarray
    errors: np.ndarray


def fast_variation(table: np.ndarray | None, slit: str | None, label: str) -> FastVariation:
    """The fast variation for a slit.

    Parameters
    ----------
    table : structured array or None
        A row for each slit, of arrays; or one for each wavelength, of numbers.
    slit : str or None
        The name of the slit, where rows are told apart by it; the first of the rows for it, or for any slit, counts.
    label : str
        What messages call the reference.

    Returns
    -------
    FastVariation
        Without the elements that have no wavelength or no response.

    Raises
    ------
    ReferenceFileError
        If there is no such row, or a column is missing.
    """
    missing = {"wavelength", "data", "error"}.difference(() if table is None else table.dtype.names)
    if missing:
        raise ReferenceFileError(f"{label}: its table of the fast variation lacks {', '.join(sorted(missing))}")
    columns = [np.atleast_1d(table[name]) for name in ("wavelength", "data", "error")]
    row = 0
    if columns[0].ndim > 1:
        row = _row_of(table, slit, label)
        columns = [column[row] for column in columns]
    count = int(table["nelem"][row]) if "nelem" in table.dtype.names else None
    wavelength, values, errors = (np.asarray(column[:count], np.float64) for column in columns)
    usable = (wavelength > 0) & (values != 0) & ~np.isnan(values)
    return FastVariation(wavelength[usable], values[usable], errors[usable])


def _row_of(table: np.ndarray, slit: str | None, label: str) -> int:
    if slit is None or "slit_name" not in table.dtype.names:
        return 0
    names = np.char.lower(np.char.strip(table["slit_name"].astype(str)))
    rows = np.flatnonzero((names == ANY_SLIT) | (names == slit.lower()))
    if not len(rows):
        raise ReferenceFileError(f"{label}: its table of the fast variation has no row for slit {slit}, nor for any")
    return int(rows[0])
