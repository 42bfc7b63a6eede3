"""Whether spectra without slits have the light, and series the transit, that were painted."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from bench.truth.slits.measures import SpectrumTruth, measure_spectrum
from gpucal.simulate import GrismFieldObservation, GrismSeriesObservation
from gpucal.simulate.spectra.slitless.grism_scene import OVERLAPPING
from gpucal.simulate.spectra.slitless.grisms import GRISMS

EDGE = 0.02  # of the wavelength, at both borders of a band: there the throughput is steep
BIN = 0.1  # micron


@dataclass(frozen=True)
class GroupTruth:
    """Spectra of sources that are alike, against the truth.

    Attributes
    ----------
    group : str
    total : float
        Sum of measured / sum of true over the band; of the source for which it is farthest from 1.
    continuum : float
        Median over sources of the median of measured / true.
    scatter, line_flux, line_shift, spread_of_pulls : float
        Medians over sources: see `bench.truth.slits.measures.SpectrumTruth`.
    """

    group: str
    total: float
    continuum: float
    scatter: float
    line_flux: float
    line_shift: float
    spread_of_pulls: float


def measure_field(observation: GrismFieldObservation, path: Path) -> list[GroupTruth]:
    """Hold the spectra of order 1 against the truth, those of sources that are alike together."""
    grism = GRISMS[observation.exposures[0].grism]
    bright, faint = OVERLAPPING[grism.axis]
    groups = {
        "points alone": lambda source: source.sigma == 0 and source.label not in (bright, faint),
        "extended": lambda source: source.sigma > 0,
        "the fainter of two": lambda source: source.label == faint,
    }
    with fits.open(path) as hdus:
        (table,) = (hdu.data for hdu in hdus if hdu.name == "EXTRACT1D" and hdu.header["SPORDER"] == 1)
        found = {source: _measure(table, source, grism, observation.wavelengths) for source in observation.sources}
    return [_group(name, [found[source] for source in found if belongs(source)]) for name, belongs in groups.items()]


def background_scale(observation: GrismFieldObservation, path: Path) -> float:
    """The brightness of the background that was subtracted, measured / true - 1."""
    return fits.getval(path, "BKGD_SCL") / observation.background - 1


def _measure(table, source, grism, band) -> tuple[float, SpectrumTruth]:
    """One spectrum, within the band, with lines as wide as the image of the source makes them; all its light first."""
    row = table[table["SOURCE_ID"] == source.label].copy()
    first, last = band[0] * (1 + EDGE), band[1] * (1 - EDGE)
    row["FLUX"][(row["WAVELENGTH"] < first) | (row["WAVELENGTH"] > last)] = np.nan
    step = np.ptp(grism.wavelengths) / abs(grism.traces[1].along[1])
    blur = step * np.hypot(grism.sigma, source.sigma)
    lines = tuple(replace(line, sigma=float(np.hypot(line.sigma, blur))) for line in source.spectrum.lines)
    seen = replace(source.spectrum, lines=lines)
    wavelength, value = row["WAVELENGTH"], row["FLUX"]
    total = np.nansum(value) / np.sum(seen(wavelength[np.isfinite(value)]))
    return float(total), measure_spectrum(fits.BinTableHDU(row), str(source.label), "POINT", seen)


def _group(name: str, found: list[tuple[float, SpectrumTruth]]) -> GroupTruth:
    totals = np.array([total for total, _ in found])
    medians = (
        float(np.median([getattr(one, what) for _, one in found]))
        for what in ("continuum", "scatter", "line_flux", "line_shift", "spread_of_pulls")
    )
    return GroupTruth(name, float(totals[np.argmax(np.abs(totals - 1))]), *medians)


@dataclass(frozen=True)
class SeriesTruth:
    """A series against the truth.

    Attributes
    ----------
    flux, scatter : float
        Of measured / true outside of the transit: median, and half of the interval that holds 68%.
    depth : float
        Of the transit in all light of the band, measured minus true, parts per million.
    by_wavelength : float
        Largest difference of the same in steps of 0.1 micron.
    error : float
        What photons and reads let one expect of these steps, one sigma.
    """

    flux: float
    scatter: float
    depth: float
    by_wavelength: float
    error: float


def measure_series(observation: GrismSeriesObservation, path: Path) -> SeriesTruth:
    """Hold the spectra of a series against the truth."""
    with fits.open(path) as hdus:
        tables = [hdu.data for hdu in hdus if hdu.name == "EXTRACT1D"]
        number, waves, flux, error = (
            np.concatenate([np.asarray(table[name], float) for table in tables])
            for name in ("INT_NUM", "WAVELENGTH", "FLUX", "FLUX_ERROR")
        )
    waves, (first, last) = waves[0], observation.wavelengths
    inside = (waves > first * (1 + EDGE)) & (waves < last * (1 - EDGE)) & np.isfinite(flux).all(axis=0)
    waves, flux, error = waves[inside], flux[:, inside], error[:, inside]
    moments = (number - 0.5) / number.max()
    dark, bright = observation.transit.is_full(moments), observation.transit.is_outside(moments)
    ratio = flux[bright].mean(axis=0) / observation.spectrum(waves)
    low, middle, high = np.percentile(ratio, [16, 50, 84])

    def missing(chosen):
        """Depth minus truth in some columns, and its error."""
        light, spread = flux[:, chosen].sum(axis=1), np.sqrt((error[:, chosen] ** 2).sum(axis=1))
        inside, outside = light[dark].mean(), light[bright].mean()
        true = np.average(observation.transit.depth_at(waves[chosen]), weights=observation.spectrum(waves[chosen]))
        parts = (np.sqrt((spread[which] ** 2).sum()) / which.sum() for which in (dark, bright))
        return 1e6 * (1 - inside / outside - true), 1e6 * np.hypot(*parts) / outside

    steps = np.floor((waves - waves.min()) / BIN)
    found = np.array([missing(steps == one) for one in np.unique(steps)[:-1]])
    worst = found[np.argmax(np.abs(found[:, 0])), 0]
    depth, _ = missing(np.ones(len(waves), bool))
    return SeriesTruth(*map(float, (middle, (high - low) / 2, depth, worst, np.median(found[:, 1]))))
