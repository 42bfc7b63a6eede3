"""Whether a spectrum has the continuum and the lines that were painted, and honest errors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.simulate import SlitObservation
from gpucal.simulate.spectra.spectrum import Spectrum

LINE_REACH = 4.0  # sigmas
CONTINUUM_BEYOND = 6.0


@dataclass(frozen=True)
class SpectrumTruth:
    """A spectrum against the truth.

    Attributes
    ----------
    source : str
        Slit or number of the source.
    kind : str
        POINT or EXTENDED.
    continuum : float
        Median of measured / true, away from lines.
    scatter : float
        Half of the interval that holds 68% of it.
    line_flux : float
        Median of measured / true of the integrals of lines.
    line_shift : float
        Median distance of the middles of lines from where they are, in pixels of the spectrum.
    worst_line : float
        The largest such distance.
    spread_of_pulls : float
        Of (measured - true) / error away from lines; of a normal distribution with the same quartiles.
    """

    source: str
    kind: str
    continuum: float
    scatter: float
    line_flux: float
    line_shift: float
    worst_line: float
    spread_of_pulls: float


def measure_spectra(observation: SlitObservation, path: Path) -> list[SpectrumTruth]:
    """Hold the spectra of sources in a product against the truth; those of the sky alone are left out.

    Parameters
    ----------
    observation : SlitObservation
    path : Path
        ``x1d`` or ``x1dints``; of the latter the mean of all integrations is taken.
    """
    found = []
    with fits.open(path) as hdus:
        usual = hdus[0].header.get("SRCTYPE", "POINT")
        for hdu in hdus:
            if hdu.name != "EXTRACT1D":
                continue
            number = hdu.header.get("SOURCEID") or 0
            spectrum = observation.spectra.get(number if len(observation.spectra) > 1 else 0)
            kind = hdu.header.get("SRCTYPE", usual)
            is_target = len(observation.spectra) > 1 or kind == "POINT"
            if spectrum is not None and is_target:
                found.append(measure_spectrum(hdu, str(hdu.header.get("SLTNAME", number)), kind, spectrum))
    return found


def measure_spectrum(hdu, name: str, kind: str, spectrum: Spectrum) -> SpectrumTruth:
    """Hold the table of a spectrum against the truth.

    Parameters
    ----------
    hdu : BinTableHDU
        EXTRACT1D; where its columns are vectors, the mean of all integrations is taken. Of a point source that of MIRI
        without residual fringes, if it is there.
    name : str
        Of the source.
    kind : str
        POINT or EXTENDED.
    spectrum : Spectrum
    """
    columns = ("FLUX", "FLUX_ERROR") if kind == "POINT" else ("SURF_BRIGHT", "SB_ERROR")
    if kind == "POINT" and "RF_FLUX" in hdu.columns.names and np.isfinite(hdu.data["RF_FLUX"]).any():
        columns = ("RF_FLUX", "FLUX_ERROR")
    wavelength, value, error = (
        np.atleast_2d(hdu.data[column]).astype(float) for column in ("WAVELENGTH", *columns)
    )
    wavelength, count = wavelength[0], np.isfinite(value).sum(axis=0)
    count = np.where(count, count, np.nan)  # of integrations
    value, error = np.nansum(value, axis=0) / count, np.sqrt(np.nansum(error**2, axis=0)) / count
    order = np.argsort(wavelength)
    wavelength, value, error = wavelength[order], value[order], error[order]
    true = spectrum(wavelength)
    away = np.min(
        [np.abs(wavelength - line.wavelength) / line.sigma for line in spectrum.lines]
        or [np.full_like(true, np.inf)],
        axis=0,
    )
    plain = (away > CONTINUUM_BEYOND) & np.isfinite(value) & (error > 0)
    ratio = value[plain] / true[plain]
    pulls = (value[plain] - true[plain]) / error[plain]
    level = float(np.median(ratio))
    measured = (_line(wavelength, value, spectrum, level, line) for line in spectrum.lines)
    lines = np.array([one for one in measured if one])
    flux, shift = lines.T if len(lines) else (np.array([np.nan]), np.array([np.nan]))
    low, high = np.percentile(ratio, [16, 84])
    return SpectrumTruth(
        name,
        kind,
        level,
        float((high - low) / 2),
        float(np.median(flux)),
        float(np.median(shift)),
        float(shift[np.argmax(np.abs(shift))]),
        float(np.subtract(*np.percentile(pulls, [75, 25])) / 1.349),
    )


def _line(wavelength, value, spectrum, level, line):
    """Integral over truth, and distance in pixels, above the continuum times its level; None if it is not all there."""
    near = np.abs(wavelength - line.wavelength) < LINE_REACH * line.sigma
    if near.sum() < 3 or not np.isfinite(value[near]).all() or near[0] or near[-1]:
        return None
    step = np.gradient(wavelength)[near]
    continuum = level * Spectrum(spectrum.level, spectrum.slope, spectrum.pivot)(wavelength[near])
    own = (value[near] - continuum) * step
    middle = np.sum(own * wavelength[near]) / own.sum()
    return own.sum() / line.flux, (middle - line.wavelength) / np.median(step)
