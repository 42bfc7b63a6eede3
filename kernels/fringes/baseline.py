"""The baseline under fringes: a spline with a knot for each of their periods, too stiff to follow them.

Knots are as far apart as a period is on average, in points; there are more where good data end or begin, so that what
is on one side does not pull at the other. Between, where data have no weight, the baseline is a straight line.
"""

import numpy as np

from gpucal.backend.fit import check_fit
from gpucal.kernels.fringes.no_fit import NoFit

# Data that weigh less count as gaps.
LEAST_WEIGHT = 1e-5
NO_WEIGHT = 1e-7
TINY = 1e-8

# Shorter spectra, in periods, have no baseline apart from their fringes.
LEAST_PERIODS = 5

# Beside data of less weight than this, or this share of their neighbour's, good data end.
GOOD_WEIGHT = 1e-3
EDGE_SHARE = 0.1

# What data without weight count in a fit: pieces of nothing but such data would be undetermined, and with them all.
TRACE = 1e-8

# Robust fits: distances at which data lose their weight, in standard deviations; where fits count as the same.
DOMAIN = 10.0
TOLERANCE = 1e-4
MOST_TURNS = 1000

# Fringes of longer periods, cm-1, have a baseline of parabolas, fitted robustly; those of shorter ones, of straight
# pieces, fitted once.
LONG_PERIOD = 1.5


def baseline(flux, weights, wavenumbers, period):
    """The baseline of a spectrum.

    Parameters
    ----------
    flux, weights, wavenumbers : (npoints,) float64 arrays
        Values, how much each counts (above 0), and where it is, cm-1, in either direction. All finite.
    period : float
        Of the fringes, cm-1.

    Returns
    -------
    fit : (npoints,) float64 array
        The baseline.
    knots : (nknots,) int64 array
        The points that are knots, the first and last included.

    Raises
    ------
    NoFit
        If the spectrum is too short, or too few points between knots have a place of their own.
    """
    check_fit(flux=(flux, "npoints"), weights=(weights, "npoints"), wavenumbers=(wavenumbers, "npoints"))
    length = np.ptp(wavenumbers)
    if length // period < LEAST_PERIODS:
        raise NoFit(f"the spectrum is shorter than {LEAST_PERIODS} periods of {period:g} cm-1")
    knots = place_knots(flux, weights, int(length / period))
    upward = slice(None) if wavenumbers[-1] >= wavenumbers[0] else slice(None, None, -1)
    degree, robust = (2, True) if period > LONG_PERIOD else (1, False)
    points = (wavenumbers[upward], flux[upward], weights[upward])
    fit = _spline_through(*points, wavenumbers[knots][upward][1:-1], degree, robust)[upward]
    fit = fit * np.where(weights > NO_WEIGHT, 1.0, TINY)
    gaps = weights < LEAST_WEIGHT
    if gaps.any() and not gaps.all():
        fit[gaps] = np.interp(np.flatnonzero(gaps), np.flatnonzero(~gaps), fit[~gaps])
    return fit, knots


def place_knots(flux, weights, number):
    """Points at which pieces of a spline meet: evenly spaced ones, and the ends of good data.

    Parameters
    ----------
    flux, weights : (npoints,) float64 arrays
        Values, of which those next to 0 count as bad, and weights.
    number : int
        How many are evenly spaced.

    Returns
    -------
    (nknots,) int64 array
        Ascending, the first and last point included.
    """
    npoints = len(flux)
    step = npoints / number
    to_last = npoints - 1 - round((number - 1) * step)
    knots = np.concatenate([[0.0], np.arange(number) * step + to_last / 2, [npoints - 1.0]])
    good = np.where(flux > GOOD_WEIGHT, np.maximum(weights, 0.0), 0.0)
    larger, smaller = np.maximum(good[:-1], good[1:]), np.minimum(good[:-1], good[1:])
    edges = np.flatnonzero((larger > GOOD_WEIGHT) & (smaller <= EDGE_SHARE * larger))
    edges = edges + (good[edges + 1] > good[edges])
    edges = edges[~np.isin(edges - 1.0, knots) & ~np.isin(edges + 1.0, knots)]
    return np.unique(np.concatenate([knots, edges]).astype(np.int64))


def _spline_through(places, values, weights, knots, degree, robust):
    """A spline of least squares at all places."""
    fit = _spline(places, values, weights, knots, degree)
    if not robust:
        return fit
    squares = np.sum((values - fit) ** 2 * weights)
    number = len(knots) + 2 * (degree + 1)
    freedom = weights.sum() - number
    if freedom <= 0:
        raise NoFit("the baseline has more pieces than there are data of weight")
    for _ in range(MOST_TURNS * number):
        distances = (values - fit) / (DOMAIN * np.sqrt(squares / freedom))
        used = weights * np.maximum(1.0 - distances**2, 0.0) ** 2
        fit = _spline(places, values, used, knots, degree)
        before, squares = squares, np.nansum((values - fit) ** 2 * used)
        if abs(before - squares) < TOLERANCE * max(1.0, squares):
            return fit
    raise NoFit("the baseline does not converge")


def _spline(places, values, weights, knots, degree):
    from scipy.interpolate import LSQUnivariateSpline

    try:
        return LSQUnivariateSpline(places, values, knots, w=np.maximum(weights, TRACE), k=degree)(places)
    except ValueError as error:
        raise NoFit("the pieces of the baseline have too few points") from error
