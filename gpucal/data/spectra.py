"""Spectra: tables with values of their own, one after another in a product."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpucal.data.exposure import Exposure
from gpucal.data.files.binary_tables import with_units
from gpucal.startup.asdf_start import kept_wcs
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model, schema_of

if TYPE_CHECKING:
    from gpucal.startup.wcs_tree import WcsTree

# The models that are lists of spectra, and the class that an entry of the list is said to be of.
ENTRIES = {
    "MultiSpecModel": "SpecModel",
    "TSOMultiSpecModel": "TSOSpecModel",
    "MultiCombinedSpecModel": "CombinedSpecModel",
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
    """

    columns: tuple[tuple[str, np.dtype], ...]
    keywords: tuple[SpectrumKeyword, ...]
    extension: str

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


@cache
def layout_of(model_type: str) -> Layout:
    """What the schema of a model, one of `ENTRIES`, says of its spectra."""
    entry = schema_of(getattr(datamodels, model_type))["properties"][LIST]["items"]["properties"]
    table = entry[TABLE]
    columns = tuple((column["name"], np.dtype(column["datatype"])) for column in table["datatype"])
    keywords = tuple(
        SpectrumKeyword(name, value["fits_keyword"], value.get("title", ""))
        for name, value in entry.items()
        if "fits_keyword" in value
    )
    return Layout(columns, keywords, table["fits_hdu"])


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


class Spectra(Exposure):
    """A product that holds spectra: metadata and other tables are those of its model.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        One of `ENTRIES`. What spectra it holds are taken out of it.
    spectra : list of Spectrum, optional
        By default those that the model holds.
    source : str, optional
        See `Exposure`.

    Attributes
    ----------
    spectra : list of Spectrum
    """

    def __init__(self, model, spectra: list[Spectrum] | None = None, source: str | None = None):
        super().__init__(model, source)
        held = model._instance.pop(LIST, [])
        self.__dict__["spectra"] = [_taken(entry) for entry in held] if spectra is None else spectra

    @classmethod
    def like(cls, exposure: Exposure, model_type: str, spectra: list[Spectrum]) -> Spectra:
        """Spectra with the metadata of an exposure."""
        made = cls(exposure.blank(model_type).model, spectra, exposure.source)
        made.membership = exposure.membership
        return made

    def to_model(self):
        """The complete model; see `Exposure.to_model`."""
        self.model._instance[LIST] = [self._entry(spectrum) for spectrum in self.spectra]
        return self.model

    def snapshot(self) -> SpectraFile:
        """What is saved."""
        model = new_model(type(self.model))
        model._schema = self.model._schema
        model._instance.update({name: value for name, value in self.model._instance.items() if name != LIST})
        return SpectraFile(model, list(self.spectra))

    def with_model(self, model) -> Spectra:
        """What comes of it when somebody was handed its model, and returned another, or None for the same one."""
        return Spectra(self.model if model is None else model, source=self.source)

    def _entry(self, spectrum: Spectrum) -> dict:
        """A spectrum as an entry of a model."""
        meta = {"model_type": ENTRIES[self.model_type]}
        if (tree := spectrum.wcs_tree()) is not None:
            meta["wcs"] = kept_wcs(tree)
        return {**spectrum.values, TABLE: with_units(spectrum.table, spectrum.units), "meta": meta}


class SpectraFile:
    """Spectra that are about to be written, with the interface of a model for that.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        Without its spectra.
    spectra : list of Spectrum
    """

    def __init__(self, model, spectra: list[Spectrum]):
        self.model, self.spectra = model, spectra
        self._instance = model._instance

    def save(self, path) -> None:
        """Write a FITS file, or an ASDF file, as the end of its name says."""
        if str(path).endswith(".asdf"):
            Spectra(self.model, self.spectra).to_model().save(path)
            return
        from gpucal.data.spectra_files import write_spectra

        write_spectra(self.model, self.spectra, path)


def _taken(entry: dict) -> Spectrum:
    """A spectrum of an entry of a model."""
    held = entry[TABLE]
    units = {} if not hasattr(held, "columns") else {one.name: one.unit for one in held.columns if one.unit}
    columns = [(name, held[name]) for name in held.dtype.names]
    table = np.empty(len(held), [(name, column.dtype.newbyteorder("="), column.shape[1:]) for name, column in columns])
    for name, column in columns:
        table[name] = column
    values = {name: value for name, value in entry.items() if name not in (TABLE, "meta")}
    sky = (values["slit_ra"], values["slit_dec"]) if values.get("slit_ra") is not None else None
    return Spectrum(values, table, units, sky)

