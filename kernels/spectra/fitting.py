"""Least squares along lines: polynomials of the background, and amplitudes of profiles."""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.kernels.spectra.lines import (
    COUNT,
    STEP_ALONG,
    Lines,
    check_lines,
    offset_of,
    pixels_of,
    position,
)
from gpucal.kernels.spectra.planes import Planes, counts, value_of

# Equations whose matrix has a larger condition number are not solved.
LARGEST_CONDITION = 1e10


class Terms(NamedTuple):
    """What is fitted to each line: powers of the place across the dispersion, then profiles.

    Attributes
    ----------
    powers : (nslits,) int64 array
        How many powers, from the constant on; 0 for none.
    profiles : (nprofiles, npixels) float64 array
        Profiles; there may be none.
    region : (npixels,) float64 array, or (0,)
        Pixels that count although they are in no profile are not 0; empty where there are none.
    smoothing : (nslits,) int64 array
        Pixels along the dispersion that values are averaged over, an odd number; 0 and 1 for none.
    most : int
        The most powers of any slit.
    """

    powers: np.ndarray
    profiles: np.ndarray
    region: np.ndarray
    smoothing: np.ndarray
    most: int

    @property
    def count(self) -> int:
        """How many terms there are."""
        return self.most + len(self.profiles)

    def checks(self) -> dict:
        """The arrays with their axes: see `gpucal.kernels.spectra.lines.check_lines`."""
        given = {
            "powers": (self.powers, "nslits"),
            "profiles": (self.profiles, "nprofiles npixels"),
            "smoothing": (self.smoothing, "nslits"),
        }
        return given | ({"region": (self.region, "npixels")} if self.region.size else {})


class Solution(NamedTuple):
    """The fit of each line of each integration.

    Attributes
    ----------
    coefficients : (npoints, nterms) float64 array
        0 where the equations cannot be solved.
    covariance : (npoints, nterms, nterms) float64 array
        The inverse of the matrix of the equations.
    """

    coefficients: np.ndarray
    covariance: np.ndarray


def fit_lines(lines: Lines, planes: Planes, terms: Terms) -> Solution:
    """Fit terms to each line of each integration, all pixels with equal weight.

    Pixels count that lie in a region or in a profile, and whose value and variances are finite.

    Parameters
    ----------
    lines : Lines
    planes : Planes
    terms : Terms

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_lines(lines, planes.nints, **planes.checks(), **terms.checks())
    xp, npoints = current_backend().xp, planes.nints * lines.count
    normal = xp.zeros((npoints, terms.count, terms.count), np.float64)
    vector = xp.zeros((npoints, terms.count), np.float64)
    equations_of_line((npoints,), lines, planes, terms, normal, vector)
    covariance = _inverse(normal, xp)
    return Solution((covariance @ vector[..., None])[..., 0], covariance)


def _inverse(normal, xp):
    """Inverse matrices; 0 where the condition number is too large."""
    values = xp.abs(xp.linalg.eigvalsh(normal)) if normal.shape[-1] > 1 else xp.abs(normal[..., 0])
    solvable = values.min(-1) * LARGEST_CONDITION > values.max(-1)
    inverse = xp.zeros_like(normal)
    if normal.shape[-1] > 1:
        inverse[solvable] = xp.linalg.inv(normal[solvable])
    else:
        inverse[solvable] = 1.0 / normal[solvable]
    return inverse


@pixel_kernel
def equations_of_line(point, lines, planes, terms, normal, vector):
    """One line of one integration."""
    integration, line = point // lines.slit.size, point % lines.slit.size
    slit = lines.slit[line]
    pixel, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    nterms = vector.shape[1]
    for row in range(rows):
        if takes_part(terms, pixel) and counts(planes, offset + pixel):
            value = smoothed(lines, line, planes, offset, pixel, terms.smoothing[slit])
            if math.isfinite(value):
                place = position(row, rows)
                for one in range(nterms):
                    factor = term(one, terms, slit, place, pixel)
                    vector[point, one] += factor * value
                    for other in range(nterms):
                        normal[point, one, other] += factor * term(other, terms, slit, place, pixel)
        pixel += step
    for one in range(terms.powers[slit], terms.most):  # powers of other slits
        normal[point, one, one] = normal[point, 0, 0]


@pixel_function
def takes_part(terms, pixel):
    """Whether a pixel lies in the region or in a profile."""
    found = terms.region.size > 0 and terms.region[pixel] != 0
    for profile in range(terms.profiles.shape[0]):
        found = found or terms.profiles[profile, pixel] != 0
    return found


@pixel_function
def term(number, terms, slit, place, pixel):
    """A term at a pixel, whose place across the dispersion is from -1 to 1."""
    if number >= terms.most:
        return terms.profiles[number - terms.most, pixel]
    if number >= terms.powers[slit]:
        return 0.0
    value = 1.0
    for _ in range(number):
        value *= place
    return value


@pixel_function
def smoothed(lines, line, planes, offset, pixel, width):
    """The value of a pixel, averaged along the dispersion where that is asked for.

    The average is that of the pixels with a value; the first and the last pixel stand for those beyond.
    """
    if width < 2:
        return value_of(planes, offset + pixel)
    row, element, half = lines.table[lines.slit[line]], np.int64(lines.element[line]), width // 2
    total, number = 0.0, 0.0
    for place in range(2 * half + 1):
        other = element + place - half
        other = 0 if other < 0 else other if other < row[COUNT] else row[COUNT] - 1
        value = value_of(planes, offset + pixel + (other - element) * row[STEP_ALONG])
        if not math.isnan(value):
            total += value
            number += 1.0
    return np.float64(np.float32(total / number)) if number else math.nan


@pixel_function
def fitted(coefficients, number, terms, slit, place, pixel):
    """The sum of the first terms of a fit at a pixel."""
    value = 0.0
    for one in range(number):
        value += coefficients[one] * term(one, terms, slit, place, pixel)
    return value
