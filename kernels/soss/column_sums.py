"""Sums over the columns of NIRISS SOSS integrations: all that the extraction needs to know of their pixels.

Wavelengths change along rows alone. So the pixels of a column tell of an order what a weighted sum over them tells, and
the model of an order on the detector is its profile, times one number a column: sums over apertures of what is left
without the other orders follow from sums of pixels and of profiles.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, strip_kernel
from gpucal.backend.strips import Scratch
from gpucal.kernels.soss.filled import INFLATION, Series, check_series, filled

# What is known of each pixel of a strip.
VALUE, INVERSE, VARIANCE, GOOD, PIXEL_ROWS = range(5)


class Apertures(NamedTuple):
    """Which pixels count for which sum.

    Attributes
    ----------
    profiles : (norders, ny, nx) float32 array
        The part of the light of a column on each pixel.
    boxes : (norders, ny, nx) float64 array
        The part of each pixel within the aperture of an order.
    alone : (norders, ny, nx) bool array
        Pixels that tell of an order by itself.
    joint : (ny, nx) float64 array
        The weight of each pixel for what is solved for the first two orders together: one over the square of its
        error, or 0.
    bad : (ny, nx) bool array
        Pixels that are bad in all integrations.
    """

    profiles: np.ndarray
    boxes: np.ndarray
    alone: np.ndarray
    joint: np.ndarray
    bad: np.ndarray


class ColumnSums(NamedTuple):
    """Sums over columns, float64.

    Attributes
    ----------
    joint : (2, nints, nx) array
        Weighted products of pixels with the profiles of the first two orders.
    weights, values : (norders, nints, nx) arrays
        Of each order alone, over the squares of errors: squares of the profile, and products of it with the pixels.
    flux, variance, npixels : (norders, nints, nx) arrays
        Within apertures.
    shares : (norders, norders, nints, nx) array
        For each order the sums of the profiles of all orders in its aperture.
    """

    joint: np.ndarray
    weights: np.ndarray
    values: np.ndarray
    flux: np.ndarray
    variance: np.ndarray
    npixels: np.ndarray
    shares: np.ndarray


def column_sums(series: Series, apertures: Apertures, background) -> ColumnSums:
    """Add up columns.

    Parameters
    ----------
    series : Series
    apertures : Apertures
    background : (nints, nx) float64 array
        What is subtracted from the pixels of each column.

    Returns
    -------
    ColumnSums

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    norders = len(apertures.profiles)
    planes = "norders ny nx"
    check_series(
        series,
        **{
            f"apertures.{name}": (getattr(apertures, name), planes) for name in ("profiles", "boxes", "alone")
        },
        **{f"apertures.{name}": (getattr(apertures, name), "ny nx") for name in ("joint", "bad")},
        background=(background, "nints nx"),
    )
    nints, _ny, nx = series.data.shape
    rows = 2 + norders * (5 + norders)
    sums = current_backend().xp.empty((rows, nints, nx), np.float64)
    write_sums((nints, nx), Scratch(state=PIXEL_ROWS + rows), series, apertures, background, sums)
    each = [sums[2 + number * norders : 2 + (number + 1) * norders] for number in range(5)]
    return ColumnSums(sums[:2], *each, sums[2 + 5 * norders :].reshape(norders, norders, nints, nx))


@strip_kernel
def write_sums(integration, begin, end, samples, state, series, apertures, background, sums):
    """The sums of a strip of columns of an integration."""
    lanes, totals = end - begin, state[PIXEL_ROWS:]
    for total in range(len(totals)):
        for lane in range(lanes):
            totals[total, lane] = 0.0
    for row in range(series.data.shape[1]):
        look_at_pixels(integration, row, begin, end, state, series, apertures.bad, background)
        add_joint(row, begin, end, state, totals, apertures)
        for order in range(len(apertures.profiles)):
            add_alone(order, row, begin, end, state, totals, apertures)
            add_box(order, row, begin, end, state, totals, apertures)
    for total in range(len(totals)):
        for lane in range(lanes):
            sums[total, integration, begin + lane] = totals[total, lane]


@pixel_function
def look_at_pixels(integration, row, begin, end, state, series, bad, background):
    """What is known of the pixels of a strip in one row."""
    for lane in range(end - begin):
        column = begin + lane
        value, error = series.data[integration, row, column], np.float64(series.err[integration, row, column])
        is_known = math.isfinite(value)
        if not is_known:
            value = filled(series, integration, row, column)
        if not is_known or not math.isfinite(error):
            error = INFLATION * series.median_errors[row, column]
        is_good = error > 0 and math.isfinite(error) and not bad[row, column]
        state[VALUE, lane] = value - background[integration, column]
        state[VARIANCE, lane] = error * error if is_good else 0.0
        state[INVERSE, lane] = 1 / (error * error) if is_good else 0.0
        state[GOOD, lane] = 1.0 if is_good else 0.0


@pixel_function
def add_joint(row, begin, end, state, totals, apertures):
    """Add the pixels of a row to what both of the first orders are told by."""
    values, weights = state[VALUE], apertures.joint[row, begin:end]
    for order in range(2):
        profile, total = apertures.profiles[order, row, begin:end], totals[order]
        for lane in range(end - begin):
            total[lane] += profile[lane] * (values[lane] * weights[lane])


@pixel_function
def add_alone(order, row, begin, end, state, totals, apertures):
    """Add the pixels of a row to what one order is told by."""
    norders = len(apertures.profiles)
    counts, profile = apertures.alone[order, row, begin:end], apertures.profiles[order, row, begin:end]
    values, inverse = state[VALUE], state[INVERSE]
    weights, products = totals[2 + order], totals[2 + norders + order]
    for lane in range(end - begin):
        weight = profile[lane] * inverse[lane] if counts[lane] else 0.0
        weights[lane] += profile[lane] * weight
        products[lane] += values[lane] * weight


@pixel_function
def add_box(order, row, begin, end, state, totals, apertures):
    """Add the pixels of a row, and profiles there, to an aperture."""
    norders = len(apertures.profiles)
    box, values = apertures.boxes[order, row, begin:end], state[VALUE]
    variance, good = state[VARIANCE], state[GOOD]
    first = 2 + 2 * norders + order
    flux, variances, npixels = totals[first], totals[first + norders], totals[first + 2 * norders]
    for lane in range(end - begin):
        weight = box[lane] * good[lane]
        flux[lane] += weight * values[lane]
        variances[lane] += weight * variance[lane]
        npixels[lane] += weight
    for other in range(norders):
        profile, share = apertures.profiles[other, row, begin:end], totals[2 + (5 + order) * norders + other]
        for lane in range(end - begin):
            share[lane] += box[lane] * good[lane] * profile[lane]
