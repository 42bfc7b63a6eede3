"""The trace of a spectrum: splines across the dispersion, scaled to each line.

A spline is scaled by the mean ratio of the pixels of its line to it, weighted by the spline; pixels without data, below
zero, or far from the ratio of the five brightest have no weight.

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

# Pixels by whose ratio outliers are told, and by how many of their standard deviations these are off.
BRIGHTEST, FAR = 5, 2.0
CLIPPED, MOST_CLIPS = 3.0, 5


class Trace(NamedTuple):
    """The trace of a spectrum.

    Attributes
    ----------
    image : (nacross, nlines) float32 array
        Splines times scales; NaN where a line has none, at its ends, and beyond them.
    slope : (nacross, nlines) float64 array
        By how much a spline, unscaled, differs from that of the pixel before; 0 where that is not known.
    fits : (nacross, nlines) float64 array
        Splines, unscaled; NaN beyond their ends.
    scale : (nlines,) float64 array
        Of each line.
    """

    image: np.ndarray
    slope: np.ndarray
    fits: np.ndarray
    scale: np.ndarray


def trace_of(places, flux, source, splines: Splines) -> Trace:
    """Evaluate splines at the pixels of their lines.

    Parameters
    ----------
    places, flux : (nacross, nlines) float32 array
        Of pixels along the slit, and their values; NaN outside of the slit, and where they are not to be used.
    source : (nlines,) int64 array
        The line whose spline is used for each line; -1 for none.
    splines : Splines

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(
        places=(places, "nacross nlines"),
        flux=(flux, "nacross nlines"),
        source=(source, "nlines"),
        status=(splines.status, "nlines"),
        ends=(splines.ends, ("nlines", 4)),
        intervals=(splines.intervals, "nlines"),
        coefficients=(splines.coefficients, "nlines n"),
    )
    check_indices(splines.intervals + ORDER, splines.coefficients.shape[1])
    xp = current_backend().xp
    image, slope = xp.full(places.shape, np.nan, np.float32), xp.zeros(places.shape, np.float64)
    fits, weights = (xp.full(places.shape, np.nan, np.float64) for _ in range(2))
    scale = xp.zeros(places.shape[1], np.float64)
    trace_line((places.shape[1],), places, flux, source, splines, weights, image, slope, fits, scale)
    return Trace(image, slope, fits, scale)


@pixel_kernel
def trace_line(line, places, flux, source, splines, weights, image, slope, fits, scales):
    """The trace of one line."""
    own = source[line]
    if own < 0:
        return
    low, high = splines.ends[own, 2], splines.ends[own, 3]
    start, step, inner = knots_between(low, high, splines.intervals[own])
    first, last, count = -1, -1, 0
    for row in range(places.shape[0]):
        place = places[row, line]
        if splines.ends[own, 0] <= place and place <= splines.ends[own, 1]:
            fits[row, line] = spline_at(np.float64(place), low, high, start, step, inner, splines.coefficients[own])
            first = row if first < 0 else first
            last = row
            count += 1
    if count < BRIGHTEST:
        return
    scale = scale_of(flux, fits, weights, line)
    scales[line] = scale
    before = -1
    for row in range(first + 1, last):
        if fits[row, line] == fits[row, line]:
            image[row, line] = np.float32(scale * fits[row, line])
            if before > first:
                slope[row, line] = abs(fits[row, line] - fits[before, line])
            before = row


@pixel_function
def scale_of(flux, fits, weights, line):
    """By what a spline is multiplied to be a line."""
    weigh_pixels(flux, fits, weights, line)
    limit = fifth_largest(weights, line)
    mean, scatter = clipped_ratio(flux, fits, weights, limit, line)
    total, weight = 0.0, 0.0
    for row in range(fits.shape[0]):
        ratio = ratio_of(flux, fits, row, line)
        if ratio == ratio and not abs(mean - ratio) > FAR * scatter:
            total += ratio * weights[row, line]
            weight += weights[row, line]
    return total / weight if weight > 0 else 0.0


@pixel_function
def ratio_of(flux, fits, row, line):
    """The ratio of a pixel to the spline; NaN where it is not finite."""
    fit = fits[row, line]
    ratio = np.float64(flux[row, line]) / fit if fit != 0 else math.nan
    return ratio if math.isfinite(ratio) else math.nan


@pixel_function
def weigh_pixels(flux, fits, weights, line):
    """Write the weights of pixels; NaN where there is no spline."""
    for row in range(fits.shape[0]):
        fit = fits[row, line]
        if fit == fit:
            weights[row, line] = fit if ratio_of(flux, fits, row, line) >= 0 and fit >= 0 else 0.0


@pixel_function
def fifth_largest(weights, line):
    """The fifth largest weight; as many pixels may have it as do."""
    for row in range(weights.shape[0]):
        own = weights[row, line]
        above, same = 0, 0
        for other in range(weights.shape[0]):
            above += weights[other, line] > own
            same += weights[other, line] == own
        if above < BRIGHTEST and above + same >= BRIGHTEST:
            return own
    return 0.0


@pixel_function
def clipped_ratio(flux, fits, weights, limit, line):
    """The mean ratio of the brightest pixels and its standard deviation, outliers clipped."""
    low, high, before = -math.inf, math.inf, -1
    mean, scatter = 0.0, 0.0
    for _ in range(MOST_CLIPS + 1):
        mean, scatter, count = 0.0, 0.0, 0
        for row in range(fits.shape[0]):
            ratio = ratio_of(flux, fits, row, line)
            if weights[row, line] >= limit and low <= ratio and ratio <= high:
                mean += ratio
                count += 1
        mean /= max(count, 1)
        for row in range(fits.shape[0]):
            ratio = ratio_of(flux, fits, row, line)
            if weights[row, line] >= limit and low <= ratio and ratio <= high:
                scatter += (ratio - mean) ** 2
        scatter = math.sqrt(scatter / max(count, 1))
        if count == before or count == 0:
            break
        before = count
        middle = median_ratio(flux, fits, weights, limit, low, high, count, line)
        low, high = middle - CLIPPED * scatter, middle + CLIPPED * scatter
    return mean, scatter


@pixel_function
def median_ratio(flux, fits, weights, limit, low, high, count, line):
    """The median ratio of the brightest pixels between two bounds."""
    below, above = math.nan, math.nan
    for row in range(fits.shape[0]):
        ratio = ratio_of(flux, fits, row, line)
        if weights[row, line] >= limit and low <= ratio and ratio <= high:
            rank = 0
            for other in range(fits.shape[0]):
                rival = ratio_of(flux, fits, other, line)
                if weights[other, line] >= limit and low <= rival and rival <= high:
                    rank += rival < ratio or (rival == ratio and other < row)
            below = ratio if rank == (count - 1) // 2 else below
            above = ratio if rank == count // 2 else above
    return (below + above) / 2
