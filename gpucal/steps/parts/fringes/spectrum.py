"""Residual fringes of an extracted spectrum of the MRS.

Two kinds are looked for: those of the detector, of periods about 2.9 cm-1, and in channels 3 and 4 those of the
dichroics, about 0.4 cm-1. Lines are left out of fits: points far from the middle between the envelopes of the spectrum.
"""

import logging
from collections.abc import Sequence

import numpy as np

from gpucal.kernels.fringes.envelopes import envelopes
from gpucal.kernels.fringes.lines import clip_lines
from gpucal.kernels.fringes.search import Search
from gpucal.startup.deferred import import_splines
from gpucal.steps.parts.fringes.components import TINY, Points, removal_of
from gpucal.steps.parts.fringes.errors import NotFitted

log = logging.getLogger(__name__)

_EVIDENCE = {"limits": (-2.0, 1000.0), "noise_limits": (0.001, 1.0)}
DETECTOR = Search(2.9, 1.5, 0.001, 10, True, **_EVIDENCE)
DICHROIC = Search(0.4, 0.15, 0.001, 15, True, **_EVIDENCE)
SEARCHES = {1: (DETECTOR,), 2: (DETECTOR,)}

# Beyond this, in micron, the calibration is too uncertain to find fringes in.
LONGEST_WAVELENGTH = 27.6

# Fewer fluxes above 0 have no envelopes.
LEAST_POINTS = 10

LINE_SIGMA = 5.0
LARGEST_SWING = 0.4


def corrected(flux, wavelength, channel: int | None, ignore: Sequence[tuple[float, float]] = ()):
    """A spectrum without its residual fringes.

    Parameters
    ----------
    flux : (nwave,) float array
        Values in any unit, on the host. What is not above 0 stays as it is.
    wavelength : (nwave,) float array
        In micron, ascending.
    channel : int or None
        The channel of the MRS, 1 to 4; None if the spectrum is of several, which has both kinds of fringes.
    ignore : sequence of (float, float)
        Between which wavelengths, micron, nothing is fitted.

    Returns
    -------
    (nwave,) float64 array
        A new array. Where a kind of fringe is not found, it stays in, which is told in the log.

    Raises
    ------
    NotFitted
        If too few values are above 0, or the spectrum has no baseline apart from its fringes.
    """
    import_splines()
    flux = np.array(flux, np.float64)
    used = np.flatnonzero(flux > 0)
    if not used.size:
        log.warning("No flux is above 0: fringes are not corrected")
        return flux
    if used.size < LEAST_POINTS:
        raise NotFitted(f"only {used.size} of {flux.size} values are above 0")
    values, places = flux[used], np.asarray(wavelength, np.float64)[used]
    points = _points_of(values, places, ignore)
    if points is None:
        log.warning("No flux can be fitted: fringes are not corrected")
        return flux
    for search in SEARCHES.get(channel, (DETECTOR, DICHROIC)):
        removed = removal_of(values, points, search)
        if removed is None:
            log.warning("No fringes of about %g cm-1 are found", search.period)
            continue
        values = np.nan_to_num(values * removed.factors, posinf=0.0)
    flux[used] = values
    return flux


def _points_of(values, wavelengths, ignore) -> Points | None:
    """What counts how much; None if nothing does."""
    weights = np.nan_to_num(values / np.median(values), posinf=0.0)
    fitted = np.where(wavelengths > LONGEST_WAVELENGTH, 0.0, weights)
    for first, last in ignore:
        fitted[(wavelengths > first) & (wavelengths < last)] = 0.0
    if not fitted.any():
        return None
    middle = np.add(*envelopes(values, 2)) / 2
    fitted = fitted * clip_lines(np.abs((values - middle) / middle), LINE_SIGMA)
    return Points(weights, np.where(fitted > 0, fitted, TINY), 1e4 / wavelengths, LARGEST_SWING)
