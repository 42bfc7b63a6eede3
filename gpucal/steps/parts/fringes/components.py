"""Kinds of fringes, and how one kind after the other is divided out of a spectrum."""

from typing import NamedTuple

import numpy as np

from gpucal.kernels.fringes.baseline import baseline
from gpucal.kernels.fringes.envelopes import without_runaways
from gpucal.kernels.fringes.no_fit import NoFit
from gpucal.kernels.fringes.search import Found, Search, find_sines
from gpucal.steps.parts.fringes.errors import NotFitted

# Points that weigh less are not corrected; those that weigh less than the second count as 0 when sines are looked for.
LEAST_WEIGHT = 1e-5
NO_WEIGHT = 1e-7
TINY = 1e-8


class Points(NamedTuple):
    """A spectrum of which fringes are fitted.

    Attributes
    ----------
    weights : (npoints,) float64 array
        How much each point counts where lines are not looked at.
    fitted : (npoints,) float64 array
        How much it counts in fits: next to nothing in lines.
    wavenumbers : (npoints,) float64 array
        In cm-1.
    limit : float or (npoints,) float64 array
        How far apart the envelopes of fringes may be, relative to the spectrum.
    usable : (npoints,) bool array or None
        Where sines may be fitted; all if it is None.
    """

    weights: np.ndarray
    fitted: np.ndarray
    wavenumbers: np.ndarray
    limit: np.ndarray | float
    usable: np.ndarray | None = None


class Removed(NamedTuple):
    """What was done for one kind of fringes.

    Attributes
    ----------
    search : Search
        Which kind.
    factors : (npoints,) float64 array
        The spectrum is multiplied by these.
    found : Found
        The sines.
    rejected : (npoints,) bool array
        Where the fit swung too far and was left out.
    baseline : (npoints,) float64 array
        To which the fringes are relative.
    knots : (nknots,) int64 array
        Points where pieces of the baseline meet.
    """

    search: Search
    factors: np.ndarray
    found: Found
    rejected: np.ndarray
    baseline: np.ndarray
    knots: np.ndarray


def removal_of(flux, points: Points, search: Search) -> Removed | None:
    """How one kind of fringes is removed from a spectrum; None where there is no such fringe.

    Raises
    ------
    NotFitted
        If the spectrum has no baseline apart from its fringes.
    """
    try:
        level, knots = baseline(flux, points.fitted, points.wavenumbers, search.period)
        relative = np.divide(flux, level, out=np.full_like(flux, TINY), where=level != 0)
        relative = np.where(relative != 0, relative - 1.0, 0.0) * np.where(points.weights > NO_WEIGHT, 1.0, TINY)
        found = find_sines(np.nan_to_num(relative, posinf=0.0, neginf=0.0), points.fitted, points.wavenumbers, search,
                           points.usable)  # fmt: skip
    except NoFit as error:
        raise NotFitted(str(error)) from error
    if found is None:
        return None
    kept, rejected = without_runaways(found.values, points.limit)
    return Removed(search, 1.0 / (kept * (points.weights > LEAST_WEIGHT) + 1.0), found, rejected, level, knots)
