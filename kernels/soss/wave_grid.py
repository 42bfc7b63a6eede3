"""The wavelengths at which the light of NIRISS SOSS is solved for.

They begin as the borders of pixels along a trace, each pixel divided into some parts. A part is halved as long as the
trapezoidal rule integrates an estimate of the light over it worse than is asked for; how badly it does, its difference
from Romberg's rule tells. Where orders overlap in wavelength, the one with finer pixels counts.

Source: A. Darveau-Bernier et al. 2022, Publications of the Astronomical Society of the Pacific 134, 094502; and, for
what counts as converged and how parts are chosen when there may be no more of them, what jwst 3.0.0 does.
"""

import logging

import numpy as np

log = logging.getLogger(__name__)

# A part is not divided whose integral is this close to the true one, nor to pieces shorter than this, micron.
ABSOLUTE = 1e-6
SHORTEST = 1e-5
MOST_ROUNDS = 30


def pixel_borders(wavelength):
    """The wavelengths of both borders of pixels in a row: halfway to those of their neighbours.

    Parameters
    ----------
    wavelength : (n,) float64 array
        Of the middles of pixels, micron; NaN where it is not known. What is not known is passed over.

    Returns
    -------
    lower, upper : (n,) float64 arrays
        0 where the wavelength is not known.

    Raises
    ------
    ValueError
        If wavelengths neither rise nor fall throughout, or fewer than two are known.
    """
    known = np.isfinite(wavelength)
    values = wavelength[known]
    if len(values) < 2:
        raise ValueError("fewer than two pixels of the trace have a wavelength")
    halves = np.diff(values) / 2
    if not ((halves >= 0).all() or (halves <= 0).all()):
        raise ValueError("wavelengths along the trace neither rise nor fall throughout")
    left, right = np.zeros_like(wavelength), np.zeros_like(wavelength)
    left[known] = values - np.concatenate([halves[:1], halves])
    right[known] = values + np.concatenate([halves, halves[-1:]])
    return (left, right) if halves[0] >= 0 else (right, left)


def native_grid(wavelength, parts):
    """The borders of pixels with rising wavelengths, each divided into equal parts.

    Parameters
    ----------
    wavelength : (n,) float64 array
        Rising, micron.
    parts : int
        Of each pixel.

    Returns
    -------
    (n * parts + 1,) float64 array
    """
    lower, upper = pixel_borders(wavelength)
    return divided(np.append(lower, upper[-1]), np.full(len(lower), parts))


def divided(grid, parts):
    """A rising grid whose intervals are each divided into a number of equal parts."""
    steps = np.concatenate([[0.0], np.repeat(1 / parts, parts)])
    return np.unique(np.interp(np.cumsum(steps), np.arange(len(grid)), grid))


def combined_grid(grids, estimates, span, tolerance, most):
    """One grid of several, of which earlier ones count where they overlap.

    Parameters
    ----------
    grids : sequence of (n,) float64 array
        Rising wavelengths, micron.
    estimates : sequence of callable
        For each grid the light as a function of wavelength.
    span : tuple of float
        The wavelengths to cover.
    tolerance : float
        The relative error of an integral over a part.
    most : int
        Wavelengths of the combined grid. Each one has at least as many as it comes with, and those that it shares out
        with no part of their own to spare are halved once.

    Returns
    -------
    (n,) float64 array
    """
    trimmed = trim(grids, span)
    sizes = [len(grid) for grid in trimmed]
    made = []
    for number, (grid, estimate) in enumerate(zip(trimmed, estimates, strict=True)):
        allowed = max(most - sum(map(len, made)) - sum(sizes[number + 1 :]), sizes[number])
        adapted, converged = adapt(grid, estimate, tolerance, allowed) if len(grid) > 1 else (grid, True)
        if not converged:
            log.warning(
                "Wavelengths %.4g to %.4g micron: %d points do not reach the tolerance of %g that soss_rtol asks for; "
                "the limit is soss_max_grid_size, or the shortest step",
                adapted[0], adapted[-1], len(adapted), tolerance,
            )  # fmt: skip
        made.append(adapted)
    return np.unique(np.concatenate(made))


def trim(grids, span):
    """The parts of grids within a span that no earlier grid covers, each with one point beyond its ends."""
    kept = []
    for grid in grids:
        first = max(np.searchsorted(grid, span[0], "right") - 1, 0)
        last = min(np.searchsorted(grid, span[1], "left"), len(grid) - 1)
        part = grid[first : last + 1]
        if kept:
            covered = np.concatenate(kept)
            below, above = part < covered.min(), part > covered.max()
            if not (below.any() or above.any()):
                part = part[:0]
            if below.any():
                part = part[: min(np.flatnonzero(below)[-1] + 2, len(part))]
            if above.any():
                part = part[max(np.flatnonzero(above)[0] - 1, 0) :]
        kept.append(part)
    return kept


def adapt(grid, estimate, tolerance, most):
    """A grid whose intervals are halved until an estimate is integrated well over each.

    Parameters
    ----------
    grid : (n,) float64 array
        Rising.
    estimate : callable
    tolerance : float
        Relative.
    most : int
        When more points than this would come of it, the intervals with the largest errors are halved, and no others
        any more.

    Returns
    -------
    grid : (m,) float64 array
    converged : bool
        Whether all are within the tolerance.
    """
    is_full = False
    for _round in range(MOST_ROUNDS):
        error, relative = integration_errors(grid, estimate)
        good = (relative < tolerance) | (error < ABSOLUTE)
        if is_full or good.all():
            break
        parts = np.where(good, 1, 2)
        if parts.sum() > most:
            # Where there is no room for a single one, all are halved: so it is in jwst 3.0.0.
            is_full, worst = True, np.argsort(relative)[-(most - len(grid)) :]
            parts = np.ones_like(parts)
            parts[worst] = 2
        grid = without_crowds(divided(grid, parts))
    return grid, bool(good.all())


def integration_errors(grid, estimate):
    """By how much the trapezoidal rule differs from Romberg's on each interval, and in parts of the latter."""
    lower, upper = grid[:-1], grid[1:]
    length = upper - lower
    ends = 0.5 * (estimate(lower) + estimate(upper))
    rough, fine = length * ends, length * (ends + estimate(lower + 0.5 * length)) / 2
    better = (4 * fine - rough) / 3
    error = np.abs(better - rough)
    with np.errstate(divide="ignore", invalid="ignore"):
        return error, np.where(better != 0, np.abs(error / better), np.inf)


def without_crowds(grid):
    """A rising grid without points that follow another one too soon."""
    if (np.diff(grid) > SHORTEST).all():
        return grid
    kept = [grid[0]]
    for value in grid[1:]:
        if value - kept[-1] > SHORTEST:
            kept.append(value)
    return np.array(kept)
