"""Spectra by sums over apertures.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.kernels.spectra.background import Background
from gpucal.kernels.spectra.fitting import Terms, fitted
from gpucal.kernels.spectra.lines import Lines, check_lines, offset_of, pixels_of, position
from gpucal.kernels.spectra.planes import Planes, counts, value_of, variance_of

# Apertures of fewer pixels than this have none.
NO_PIXELS = 1e-8


class Extracted(NamedTuple):
    """Sums over the apertures of all lines of all integrations, in the unit of the pixels, each a float64 array.

    Attributes
    ----------
    flux, var_poisson, var_rnoise, var_flat : (nints, nlines) arrays
        The source, NaN where the aperture has no pixel with a value.
    background, bkg_var_poisson, bkg_var_rnoise, bkg_var_flat : (nints, nlines) arrays
        What was subtracted; its variances are a part of the source's.
    npixels : (nints, nlines) array
        Pixels in the aperture.
    """

    flux: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray
    var_flat: np.ndarray
    background: np.ndarray
    bkg_var_poisson: np.ndarray
    bkg_var_rnoise: np.ndarray
    bkg_var_flat: np.ndarray
    npixels: np.ndarray

    @classmethod
    def for_lines(cls, lines: Lines, nints: int) -> "Extracted":
        """Arrays to be filled."""
        return cls(*current_backend().xp.empty((len(cls._fields), nints, lines.count), np.float64))


def sum_apertures(lines: Lines, planes: Planes, weights, terms: Terms, background: Background) -> Extracted:
    """Add up what lies in the apertures, without its background.

    Parameters
    ----------
    lines : Lines
    planes : Planes
    weights : (npixels,) float64 array
        The part of each pixel that belongs to an aperture.
    terms : Terms
        What the background is a polynomial of, and the region that it was measured in.
    background : Background

    Returns
    -------
    Extracted

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    levels = "npoints", "nlevels"
    check_lines(
        lines,
        planes.nints,
        weights=(weights, "npixels"),
        levels=(background.levels, " ".join(levels)),
        shares=(background.shares, " ".join(levels)),
        **planes.checks(),
        **terms.checks(),
    )
    found = Extracted.for_lines(lines, planes.nints)
    sum_aperture((planes.nints * lines.count,), lines, planes, weights, terms, background, found)
    return found


@pixel_kernel
def sum_aperture(point, lines, planes, weights, terms, background, found):
    """One line of one integration."""
    integration, line = point // lines.slit.size, point % lines.slit.size
    slit = lines.slit[line]
    pixel, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    nlevels = background.levels.shape[1]
    flux, level, npixels = 0.0, 0.0, 0.0
    poisson, rnoise, flat = 0.0, 0.0, 0.0
    of_poisson, of_rnoise, of_flat = 0.0, 0.0, 0.0
    for row in range(rows):
        place, weight = position(row, rows), weights[pixel]
        if weight != 0:
            behind = fitted(background.levels[point], nlevels, terms, slit, place, pixel)
            value = value_of(planes, offset + pixel) - behind
            if math.isfinite(value):
                flux += value * weight
                level += behind * weight
                npixels += weight
                poisson += variance_of(planes.var_poisson, offset + pixel) * weight * weight
                rnoise += variance_of(planes.var_rnoise, offset + pixel) * weight * weight
                flat += variance_of(planes.var_flat, offset + pixel) * weight * weight
        if nlevels and terms.region[pixel] != 0 and counts(planes, offset + pixel):
            share = fitted(background.shares[point], nlevels, terms, slit, place, pixel)
            of_poisson += variance_of(planes.var_poisson, offset + pixel) * share * share
            of_rnoise += variance_of(planes.var_rnoise, offset + pixel) * share * share
            of_flat += variance_of(planes.var_flat, offset + pixel) * share * share
        pixel += step
    found.flux[integration, line] = flux if npixels > NO_PIXELS else math.nan
    found.background[integration, line], found.npixels[integration, line] = level, npixels
    found.var_poisson[integration, line] = poisson + of_poisson
    found.var_rnoise[integration, line] = rnoise + of_rnoise
    found.var_flat[integration, line] = flat + of_flat
    found.bkg_var_poisson[integration, line] = of_poisson
    found.bkg_var_rnoise[integration, line] = of_rnoise
    found.bkg_var_flat[integration, line] = of_flat
