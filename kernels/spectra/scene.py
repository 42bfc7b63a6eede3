"""Images of what was extracted: the model of each line."""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.kernels.spectra.background import Background
from gpucal.kernels.spectra.box import NO_PIXELS, Extracted
from gpucal.kernels.spectra.fitting import Solution, Terms, fitted
from gpucal.kernels.spectra.lines import Lines, check_lines, offset_of, pixels_of, position
from gpucal.kernels.spectra.planes import Planes, value_of


def scene_of_sums(lines: Lines, planes: Planes, weights, terms: Terms, background: Background, found: Extracted):
    """The background, and the flux of each line spread evenly over its aperture.

    Parameters
    ----------
    lines, planes, weights, terms, background
        What the sums were made of.
    found : Extracted
        The sums.

    Returns
    -------
    scene, residual : (nvalues,) float32 arrays
        The model, and what is left of the pixels without it.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    shape = planes.nints, "nlines"
    check_lines(
        lines,
        planes.nints,
        weights=(weights, "npixels"),
        levels=(background.levels, "npoints nlevels"),
        flux=(found.flux, shape),
        npixels=(found.npixels, shape),
        **planes.checks(),
        **terms.checks(),
    )
    scene, residual = current_backend().xp.empty((2, planes.nints * lines.npixels), np.float32)
    summed_scene(
        (planes.nints * lines.count,), lines, planes, weights, terms, background.levels, found, scene, residual
    )
    return scene, residual


@pixel_kernel
def summed_scene(point, lines, planes, weights, terms, levels, found, scene, residual):
    """One line of one integration."""
    integration, line = point // lines.slit.size, point % lines.slit.size
    slit = lines.slit[line]
    pixel, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    npixels = found.npixels[integration, line]
    mean = found.flux[integration, line] / npixels if npixels > NO_PIXELS else 0.0
    for row in range(rows):
        model = fitted(levels[point], levels.shape[1], terms, slit, position(row, rows), pixel)
        value = value_of(planes, offset + pixel)
        if weights[pixel] != 0 and math.isfinite(value - model):
            model += mean * weights[pixel]
        scene[offset + pixel] = model
        residual[offset + pixel] = value - model
        pixel += step


def scene_of_fits(lines: Lines, planes: Planes, terms: Terms, solution: Solution, dtype=np.float32):
    """The sum of all terms that were fitted to each line.

    Parameters
    ----------
    lines, planes, terms
        What was fitted to what.
    solution : Solution
        The fit.
    dtype : dtype
        Of the results.

    Returns
    -------
    scene, residual : (nvalues,) arrays
        As of `scene_of_sums`.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_lines(
        lines,
        planes.nints,
        coefficients=(solution.coefficients, ("npoints", terms.count)),
        **planes.checks(),
        **terms.checks(),
    )
    scene, residual = current_backend().xp.empty((2, planes.nints * lines.npixels), dtype)
    arguments = lines, planes, terms, solution.coefficients, scene, residual
    fitted_scene((planes.nints * lines.count,), *arguments)
    return scene, residual


@pixel_kernel
def fitted_scene(point, lines, planes, terms, coefficients, scene, residual):
    """One line of one integration."""
    integration, line = point // lines.slit.size, point % lines.slit.size
    slit = lines.slit[line]
    pixel, step, rows = pixels_of(lines, line)
    offset = offset_of(lines, line, integration, planes.nints)
    for row in range(rows):
        model = fitted(coefficients[point], coefficients.shape[1], terms, slit, position(row, rows), pixel)
        scene[offset + pixel] = model
        residual[offset + pixel] = value_of(planes, offset + pixel) - model
        pixel += step
