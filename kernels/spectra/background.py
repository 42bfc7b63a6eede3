"""The background of each line of a slit, from regions beside the source: a polynomial, or a median."""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_kernel, strip_kernel
from gpucal.backend.strips import Scratch
from gpucal.kernels.spectra.fitting import Terms, fit_lines, smoothed, term
from gpucal.kernels.spectra.lines import ACROSS, Lines, check_lines, offset_of, pixels_of, position
from gpucal.kernels.spectra.planes import Planes, counts
from gpucal.kernels.statistics.sample_medians import SEARCH_ROWS, find_medians

# How much less certain a median is than a mean, by and large.
MEDIAN_NOISE = 1.2


class Background(NamedTuple):
    """The background of each line of each integration: a polynomial across the dispersion.

    Attributes
    ----------
    levels : (npoints, nterms) float64 array
        Its coefficients.
    shares : (npoints, nterms) float64 array
        The coefficients of a polynomial in the place of a pixel of the region: by how much its value changes the
        background in the aperture.
    """

    levels: np.ndarray
    shares: np.ndarray


def polynomial_background(lines: Lines, planes: Planes, terms: Terms, weights) -> Background:
    """Fit a polynomial to the region of each line; it is 0 where there are too few pixels.

    Parameters
    ----------
    lines : Lines
    planes : Planes
    terms : Terms
        Powers and the region; no profiles.
    weights : (npixels,) float64 array
        The aperture of the source.

    Returns
    -------
    Background

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_lines(lines, weights=(weights, "npixels"), **terms.checks())
    solution = fit_lines(lines, planes, terms)
    moments = current_backend().xp.empty((lines.count, terms.count), np.float64)
    moments_of_line((lines.count,), lines, weights, terms, moments)
    by_integration = solution.covariance.reshape(planes.nints, lines.count, terms.count, terms.count)
    shares = (by_integration @ moments[..., None])[..., 0]
    return Background(solution.coefficients, shares.reshape(-1, terms.count))


@pixel_kernel
def moments_of_line(line, lines, weights, terms, moments):
    """The sums of the powers over an aperture."""
    slit = lines.slit[line]
    for one in range(moments.shape[1]):
        pixel, step, rows = pixels_of(lines, line)
        total = 0.0
        for row in range(rows):
            if weights[pixel] != 0:
                total += weights[pixel] * term(one, terms, slit, position(row, rows), pixel)
            pixel += step
        moments[line, one] = total


def median_background(lines: Lines, planes: Planes, terms: Terms, weights) -> Background:
    """The median of the region of each line, NaN where no pixel has a value.

    Parameters
    ----------
    lines, planes, terms, weights
        See `polynomial_background`; powers do not count.

    Returns
    -------
    Background

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_lines(lines, planes.nints, weights=(weights, "npixels"), **planes.checks(), **terms.checks())
    xp, shape = current_backend().xp, (planes.nints, lines.count)
    levels, shares = xp.empty((2, *shape), np.float64)
    most = max(1, _most_across(lines))
    scratch = Scratch(samples=most + SEARCH_ROWS, state=2)
    median_of_lines(shape, scratch, lines, planes, terms, most, levels)
    share_of_line((planes.nints * lines.count,), lines, planes, terms, weights, shares.reshape(-1))
    return Background(levels.reshape(-1, 1), shares.reshape(-1, 1))


def _most_across(lines: Lines) -> int:
    return int(lines.table[:, ACROSS].max()) if lines.nslits else 0


@strip_kernel
def median_of_lines(integration, begin, end, samples, state, lines, planes, terms, most, levels):
    """Some lines of one integration."""
    for line in range(begin, end):
        lane, slit = line - begin, lines.slit[line]
        pixel, step, rows = pixels_of(lines, line)
        offset = offset_of(lines, line, integration, planes.nints)
        for row in range(most):
            value = math.nan
            if row < rows and terms.region[pixel] != 0:
                value = smoothed(lines, line, planes, offset, pixel, terms.smoothing[slit])
            samples[row, lane] = np.float32(value)
            if row < rows:
                pixel += step
    find_medians(samples, most, end - begin, state[0], state[1])
    for lane in range(end - begin):
        levels[integration, begin + lane] = state[1, lane]


@pixel_kernel
def share_of_line(point, lines, planes, terms, weights, shares):
    """What one pixel of the region has in the background of the aperture: all have the same."""
    integration, line = point // lines.slit.size, point % lines.slit.size
    pixel, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    aperture, number = 0.0, 0.0
    for _row in range(rows):
        aperture += weights[pixel]
        if terms.region[pixel] != 0 and counts(planes, offset + pixel):
            number += 1.0
        pixel += step
    shares[point] = MEDIAN_NOISE * aperture / number if number else 0.0
