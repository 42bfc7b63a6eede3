"""Which sines a spectrum has: one more for as long as it makes the data more probable.

Each begins at the highest power of what those before leave, and then all are fitted together. The first is held against
a constant of one, as jwst does, whose residuals lie about zero: almost any sine is more probable, so that one is nearly
always found.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend.fit import check_fit
from gpucal.kernels.fringes.evidence import evidence
from gpucal.kernels.fringes.no_fit import NoFit
from gpucal.kernels.fringes.periodogram import Periodogram
from gpucal.kernels.fringes.sines import fit_sines, sum_of_sines

# Data that weigh less do not count at all.
LEAST_WEIGHT = 1e-5

# By how much more the decimal logarithm of the evidence has to be.
STRONG_EVIDENCE = 1.0


class Search(NamedTuple):
    """Which sines are looked for.

    Attributes
    ----------
    period, half_width, resolution : float
        In cm-1: periods within `half_width` of `period`, in steps of about `resolution`.
    most : int
        No more sines than this.
    robust : bool
        Whether data far from the fit weigh less.
    limits, noise_limits : tuple of two floats
        Of the parameters and of the noise, for the evidence.
    """

    period: float
    half_width: float
    resolution: float
    most: int
    robust: bool
    limits: tuple[float, float]
    noise_limits: tuple[float, float]

    @property
    def periods(self):
        """The periods that are tried: (nperiods,) float64."""
        number = int(np.around(2.0 * self.half_width / self.resolution))
        return np.linspace(self.period - self.half_width, self.period + self.half_width, number)


class Found(NamedTuple):
    """Sines that were found.

    Attributes
    ----------
    values : (npoints,) float64 array
        Their sum, at all wavenumbers.
    periods : (nsines,) float64 array
        Where each began, cm-1; in the order in which they were found.
    fitted : (3, nsines) float64 array
        Periods per cm-1, and amplitudes of cosines and of sines.
    """

    values: np.ndarray
    periods: np.ndarray
    fitted: np.ndarray


def find_sines(data, weights, wavenumbers, search, usable=None):
    """Find the sines in a spectrum.

    Parameters
    ----------
    data, weights, wavenumbers : (npoints,) float64 arrays
        What a baseline leaves, relative to it; how much each counts; cm-1. All finite.
    search : Search
        Which sines are looked for.
    usable : (npoints,) bool array, optional
        Which data may be fitted; all if it is not given.

    Returns
    -------
    Found or None
        None where no sine makes the data more probable.

    Raises
    ------
    NoFit
        If no data have weight.
    """
    check_fit(data=(data, "npoints"), weights=(weights, "npoints"), wavenumbers=(wavenumbers, "npoints"),
              usable=(usable, "npoints"))  # fmt: skip
    enough = weights > LEAST_WEIGHT
    best = _evidence_of_one(data, weights, search)
    if usable is not None:
        enough &= usable
    if not enough.any():
        return None
    unit = wavenumbers.min()
    some, counts, places = data[enough], weights[enough], wavenumbers[enough] / unit
    periodogram, periods = Periodogram(wavenumbers[enough], search.periods), search.periods
    found, left, starts = None, some, []
    for _ in range(search.most):
        starts.append(periods[np.argmax(periodogram.power(left))])
        try:
            fit = fit_sines(some, counts, places, unit / np.array(starts), search.robust)
            value = evidence(fit.squares, fit.sum_weights, fit.curvature, search.limits, search.noise_limits)
        except NoFit:
            break  # a fit that fails is no reason for one more sine
        if not value - best > STRONG_EVIDENCE:
            break
        best, found = value, fit.parameters
        left = some - sum_of_sines(found, places)
    if found is None:
        return None
    scaled = found * np.array([[1.0 / unit], [1.0], [1.0]])
    return Found(sum_of_sines(scaled, wavenumbers), np.array(starts[: found.shape[1]]), scaled)


def _evidence_of_one(data, weights, search):
    """That the data are one, whatever their weights."""
    return evidence(float(np.sum((data - 1.0) ** 2)), float(weights.sum()), None, search.limits, search.noise_limits)
