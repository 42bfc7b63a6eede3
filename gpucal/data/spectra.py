"""Products that hold spectra."""

from __future__ import annotations

from gpucal.data.exposure import Exposure
from gpucal.data.files.binary_tables import with_units
from gpucal.data.spectra_files import write_spectra
from gpucal.data.spectrum import ENTRIES, LIST, TABLE, Spectrum
from gpucal.startup.asdf_start import kept_wcs
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model


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
        self.__dict__["spectra"] = [Spectrum.of_entry(entry) for entry in held] if spectra is None else spectra

    @classmethod
    def like(cls, exposure: Exposure, model_type: str, spectra: list[Spectrum]) -> Spectra:
        """Spectra with those metadata of an exposure that its primary header holds."""
        model = new_model(getattr(datamodels, model_type), validate_on_assignment=False)
        model.update(exposure.model, only="PRIMARY")
        model._validate_on_assignment = exposure.model._validate_on_assignment
        made = cls(model, spectra, exposure.source)
        made.membership = exposure.membership
        return made

    @property
    def can_be_dropped(self) -> bool:
        """Spectra stay in memory: tables are not read again."""
        return False

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
        write_spectra(self.model, self.spectra, path)
