"""The widths and the flux of a source in each integration: a Gaussian is fitted to the pixels of a box.

The Gaussian is integrated over each pixel, and stays where the source is. Its flux and its widths along x and y are
found by the method of Levenberg and Marquardt; neither is negative, and no width is larger than the box.

Source: the ``tso_photometry`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/tso_photometry/description.html; J. J. Moré 1978, "The
Levenberg-Marquardt algorithm: implementation and theory", Lecture Notes in Mathematics 630, 105.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit

FWHM = 2 * math.sqrt(2 * math.log(2))
ROUNDS = 200

# A fit is done when no parameter changes by more than this part of itself.
TOLERANCE = 1e-9

# Damping: where it begins, what it is multiplied or divided by, and where it is hopeless.
DAMPING, FASTER, SLOWER, HOPELESS = 1e-3, 0.2, 5.0, 1e12

# What is known of each fit.
WIDTH_X, WIDTH_Y, FLUX, PARAMETERS = range(4)


def fit_gaussians(frames, x, y, size):
    """Fit a Gaussian to the source of each integration.

    Parameters
    ----------
    frames : `gpucal.kernels.series.centroids.Frames`
    x, y : (nints,) float64 array
        Where the source is; where either is NaN nothing is fitted.
    size : int
        Sides of the box about it, pixels.

    Returns
    -------
    (3, nints) float64 array
        Widths along x and y (standard deviations, pixels) and flux; NaN where there are fewer pixels than parameters.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(**frames.checks(), x=(x, "nints"), y=(y, "nints"))
    xp = array_namespace(frames.data)
    fits = xp.full((PARAMETERS, len(frames.data)), np.nan)
    profiles = xp.empty((len(frames.data), 2, size))
    fit_gaussian((len(frames.data),), frames, x, y, int(size), profiles, fits)
    return fits


@pixel_kernel(heavy=True)
def fit_gaussian(number, frames, x, y, size, profiles, fits):
    """Fit one integration."""
    if not (math.isfinite(x[number]) and math.isfinite(y[number])):
        return
    count, flux = pixels_of(number, frames, x[number], y[number], size)
    if count < PARAMETERS:
        return
    most = size / FWHM
    width_x, width_y, flux = 0.5 * most, 0.5 * most, max(flux, 0.0)
    damping = DAMPING
    found = normal_equations(number, frames, x[number], y[number], size, profiles, width_x, width_y, flux)
    for _ in range(ROUNDS):
        step_x, step_y, step_flux = damped_step(found, damping, width_x, width_y, flux, most)
        new_x = min(max(width_x + step_x, 0.5 * width_x), most)
        new_y = min(max(width_y + step_y, 0.5 * width_y), most)
        new_flux = max(flux + step_flux, 0.0)
        tried = normal_equations(number, frames, x[number], y[number], size, profiles, new_x, new_y, new_flux)
        if tried[9] <= found[9]:
            change = abs(new_x - width_x) / new_x + abs(new_y - width_y) / new_y
            change += abs(new_flux - flux) / new_flux if new_flux > 0.0 else 0.0
            width_x, width_y, flux, found = new_x, new_y, new_flux, tried
            damping *= FASTER
            if change < TOLERANCE:
                break
        else:
            damping *= SLOWER
            if damping > HOPELESS:
                break
    fits[WIDTH_X, number], fits[WIDTH_Y, number], fits[FLUX, number] = width_x, width_y, flux


@pixel_function
def counted_value(number, row, column, frames):
    """The value of a pixel without the level; NaN where it does not count."""
    value = np.float64(np.float32(frames.data[number, row, column] - frames.level[number]))
    return value if math.isfinite(value) and not frames.bad[number, row, column] else math.nan


@pixel_function
def pixels_of(number, frames, x, y, size):
    """How many pixels of the box count, and their sum."""
    count, total = 0, 0.0
    first_x, first_y = int(math.ceil(x - size / 2)), int(math.ceil(y - size / 2))
    for row in range(max(first_y, 0), min(first_y + size, frames.data.shape[1])):
        for column in range(max(first_x, 0), min(first_x + size, frames.data.shape[2])):
            value = counted_value(number, row, column, frames)
            if value == value:
                count += 1
                total += value
    return count, total


@pixel_function
def profile_at(distance, width):
    """The part of a Gaussian that falls on a pixel along one axis, and how it changes with the width."""
    scale = 1.0 / (math.sqrt(2.0) * width)
    right, left = (distance + 0.5) * scale, (distance - 0.5) * scale
    part = 0.5 * (math.erf(right) - math.erf(left))
    change = -(right * math.exp(-right * right) - left * math.exp(-left * left)) / (
        math.sqrt(math.pi) * width
    )
    return part, change


@pixel_function
def normal_equations(number, frames, x, y, size, profiles, width_x, width_y, flux):
    """The sums of a least squares step: six of the matrix, three of the right-hand side, and the squares."""
    first_x, first_y = int(math.ceil(x - size / 2)), int(math.ceil(y - size / 2))
    for place in range(size):
        part, change = profile_at(first_x + place - x, width_x)
        profiles[number, 0, place], profiles[number, 1, place] = part, change
    xx, xy, xf, yy, yf, ff, rx, ry, rf, squares = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(max(first_y, 0), min(first_y + size, frames.data.shape[1])):
        across, change = profile_at(row - y, width_y)
        for column in range(max(first_x, 0), min(first_x + size, frames.data.shape[2])):
            value = counted_value(number, row, column, frames)
            if value != value:
                continue
            along = profiles[number, 0, column - first_x]
            by_x = flux * profiles[number, 1, column - first_x] * across
            by_y, by_flux = flux * along * change, along * across
            rest = value - flux * by_flux
            xx += by_x * by_x
            xy += by_x * by_y
            xf += by_x * by_flux
            yy += by_y * by_y
            yf += by_y * by_flux
            ff += by_flux * by_flux
            rx += by_x * rest
            ry += by_y * rest
            rf += by_flux * rest
            squares += rest * rest
    return xx, xy, xf, yy, yf, ff, rx, ry, rf, squares


@pixel_function
def damped_step(sums, damping, width_x, width_y, flux, most):
    """The step that damped normal equations ask for; a parameter at its limit stays there, if the step leads beyond."""
    xx, xy, xf, yy, yf, ff, rx, ry, rf, _ = sums
    if (width_x >= most and rx > 0.0) or xx == 0.0:
        xx, xy, xf, rx = 1.0, 0.0, 0.0, 0.0
    if (width_y >= most and ry > 0.0) or yy == 0.0:
        xy, yy, yf, ry = 0.0, 1.0, 0.0, 0.0
    if (flux <= 0.0 and rf < 0.0) or ff == 0.0:
        xf, yf, ff, rf = 0.0, 0.0, 1.0, 0.0
    a, d, g = xx * (1.0 + damping), yy * (1.0 + damping), ff * (1.0 + damping)
    minor_x, minor_y, minor_f = d * g - yf * yf, xy * g - yf * xf, xy * yf - d * xf
    determinant = a * minor_x - xy * minor_y + xf * minor_f
    if determinant == 0.0:
        return 0.0, 0.0, 0.0
    step_x = (rx * minor_x - xy * (ry * g - yf * rf) + xf * (ry * yf - d * rf)) / determinant
    step_y = (a * (ry * g - rf * yf) - rx * minor_y + xf * (xy * rf - ry * xf)) / determinant
    step_f = (a * (d * rf - ry * yf) - xy * (xy * rf - ry * xf) + rx * minor_f) / determinant
    return step_x, step_y, step_f
