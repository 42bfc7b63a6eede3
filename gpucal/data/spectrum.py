"""One spectrum: a table with values of its own; and what the schemas say of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import schema_of

if TYPE_CHECKING:
    from gpucal.startup.wcs_tree import WcsTree

# The models that are lists of spectra, and the class that an entry of the list is said to be of.
ENTRIES = {
    "MultiSpecModel": "SpecModel",
    "TSOMultiSpecModel": "TSOSpecModel",
    "MultiCombinedSpecModel": "CombinedSpecModel",
    "MRSMultiSpecModel": "MRSSpecModel",
    "WFSSMultiSpecModel": "WFSSSpecModel",
    "WFSSMultiCombinedSpecModel": "WFSSCombinedSpecModel",
}

# What the list is called in the tree of such a model, and the table of an entry.
LIST, TABLE = "spec", "spec_table"


class SpectrumKeyword(NamedTuple):
    """A value of a spectrum that stands in the header of its table.

    Attributes
    ----------
    name : str
        Of the value.
    keyword : str
    comment : str
    """

    name: str
    keyword: str
    comment: str


class Layout(NamedTuple):
    """What a schema says of the spectra of a model.

    Attributes
    ----------
    columns : tuple of (str, dtype)
    keywords : tuple of SpectrumKeyword
        In the order of the header.
    extension : str
        The name of the extensions of a FITS file that hold the tables.
    fillings : tuple
        What stands in a column where nothing is known, in the order of the columns; none if the schema does not tell.
    units : tuple of (str, str)
        Names of columns, and their units, where these are the same in all products.
    """

    columns: tuple[tuple[str, np.dtype], ...]
    keywords: tuple[SpectrumKeyword, ...]
    extension: str
    fillings: tuple
    units: tuple[tuple[str, str], ...]

    def dtype(self, length: int | None = None, scalars: Iterable[str] = ()) -> np.dtype:
        """The type of a table.

        Parameters
        ----------
        length : int, optional
            Elements of a row of columns that are vectors; by default there are none.
        scalars : iterable of str
            Columns that are no vectors all the same.
        """
        scalars = {name for name, _dtype in self.columns} if length is None else set(scalars)
        return np.dtype([(name, kind, () if name in scalars else (length,)) for name, kind in self.columns])

    def filled(self, nrows: int, length: int, scalars: Iterable[str]) -> np.ndarray:
        """A table in which nothing is known.

        Parameters
        ----------
        nrows : int
        length, scalars
            See `dtype`.

        Returns
        -------
        (nrows,) structured array
        """
        table = np.empty(nrows, self.dtype(length, scalars))
        for (name, kind), filling in zip(self.columns, self.fillings, strict=True):
            table[name] = float(filling) if kind.kind == "f" else filling
        return table


@cache
def layout_of(model_type: str) -> Layout:
    """What the schema of a model, one of `ENTRIES`, says of its spectra."""
    entry = schema_of(getattr(datamodels, model_type))["properties"][LIST]["items"]["properties"]
    table = entry[TABLE]
    columns = tuple((column["name"], _dtype(column["datatype"])) for column in table["datatype"])
    units = tuple((column["name"], column["unit"]) for column in table["datatype"] if "unit" in column)
    names = list(entry)
    keywords = tuple(  # stdatamodels writes no comments of those that its schema lists before the table
        SpectrumKeyword(name, value["fits_keyword"], value.get("title", "") if place > names.index(TABLE) else "")
        for place, (name, value) in enumerate(entry.items())
        if "fits_keyword" in value
    )
    return Layout(columns, keywords, table["fits_hdu"], tuple(table.get("default", ())), units)


def _dtype(told: str | list) -> np.dtype:
    """The type of a column: of a number by its name, of a text by its length."""
    return np.dtype(told) if isinstance(told, str) else np.dtype(f"S{told[1]}")


class Spectrum:
    """One spectrum.

    Parameters
    ----------
    values : dict
        What the schema of a spectrum lists, but for its table: plain values, such as ``{"name": "S200A1"}``.
    table : (n,) structured array
        The columns of the schema. In a series of integrations each row is one of them, and columns are vectors.
    units : dict of str to str
        Units of columns.
    sky : (float, float), optional
        Right ascension and declination, degrees, of its world coordinates; without them it has none.
    """

    def __init__(self, values: dict, table: np.ndarray, units: dict[str, str], sky=None):
        self.values, self.table, self.units, self.sky = values, table, units, sky

    def __getitem__(self, name: str):
        """A value; None where it is not there."""
        return self.values.get(name)

    def column(self, name: str) -> np.ndarray:
        """A column of the table."""
        return self.table[name]

    @property
    def wavelength(self) -> np.ndarray:
        """Wavelengths, micron; in a series of integrations those of the first."""
        column = self.table["WAVELENGTH"]
        return column if column.ndim == 1 else column[0]

    def wcs_tree(self, pixels: np.ndarray | None = None) -> WcsTree | None:
        """Its world coordinates, see `gpucal.data.spectral_wcs`; None where it has no place on the sky."""
        if self.sky is None:
            return None
        from gpucal.data.spectral_wcs import spectral_wcs  # of no use to most runs

        return spectral_wcs(*self.sky, self.wavelength, pixels)

    @classmethod
    def of_entry(cls, entry: dict) -> Spectrum:
        """The spectrum of an entry of a model."""
        held = entry[TABLE]
        units = {} if not hasattr(held, "columns") else {one.name: one.unit for one in held.columns if one.unit}
        columns = {name: held[name] for name in held.dtype.names}
        dtypes = [
            (name, held.dtype[name] if one.dtype.kind == "U" else one.dtype.newbyteorder("="), one.shape[1:])
            for name, one in columns.items()
        ]
        table = np.empty(len(held), dtypes)
        for name, column in columns.items():
            table[name] = column
        values = {name: value for name, value in entry.items() if name not in (TABLE, "meta")}
        sky = (values["slit_ra"], values["slit_dec"]) if values.get("slit_ra") is not None else None
        return cls(values, table, units, sky)
