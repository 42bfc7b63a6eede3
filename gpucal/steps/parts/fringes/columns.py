"""Residual fringes of a column of a slice.

The light of a slice of the MRS is dispersed along columns, so that a column is a spectrum. Where its slice is not, or
a pixel is bad, it has no weight. Lines are left out of fits, and pixels of little signal over their error.
"""

from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.kernels.fringes.envelopes import envelopes
from gpucal.kernels.fringes.lines import outside_lines
from gpucal.steps.parts.fringes.components import TINY, Points, Removed, removal_of
from gpucal.steps.parts.fringes.errors import NotFitted
from gpucal.steps.parts.fringes.reference import SliceFringes

# A column of fewer pixels is left alone.
LEAST_PIXELS = 51

# The noise of a spectrum from its second differences, two pixels apart (Stoehr et al. 2008, DER_SNR).
NOISE_FACTOR = 1.482602 / np.sqrt(6.0)

# Weights that are too small to be told from none.
LEAST_WEIGHT = 0.003

# The fringes of the dichroics are smoothed over so many pixels before lines are looked for.
WINDOW = 7


class Column(NamedTuple):
    """A column of a slice.

    Attributes
    ----------
    flux : (ny,) float64 array
        In any unit in which good pixels are about 1; 0 where pixels are bad or in another slice.
    wavelengths : (ny,) float64 array
        In micron; 0 or NaN where there is none.
    weights : (ny,) float64 array
        How much each pixel counts.
    usable : (ny,) bool array
        Where the signal stands out of the error.
    limit : (ny,) float64 array
        How far apart the envelopes of fringes may be, relative to the flux.
    has_dichroic : bool
        Whether there are fringes of the dichroics, which have to be smoothed before lines are looked for.
    """

    flux: np.ndarray
    wavelengths: np.ndarray
    weights: np.ndarray
    usable: np.ndarray
    limit: np.ndarray
    has_dichroic: bool


class Correction(NamedTuple):
    """What was done to a column.

    Attributes
    ----------
    flux, factors : (ny,) float64 arrays
        Without fringes, and what the flux was multiplied by.
    inside : (ny,) bool array
        Which pixels were corrected: those above 0.
    weights : (ny,) float64 array
        With which fringes were fitted.
    snr : float
        Signal over noise of the column.
    fitted_pixels : int
        How many pixels counted.
    removed : dict of int to Removed
        What was done for each kind of fringes that was corrected.
    """

    flux: np.ndarray
    factors: np.ndarray
    inside: np.ndarray
    weights: np.ndarray
    snr: float
    fitted_pixels: int
    removed: dict[int, Removed]


def correct_column(column: Column, fringes: SliceFringes) -> Correction | None:
    """Find the fringes of a column, kind by kind, and divide them out.

    Returns
    -------
    Correction or None
        None where there are too few pixels, or too little signal.

    Raises
    ------
    NotFitted
        If a kind of fringes cannot be fitted: the column is to stay as it is.
    """
    valid = column.wavelengths > 0  # NaN are not
    if valid.sum() < LEAST_PIXELS or not fringes.searches:
        return None
    snr = signal_over_noise(column.flux[valid])
    if not snr >= fringes.least_snr[0]:
        return None
    flux = np.where(column.flux > 0, column.flux, TINY)
    weights = np.where(column.weights > 0, column.weights, TINY)
    fitted = _weights_outside_lines(flux, weights, column)
    points = Points(weights, fitted, _wavenumbers(column.wavelengths, valid), column.limit, column.usable)
    factors, removed, counted = np.ones_like(flux), {}, 0
    for kind, (search, least_snr) in enumerate(zip(fringes.searches, fringes.least_snr, strict=True)):
        if snr <= least_snr:
            continue
        counted = int((points.fitted > 1e-5).sum())
        made = removal_of(flux, points, search)
        if made is None:
            raise NotFitted(f"no fringes of about {search.period:g} cm-1 are found")
        flux = np.maximum(np.nan_to_num(flux * made.factors, posinf=TINY, neginf=TINY), 0.0)
        factors, removed[kind] = factors * made.factors, made
        points = points._replace(fitted=points.fitted * column.usable)
    return Correction(flux, factors, column.flux > 0, points.fitted, snr, counted, removed) if removed else None


def signal_over_noise(flux) -> float:
    """Mean signal over the noise that second differences tell; 0 where there is no noise."""
    flux = np.where(flux < 0, TINY, flux)
    differences = np.abs(2.0 * flux[2:-2] - flux[:-4] - flux[4:])
    noise = NOISE_FACTOR * np.nanmedian(differences)
    return float(np.nanmean(flux) / noise) if noise else 0.0


def _weights_outside_lines(flux, weights, column: Column):
    """Weights without those of lines, and of single pixels at the ends."""
    sort = "quicksort" if as_peer() else "stable"
    lower, _ = envelopes(flux)
    fitted = weights * outside_lines((np.abs(flux / lower) - 1.0) * column.usable, column.limit, sort)
    if column.has_dichroic:
        sums = np.cumsum(np.concatenate([[0.0], flux]))
        lower, _ = envelopes((sums[WINDOW:] - sums[:-WINDOW]) / WINDOW, npoints=len(flux))
        fitted *= outside_lines(np.abs(flux / lower) - 1.0, column.limit, sort)
    for end, next_to_it in ((0, 1), (-1, -2)):
        if fitted[end] and not fitted[next_to_it]:
            fitted[end] = TINY
    return np.where(fitted > LEAST_WEIGHT, fitted, TINY)


def _wavenumbers(wavelengths, valid):
    """In cm-1; where there is no wavelength, those of a cubic through the others."""
    rows = np.arange(len(wavelengths), dtype=np.float64)
    numbers = 1e4 / np.where(valid, wavelengths, 1.0)
    if valid.all():
        return numbers
    cubic = np.polynomial.polynomial.polyfit(rows[valid], numbers[valid], 3)
    return np.where(valid, numbers, np.polynomial.polynomial.polyval(rows, cubic))
