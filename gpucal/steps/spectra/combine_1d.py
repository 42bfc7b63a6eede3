"""The combine_1d step."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import SkipStep, Step
from gpucal.data.spectra import Spectra
from gpucal.data.spectral_wcs import spectral_wcs
from gpucal.data.spectrum import Spectrum, layout_of
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.spectra.combine import common_wavelengths, weighted_means
from gpucal.steps.parts.extraction.field_combination import COMBINED as COMBINED_FIELD
from gpucal.steps.parts.extraction.field_combination import MODEL as OF_FIELD
from gpucal.steps.parts.extraction.field_combination import combined_tables, spectra_of_sources

log = logging.getLogger(__name__)

# What a combined spectrum takes over from the first of its spectra.
FROM_SPECTRA = ("source_id", "dispersion_direction", "source_type", "source_ra", "source_dec")

INTEGRATION, EXPOSURE, UNIT = "integration_time", "exposure_time", "unit_weight"

# Spectra of integrations.
OF_SERIES = "TSOMultiSpecModel"


class Weighted(NamedTuple):
    """A spectrum, and what it counts.

    Attributes
    ----------
    spectrum : Spectrum
    table : (n,) structured array
        One of its integrations.
    weight : float
    """

    spectrum: Spectrum
    table: np.ndarray
    weight: float


class Combined(NamedTuple):
    """What spectra are combined to.

    Attributes
    ----------
    spectrum : Spectrum
    wavelength : (n,) float64 array
        Of its grid, with those where there is no value.
    sky : (float, float) or None
        Right ascension and declination, degrees, of the first of them.
    """

    spectrum: Spectrum
    wavelength: np.ndarray
    sky: tuple[float, float] | None


class Combine1dStep(Step):
    """Combine spectra to one: weighted means on common wavelengths, for each spectral order.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.spectra.combine`.
    """

    class_alias = "combine_1d"
    suffix_in_pipeline = "c1d"
    spec = """
        exptime_key = string(default="exposure_time")  # what a spectrum counts: exposure_time, integration_time or unit_weight
        sigma_clip = float(default=None)  # leave out what is farther from the median, in median deviations
    """  # noqa: E501
    input_types = ("MultiSpecModel", "TSOMultiSpecModel", OF_FIELD)
    over_members = True

    def process(self, members, references):
        """Combine the spectra of all members.

        Returns
        -------
        Spectra

        Raises
        ------
        SkipStep
            If there is no spectrum that can be combined.
        """
        found, is_field = self.read_spectra(members), members.model_type == OF_FIELD
        if is_field:
            found = {key: spectra for key, spectra in found.items() if is_on_a_grid(key, spectra)}
        if not found:
            raise SkipStep("there is no spectrum with values and wavelengths in order")
        combined = {key: self.combined(key[1], spectra) for key, spectra in found.items()}
        tell_combined(combined, found)
        spectra = {key: one.spectrum for key, one in combined.items()}
        if is_field:
            product = Spectra.like(members[0], COMBINED_FIELD, combined_tables(spectra))
        else:
            product = Spectra.like(members[0], "MultiCombinedSpecModel", list(spectra.values()))
        product.source = members.name
        product.membership = replace(members.membership, product=members.name, is_alone=True)
        first, target = next(iter(combined.values())), members.meta.target
        sky = first.sky
        if sky is None and members.model_type == OF_SERIES and None not in (target.ra, target.dec):
            sky = target.ra, target.dec
        if sky is not None:
            product.set_wcs(spectral_wcs(*sky, first.wavelength))
        return product

    def read_spectra(self, members) -> dict[tuple[int | None, int], list[Weighted]]:
        """The spectra that can be combined, by source and order; those of slits count as of one source."""
        found: dict[tuple[int | None, int], list[Weighted]] = {}
        kind, first = weight_by(self.exptime_key), None
        for place in range(len(members)):
            with members.lease(place) as exposure:
                for spectrum, table in each_spectrum(exposure):
                    if (reason := unfit(table)) is not None:
                        name = spectrum["name"] or spectrum["source_id"]
                        log.warning("%s: a spectrum of slit %s is left out: %s", exposure.source, name, reason)
                        continue
                    weight = 1.0 if kind == UNIT else spectrum[kind] or getattr(exposure.meta.exposure, kind)
                    first = first or weight
                    is_field = exposure.model_type == OF_FIELD
                    weight = first if is_field and as_peer() else weight  # jwst 3.0.0 has one time for all exposures
                    key = spectrum["source_id"] if is_field else None, spectrum["spectral_order"] or 1
                    found.setdefault(key, []).append(Weighted(spectrum, table, weight))
        return found

    def combined(self, order: int, spectra: list[Weighted]) -> Combined:
        """The mean of the spectra of one order."""
        wavelength = common_wavelengths([one.table["WAVELENGTH"] for one in spectra])
        values, errors, given, dq = on_grid(spectra, wavelength)
        weights = given * np.array([one.weight for one in spectra])[:, None]
        if self.sigma_clip is not None:
            given = given & ~outliers(values[0] * weights, given, self.sigma_clip)
            weights = weights * given
        means, deviations, total = weighted_means(values, errors, weights)
        count = given.sum(0)
        kept = count > 0
        layout = layout_of("MultiCombinedSpecModel")
        table = np.zeros(int(kept.sum()), layout.dtype())
        columns = (wavelength, means[0], deviations[0], means[1], deviations[1], dq, total, count)
        for (name, _dtype), column in zip(layout.columns, columns, strict=True):
            table[name] = column[kept]
        first = spectra[0].spectrum
        return Combined(self.described(order, first, table), wavelength, first.sky)

    def described(self, order: int, first: Spectrum, table: np.ndarray) -> Spectrum:
        """A combined spectrum with what its first spectrum tells."""
        told = {name: first[name] for name in FROM_SPECTRA if first[name] is not None}
        flux, bright = first.units.get("FLUX"), first.units.get("SURF_BRIGHT")
        units = {"WAVELENGTH": "um", "FLUX": flux, "ERROR": flux, "SURF_BRIGHT": bright, "SB_ERROR": bright}
        units = {name: unit for name, unit in units.items() if unit is not None}
        return Spectrum({"spectral_order": order, **told}, table, units)


def is_on_a_grid(key: tuple[int, int], spectra: list[Weighted]) -> bool:
    """Whether any spectrum of a source has wavelengths to make a grid of; if not, this is told."""
    if any(len(one.table) > 1 for one in spectra):
        return True
    log.warning("Source %s, order %d: no spectrum has two wavelengths; it is left out", *key)
    return False


def tell_combined(combined: dict, found: dict) -> None:
    """Say what was combined, for each order."""
    for order in dict.fromkeys(order for _source, order in combined):
        own = [key for key in combined if key[1] == order]
        many = f"{len(own)} sources: " if len(own) > 1 else ""
        counts = [len(combined[key].wavelength) for key in own]
        message = "%s%d spectra of order %d are combined to %s wavelengths"
        range_of = str(counts[0]) if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}"
        log.info(message, many, sum(len(found[key]) for key in own), order, range_of)
        if left_out := sum(counts) - sum(len(combined[key].spectrum.table) for key in own):
            log.warning("%d wavelengths of order %d have no value, and are left out", left_out, order)


def weight_by(key: str) -> str:
    """What a spectrum counts: one of `INTEGRATION`, `EXPOSURE` and `UNIT`."""
    told = key.lower()
    if told.startswith("integration") or told == "effinttm":
        return INTEGRATION
    if told.startswith("exposure") or told == "effexptm":
        return EXPOSURE
    if told not in ("unit_weight", "unit weight"):
        known = f"{INTEGRATION}, {EXPOSURE} and {UNIT}"
        log.warning("exptime_key %r is none of %s: all spectra count the same", key, known)
    return UNIT


def each_spectrum(exposure: Spectra) -> Iterator[tuple[Spectrum, np.ndarray]]:
    """The spectra of an exposure, and the table of each: one, one for each integration, or those of all sources."""
    for spectrum in exposure.spectra:
        if exposure.model_type == OF_FIELD:
            yield from ((one, one.table) for one in spectra_of_sources(spectrum))
        elif spectrum.table["WAVELENGTH"].ndim == 1:
            yield spectrum, spectrum.table
        else:
            yield from ((spectrum, table) for table in _integrations(spectrum.table))


def _integrations(table: np.ndarray) -> Iterator[np.ndarray]:
    """The tables of integrations."""
    vectors = [name for name in table.dtype.names if table.dtype[name].shape]
    for row in table:
        made = np.empty(int(row["N_ALONGDISP"]), [(name, table.dtype[name].base) for name in vectors])
        for name in vectors:
            made[name] = row[name][: len(made)]
        yield made


def unfit(table: np.ndarray) -> str | None:
    """Why a spectrum cannot be combined; None if it can."""
    if not np.isfinite(table["FLUX"]).any():
        return "it has no values"
    steps = np.diff(table["WAVELENGTH"])
    if not (np.all(steps > 0) or np.all(steps < 0)):
        return "its wavelengths neither increase nor decrease throughout"
    return None


def on_grid(spectra: list[Weighted], wavelength: np.ndarray):
    """The values of spectra at the nearest wavelengths of a grid.

    Returns
    -------
    values, errors : (2, nspectra, n) float64 arrays
        Flux and surface brightness.
    given : (nspectra, n) bool array
        Where a spectrum has a value.
    dq : (n,) uint32 array
        Flags of all of them.
    """
    nspectra, count = len(spectra), len(wavelength)
    values, errors = np.zeros((2, 2, nspectra, count))
    given, dq = np.zeros((nspectra, count), bool), np.zeros(count, np.uint32)
    for number, (_spectrum, table, _weight) in enumerate(spectra):
        place = np.interp(table["WAVELENGTH"], wavelength, np.arange(count), left=np.nan, right=np.nan)
        usable = (table["DQ"] & DO_NOT_USE == 0) & ~np.isnan(table["FLUX"]) & ~np.isnan(place)
        target, used = np.round(place[usable]).astype(int), table[usable]
        np.bitwise_or.at(dq, target, used["DQ"])
        for column, (value, error) in enumerate((("FLUX", "FLUX_ERROR"), ("SURF_BRIGHT", "SB_ERROR"))):
            values[column, number, target] = used[value]
            errors[column, number, target] = used[error]
        given[number, target] = True
    return values, errors, given, dq


def outliers(flux: np.ndarray, given: np.ndarray, limit: float) -> np.ndarray:
    """Where weighted fluxes are farther from their median than so many median deviations, (nspectra, n) bool array."""
    known = np.where(given & (flux != 0.0), flux, np.nan)
    with np.errstate(invalid="ignore"):
        empty = np.isnan(known).all(0)
        median = np.full(known.shape[1], np.nan)
        median[~empty] = np.nanmedian(known[:, ~empty], axis=0)
        if empty.all():
            return np.zeros(known.shape, bool)
        deviation = np.nanmedian(np.abs(known - median))
        return np.abs(flux - median) > limit * deviation
