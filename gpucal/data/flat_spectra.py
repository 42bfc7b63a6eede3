"""Tables of spectra with a row for each: columns that are vectors are as long as the longest of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gpucal.data.spectrum import Layout, layout_of

SOURCE, LENGTH = "SOURCE_ID", "N_ALONGDISP"

# The models with such tables, and those of spectra by themselves, whose columns are the vectors.
VECTORS_OF = {"WFSSMultiSpecModel": "MultiSpecModel", "WFSSMultiCombinedSpecModel": "MultiCombinedSpecModel"}


def vectors_of(model_type: str) -> list[str]:
    """The columns of such a model, of `VECTORS_OF`, that are vectors."""
    of_one = {name for name, _kind in layout_of(VECTORS_OF[model_type]).columns}
    return [name for name, _kind in layout_of(model_type).columns if name in of_one]


def empty_table(model_type: str, sources: np.ndarray, length: int) -> np.ndarray:
    """A table in which nothing is known but which row is for which source.

    Parameters
    ----------
    model_type : str
        One of `VECTORS_OF`.
    sources : (nrows,) int array
    length : int
        Of vectors.

    Returns
    -------
    (nrows,) structured array
    """
    layout: Layout = layout_of(model_type)
    vectors = set(vectors_of(model_type))
    scalars = [name for name, _kind in layout.columns if name not in vectors]
    table = layout.filled(len(sources), length, scalars)
    table[SOURCE] = sources
    return table


def fill(table: np.ndarray, rows: np.ndarray, counts: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
    """Write spectra into rows of a table, in place.

    Parameters
    ----------
    table : (nrows,) structured array
    rows, counts : (nspectra,) int arrays
        The row of each spectrum, and its elements.
    columns : mapping of str to (nelements,) array
        Vectors of all spectra, one after another.
    """
    row = np.repeat(rows, counts)
    element = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    for name, column in columns.items():
        table[name][row, element] = column
    table[LENGTH][rows] = counts


def widened(table: np.ndarray, model_type: str, sources: np.ndarray, length: int) -> np.ndarray:
    """The rows of a table in one for other sources, all of its own among these, and of longer vectors."""
    made = empty_table(model_type, sources, length)
    rows = np.searchsorted(sources, table[SOURCE])
    for name in table.dtype.names:
        if table.dtype[name].shape:
            made[name][rows, : table.dtype[name].shape[0]] = table[name]
        else:
            made[name][rows] = table[name]
    return made
