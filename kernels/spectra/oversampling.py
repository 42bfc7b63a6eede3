"""Spectra in smaller pixels across the dispersion: interpolated linearly, or by the splines of their trace.

Source: the ``adaptive_trace_model`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/adaptive_trace_model/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.kernels.spectra.spline_fit import ORDER, knots_between, spline_at
from gpucal.kernels.spectra.trace_splines import Splines

# Lines with so few good pixels stay without values.
FEWEST = 3


class Oversampled(NamedTuple):
    """A spectrum in smaller pixels; NaN where there is nothing.

    Attributes
    ----------
    linear : (nsmall, nlines) float64 array
        Interpolated linearly.
    trace : (nsmall, nlines) float64 array
        Splines times scales.
    residual : (nsmall, nlines) float64 array
        What the trace leaves, interpolated linearly.
    """

    linear: np.ndarray
    trace: np.ndarray
    residual: np.ndarray


def interpolated(values, places, factor, edge, keeps_gaps):
    """Values in smaller pixels, interpolated linearly between those that are known.

    Parameters
    ----------
    values : (nacross, nlines) float32 or float64 array
        NaN where they are not known.
    places : (nacross, nlines) float32 array
        NaN outside of the slit.
    factor : float
        Small pixels for each pixel.
    edge : int
        Small pixels at the ends of a line that are NaN.
    keeps_gaps : bool
        Whether what is nearest to an unknown pixel is unknown, too.

    Returns
    -------
    (nsmall, nlines) float64 array

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(values=(values, "nacross nlines"), places=(places, "nacross nlines"))
    xp = current_backend().xp
    small = xp.full((math.ceil(values.shape[0] * factor), values.shape[1]), np.nan, np.float64)
    interpolate_line((values.shape[1],), values, places, float(factor), edge, keeps_gaps, small)
    return small


@pixel_kernel
def interpolate_line(line, values, places, factor, edge, keeps_gaps, small):
    """One line."""
    first, last, good = extent_of(values, places, line)
    if good <= FEWEST:
        return
    begin, count = small_rows(first, last, factor, small.shape[0])
    for number in range(count):
        row = row_of(begin + number, factor)
        value = between_known(values, line, row)
        if keeps_gaps and not math.isfinite(values[nearest_row(row, values.shape[0]), line]):
            value = math.nan
        small[begin + number, line] = value if edge <= number and number < count - edge else math.nan


def oversampled(values, places, small_places, splines: Splines, source, fits, scale, factor, edge, trims):
    """The trace of a spectrum, and what it leaves, in smaller pixels.

    Parameters
    ----------
    values, places : (nacross, nlines) float32 array
        See `interpolated`.
    small_places : (nsmall, nlines) float64 array
        Places along the slit of small pixels.
    splines, source
        See `gpucal.kernels.spectra.trace_image.trace_of`.
    fits, scale
        See `gpucal.kernels.spectra.trace_image.Trace`.
    factor, edge
        See `interpolated`.
    trims : bool
        Whether the ends of traces are NaN, too.

    Returns
    -------
    Oversampled

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(
        values=(values, "nacross nlines"),
        places=(places, "nacross nlines"),
        fits=(fits, "nacross nlines"),
        small_places=(small_places, (math.ceil(values.shape[0] * factor), "nlines")),
        source=(source, "nlines"),
        scale=(scale, "nlines"),
        status=(splines.status, "nlines"),
        ends=(splines.ends, ("nlines", 4)),
        intervals=(splines.intervals, "nlines"),
        coefficients=(splines.coefficients, "nlines n"),
    )
    check_indices(splines.intervals + ORDER, splines.coefficients.shape[1])
    xp = current_backend().xp
    trace, residual = (xp.full(small_places.shape, np.nan, np.float64) for _ in range(2))
    rest = (values - scale * fits).astype(np.float32)
    given = values, rest, places, small_places, splines, source, scale, float(factor), edge, edge if trims else 0
    oversample_line((len(source),), *given, trace, residual)
    return Oversampled(interpolated(values, places, factor, edge, True), trace, residual)


@pixel_kernel
def oversample_line(
    line, values, rest, places, small_places, splines, source, scale, factor, edge, trimmed, trace, residual
):
    """One line."""
    first, last, good = extent_of(values, places, line)
    own = source[line]
    if good <= FEWEST or own < 0:
        return
    begin, count = small_rows(first, last, factor, trace.shape[0])
    low, high = splines.ends[own, 2], splines.ends[own, 3]
    start, step, inner = knots_between(low, high, splines.intervals[own])
    inside = 0
    for number in range(count):
        place = small_places[begin + number, line]
        inside += splines.ends[own, 0] <= place and place <= splines.ends[own, 1]
    seen = 0
    for number in range(count):
        small = begin + number
        if edge <= number and number < count - edge:
            residual[small, line] = between_known(rest, line, row_of(small, factor))
        place = small_places[small, line]
        if splines.ends[own, 0] <= place and place <= splines.ends[own, 1]:
            if trimmed <= seen and seen < inside - trimmed:
                trace[small, line] = scale[line] * spline_at(
                    place, low, high, start, step, inner, splines.coefficients[own]
                )
            seen += 1


@pixel_function
def extent_of(values, places, line):
    """The first and the last pixel of a line that is in the slit, and how many of them are known."""
    first, last, good = -1, -1, 0
    for row in range(places.shape[0]):
        good += math.isfinite(values[row, line])
        if math.isfinite(places[row, line]):
            first = row if first < 0 else first
            last = row
    return first, last, good


@pixel_function
def small_rows(first, last, factor, most):
    """The first small pixel of a line, and how many there are."""
    begin = int(first * factor)
    count = int(math.ceil((last + 1) * factor - first * factor))
    return begin, min(count, most - begin)


@pixel_function
def row_of(small, factor):
    """Where the centre of a small pixel is, pixels."""
    return small / factor - (factor - 1) / (factor * 2)


@pixel_function
def nearest_row(row, count):
    """The nearest pixel; the even one of two."""
    low = math.floor(row)
    above = row - low > 0.5 or (row - low == 0.5 and int(low) % 2 != 0)
    return min(max(int(low) + (1 if above else 0), 0), count - 1)


@pixel_function
def between_known(values, line, row):
    """The value at a place between pixels, by the known ones about it; beyond them, that of the nearest."""
    count = values.shape[0]
    left = min(int(math.floor(row)), count - 1)
    while left >= 0 and not math.isfinite(values[left, line]):
        left -= 1
    right = max(int(math.floor(row)) + 1, 0)
    while right < count and not math.isfinite(values[right, line]):
        right += 1
    if left < 0:
        return np.float64(values[right, line]) if right < count else math.nan
    low = np.float64(values[left, line])
    if right >= count:
        return low
    return (np.float64(values[right, line]) - low) / (right - left) * (row - left) + low
