"""Splines through the pixels about each line of a spectrum: the shape of its trace across the dispersion.

The pixels of a window of lines, over the sum of their line, are fitted by a cubic spline of evenly spaced knots in
their place along the slit, by least squares; outliers are dropped, and the fit is repeated. The spline is scaled to the
line in the middle of the window.

Source: the ``adaptive_trace_model`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/adaptive_trace_model/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.spectra.spline_fit import (
    ACCEPTED,
    FAILED,
    ORDER,
    add_to_system,
    knots_between,
    mean_and_scatter,
    solve_system,
    spacing_allows,
    spline_at,
)

# Fits keep this part of their points, at least.
LEAST_KEPT = 0.8

# Lines that are fitted at once have no more scratch memory, bytes, of the kind that grows with their windows.
SCRATCH_BYTES = 2**26


class Settings(NamedTuple):
    """How splines are fitted.

    Attributes
    ----------
    reach : int
        Lines to the left and to the right of one that are fitted with it.
    intervals : int
        Knots of a spline.
    spread : float
        By how much the tenth largest gap between points may exceed the distance of knots.
    low, high : float
        Standard deviations by which outliers are below or above a fit.
    rounds : int
        Fits at most.
    """

    reach: int
    intervals: int
    spread: float
    low: float
    high: float
    rounds: int


class Splines(NamedTuple):
    """A spline for each line.

    Attributes
    ----------
    status : (nlines,) int8 array
        `ACCEPTED` where there is one; 0 where a line was left out, `FAILED` where the fit failed.
    ends : (nlines, 4) float32 array
        Least and greatest place of the points that were fitted first, and of those that were fitted last.
    intervals : (nlines,) int32 array
        Which of `Settings` it was fitted with.
    coefficients : (nlines, n) float64 array
        Of the spline.
    """

    status: np.ndarray
    ends: np.ndarray
    intervals: np.ndarray
    coefficients: np.ndarray


def fit_splines(places, values, wanted, settings: Settings) -> Splines:
    """Fit a spline about each line.

    Parameters
    ----------
    places : (nacross, nlines) float32 array
        Of pixels along the slit; NaN outside of it.
    values : (nacross, nlines) float32 array
        Pixels over the sum of their line; NaN where they are not to be used.
    wanted : (nlines,) bool array
        Lines to fit.
    settings : Settings

    Returns
    -------
    Splines

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(places=(places, "nacross nlines"), values=(values, "nacross nlines"), wanted=(wanted, "nlines"))
    xp, (nacross, nlines) = current_backend().xp, places.shape
    most = settings.intervals + ORDER + 1
    made = Splines(
        xp.zeros(nlines, np.int8),
        xp.full((nlines, 4), np.nan, np.float32),
        xp.full(nlines, settings.intervals, np.int32),
        xp.full((nlines, most), np.nan, np.float64),
    )
    width = nacross * 2 * settings.reach
    batch = max(min(nlines, SCRATCH_BYTES // (16 * max(width, 1))), 1)
    points, spare = xp.empty((batch, 2, width), np.float32), xp.empty((batch, width), np.float64)
    systems = xp.empty((batch, most, ORDER + 2), np.float64)
    for first in range(0, nlines, batch):
        count = min(batch, nlines - first)
        kept = made.status, made.ends, made.coefficients
        fit_line((count,), first, places, values, wanted, settings, points, spare, systems, *kept)
    return made


@pixel_kernel(heavy=True)
def fit_line(number, first, places, values, wanted, settings, points, spare, systems, status, ends, coefficients):
    """The spline about one line."""
    line = first + number
    if not wanted[line]:
        return
    status[line] = FAILED
    x, y, own = points[number, 0], points[number, 1], spare[number]
    count = gather(places, values, line, settings.reach, x, y)
    if count == 0:
        return
    sort_pairs(x, y, count)
    ends[line, 0], ends[line, 1] = x[0], x[count - 1]
    count = spacing_allows(x, y, own, count, settings.intervals, settings.spread)
    given, fits = count, 0
    while count > ORDER and fits < settings.rounds:
        low, high = x[0], x[count - 1]
        system = systems[number]
        start, step, inner = knots_between(low, high, settings.intervals)
        size = inner + ORDER + 1
        if size > system.shape[0] or not fitted(x, y, count, low, high, start, step, inner, system):
            break
        status[line] = ACCEPTED
        ends[line, 2], ends[line, 3] = low, high
        for place in range(size):
            coefficients[line, place] = system[place, ORDER + 1]
        fits += 1
        for point in range(count):
            fit = spline_at(np.float64(x[point]), low, high, start, step, inner, coefficients[line])
            own[point] = np.float64(y[point]) - fit
        kept = drop_outliers(x, y, own, count, settings, given)
        if fits == settings.rounds or kept == count or kept == 0:
            break
        count = kept


@pixel_function
def gather(places, values, line, reach, x, y):
    """Write the known points of a window of lines; how many there are."""
    count = 0
    for other in range(max(line - reach, 0), min(line + reach, places.shape[1])):
        for row in range(places.shape[0]):
            if math.isfinite(places[row, other]) and math.isfinite(values[row, other]):
                x[count], y[count] = places[row, other], values[row, other]
                count += 1
    return count


@pixel_function
def sort_pairs(x, y, count):
    """Sort points by x, in place (heap sort)."""
    begin, end = count // 2, count
    while end > 1:
        if begin > 0:
            begin -= 1
        else:
            end -= 1
            x[0], x[end] = x[end], x[0]
            y[0], y[end] = y[end], y[0]
        root, child = begin, 2 * begin + 1
        while child < end:
            if child + 1 < end and x[child + 1] > x[child]:
                child += 1
            if not x[child] > x[root]:
                break
            x[root], x[child] = x[child], x[root]
            y[root], y[child] = y[child], y[root]
            root, child = child, 2 * child + 1


@pixel_function
def fitted(x, y, count, low, high, start, step, inner, system):
    """Fit a spline to points, its coefficients in the last column of a system; whether that could be done."""
    size = inner + ORDER + 1
    for row in range(size):
        for column in range(ORDER + 2):
            system[row, column] = 0.0
    for point in range(count):
        add_to_system(np.float64(x[point]), np.float64(y[point]), low, high, start, step, inner, system)
    return solve_system(system, size)


@pixel_function
def drop_outliers(x, y, offsets, count, settings, given):
    """Move those points to the front that are near a fit; how many they are, 0 if too few to go on."""
    _, scatter = mean_and_scatter(offsets, 0, count)
    low, high = -settings.low * scatter, settings.high * scatter
    kept = 0
    for point in range(count):
        kept += not (offsets[point] < low or offsets[point] > high)
    if kept < LEAST_KEPT * given:
        return 0
    kept = 0
    for point in range(count):
        if not (offsets[point] < low or offsets[point] > high):
            x[kept], y[kept] = x[point], y[point]
            kept += 1
    return kept
