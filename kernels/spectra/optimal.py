"""Spectra by the amplitudes of profiles that are fitted to each line, with the background.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html.
"""

import math

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.kernels.spectra.box import NO_PIXELS, Extracted
from gpucal.kernels.spectra.fitting import Solution, Terms, fitted, takes_part
from gpucal.kernels.spectra.lines import Lines, check_lines, offset_of, pixels_of, position
from gpucal.kernels.spectra.planes import Planes, counts, variance_of


def fitted_spectra(lines: Lines, planes: Planes, terms: Terms, solution: Solution) -> Extracted:
    """The amplitude of the first profile of each line, and its variances.

    The background is its mean weighted by the profile. What it adds to variances is the difference to those of a fit
    without background.

    Parameters
    ----------
    lines : Lines
    planes : Planes
    terms : Terms
        With a profile at least.
    solution : Solution
        The fit of these terms.

    Returns
    -------
    Extracted

    Raises
    ------
    ValueError
        If arrays do not fit, or there is no profile.
    """
    if not len(terms.profiles):
        raise ValueError("there is no profile to fit")
    check_lines(
        lines,
        planes.nints,
        coefficients=(solution.coefficients, ("npoints", terms.count)),
        covariance=(solution.covariance, ("npoints", terms.count, terms.count)),
        **planes.checks(),
        **terms.checks(),
    )
    found = Extracted.for_lines(lines, planes.nints)
    amplitude_of_line((planes.nints * lines.count,), lines, planes, terms, solution, found)
    return found


@pixel_kernel
def amplitude_of_line(point, lines, planes, terms, solution, found):
    """One line of one integration."""
    integration, line = point // lines.slit.size, point % lines.slit.size
    first, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    profile = terms.profiles[0]
    used, square, square_used = 0.0, 0.0, 0.0
    pixel = first
    for _row in range(rows):
        square += profile[pixel] * profile[pixel]
        if counts(planes, offset + pixel):
            used += profile[pixel]
            square_used += profile[pixel] * profile[pixel]
        pixel += step
    amplitude_variances(point, integration, line, lines, planes, terms, solution, square_used, found)
    npixels = used / square if square else math.nan
    flux = solution.coefficients[point, terms.most]
    found.npixels[integration, line] = npixels
    found.flux[integration, line] = math.nan if abs(npixels) <= NO_PIXELS else flux


@pixel_function
def amplitude_variances(point, integration, line, lines, planes, terms, solution, square, found):
    """Variances and background of one line; ``square`` is the sum of the squares of its profile."""
    slit = lines.slit[line]
    pixel, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    inverse = solution.covariance[point, terms.most]
    level, profile = 0.0, terms.profiles[0]
    poisson, rnoise, flat = 0.0, 0.0, 0.0
    alone_poisson, alone_rnoise, alone_flat = 0.0, 0.0, 0.0
    for row in range(rows):
        if counts(planes, offset + pixel):
            place = position(row, rows)
            share = fitted(inverse, inverse.size, terms, slit, place, pixel) if takes_part(terms, pixel) else 0.0
            alone = profile[pixel] / square if square else 0.0
            level += alone * fitted(solution.coefficients[point], terms.most, terms, slit, place, pixel)
            of_poisson = variance_of(planes.var_poisson, offset + pixel)
            of_rnoise = variance_of(planes.var_rnoise, offset + pixel)
            of_flat = variance_of(planes.var_flat, offset + pixel)
            poisson += share * share * of_poisson
            rnoise += share * share * of_rnoise
            flat += share * share * of_flat
            alone_poisson += alone * alone * of_poisson
            alone_rnoise += alone * alone * of_rnoise
            alone_flat += alone * alone * of_flat
        pixel += step
    has_background = terms.powers[slit] > 0
    found.var_poisson[integration, line] = poisson
    found.var_rnoise[integration, line] = rnoise
    found.var_flat[integration, line] = flat
    found.background[integration, line] = level if has_background else 0.0
    found.bkg_var_poisson[integration, line] = max(poisson - alone_poisson, 0.0) if has_background else 0.0
    found.bkg_var_rnoise[integration, line] = max(rnoise - alone_rnoise, 0.0) if has_background else 0.0
    found.bkg_var_flat[integration, line] = max(flat - alone_flat, 0.0) if has_background else 0.0
