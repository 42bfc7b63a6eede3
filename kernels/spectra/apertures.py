"""Apertures: which part of each pixel belongs to a source, or to its background.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.kernels.spectra.lines import Lines, check_lines, pixels_of

# Rows of the sums over a line: weights, weights times place, weights of pixels of known wavelength, and times that.
WEIGHTS, PLACES, KNOWN, WAVELENGTHS, SUMS = range(5)


class Aperture(NamedTuple):
    """The aperture of each slit: regions between two limits across the dispersion.

    A limit is a polynomial, plus the place of the trace. Limits are inclusive: from 2 to 4 are three pixels.

    Attributes
    ----------
    first : (nslits + 1,) int64 array
        The first region of each slit, and the end.
    by_wavelength : (nregions,) bool array
        Whether the limits are polynomials in wavelength rather than in the place along the dispersion, from 0.
    limits : (nregions, 2, ncoefficients) float64 array
        Lower and upper limit, pixels: coefficients from the constant on.
    trace : (nlines,) float64 array
        Place of the trace, 0 where limits do not follow it. Where it is NaN, a line is in no region.
    span : (nslits, 2) int64 array
        First and last line of the aperture.
    partial : (nslits,) bool array
        Whether a pixel may belong in part.
    nregions : int
    """

    first: np.ndarray
    by_wavelength: np.ndarray
    limits: np.ndarray
    trace: np.ndarray
    span: np.ndarray
    partial: np.ndarray
    nregions: int


def aperture_weights(lines: Lines, aperture: Aperture, wavelength, known_only: bool):
    """The part of each pixel that belongs to the aperture of its slit, from 0 to 1.

    Parameters
    ----------
    lines : Lines
    aperture : Aperture
    wavelength : (npixels,) float array
    known_only : bool
        Leave out pixels without wavelength.

    Returns
    -------
    (npixels,) float64 array

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    nregions = aperture.nregions
    check_lines(
        lines,
        wavelength=(wavelength, "npixels"),
        first=(aperture.first, (lines.nslits + 1,)),
        by_wavelength=(aperture.by_wavelength, (nregions,)),
        limits=(aperture.limits, (nregions, 2, "ncoefficients")),
        trace=(aperture.trace, "nlines"),
        span=(aperture.span, (lines.nslits, 2)),
        partial=(aperture.partial, "nslits"),
    )
    weights = current_backend().xp.empty(lines.npixels, np.float64)
    weigh_line((lines.count,), lines, aperture, wavelength, known_only, weights)
    return weights


@pixel_kernel
def weigh_line(line, lines, aperture, wavelength, known_only, weights):
    """The pixels of one line."""
    slit, element = lines.slit[line], lines.element[line]
    place, step, rows = pixels_of(lines, line)
    inside = aperture.span[slit, 0] <= element and element <= aperture.span[slit, 1]
    for row in range(rows):
        weight, micron = 0.0, np.float64(wavelength[place])
        if inside and (math.isfinite(micron) or not known_only):
            for region in range(aperture.first[slit], aperture.first[slit + 1]):
                variable = micron if aperture.by_wavelength[region] else np.float64(element)
                lower = polynomial(aperture.limits[region, 0], variable) + aperture.trace[line]
                upper = polynomial(aperture.limits[region, 1], variable) + aperture.trace[line]
                weight = with_region(weight, row, lower, upper, aperture.partial[slit])
        weights[place] = weight
        place += step


@pixel_function
def polynomial(coefficients, variable):
    """A polynomial by Horner's rule, its coefficients from the constant on."""
    value = 0.0
    for power in range(coefficients.size - 1, -1, -1):
        value = value * variable + coefficients[power]
    return value


@pixel_function
def with_region(weight, row, lower, upper, partial):
    """The weight of a pixel once a region is added to those before: the largest."""
    if lower <= row and row <= upper:
        return 1.0
    if partial:
        for part in (row - lower + 1.0, upper - row + 1.0):
            if 0.0 < part and part < 1.0 and weight < part:
                weight = part
    return weight


def line_sums(lines: Lines, weights, wavelength):
    """Sums over the pixels of each line that have a weight.

    Parameters
    ----------
    lines : Lines
    weights : (npixels,) float64 array
    wavelength : (npixels,) float array

    Returns
    -------
    (4, nlines) float64 array
        See `SUMS`.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_lines(lines, weights=(weights, "npixels"), wavelength=(wavelength, "npixels"))
    sums = current_backend().xp.empty((SUMS, lines.count), np.float64)
    sum_line((lines.count,), lines, weights, wavelength, sums)
    return sums


@pixel_kernel
def sum_line(line, lines, weights, wavelength, sums):
    """One line."""
    place, step, rows = pixels_of(lines, line)
    total, places, known, wavelengths = 0.0, 0.0, 0.0, 0.0
    for row in range(rows):
        weight, micron = weights[place], np.float64(wavelength[place])
        if weight > 0:
            total += weight
            places += weight * row
            if not math.isnan(micron):
                known += weight
                wavelengths += weight * micron
        place += step
    sums[WEIGHTS, line], sums[PLACES, line] = total, places
    sums[KNOWN, line], sums[WAVELENGTHS, line] = known, wavelengths
