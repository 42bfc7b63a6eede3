"""Combine what was drizzled of each exposure to a mosaic.

Of an exposure the square root of each variance is drizzled as its values are, and squared. Variances of exposures are
combined as those of a weighted mean, sum(w^2 v) / sum(w)^2, with the reciprocal of the drizzled variance of the read
noise as w, or the time of the exposure.

Source: the ``resample`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/resample/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.fit import check_fit

# Planes of the sums of an exposure: its values, then roots of variances, that of the read noise first.
VALUES, READ_NOISE = 0, 1


class Variances(NamedTuple):
    """Sums over the output pixels of a mosaic, for each kind of variance.

    Attributes
    ----------
    totals : (nkinds, ny, nx) float32 array
        Of weight^2 times variance.
    weights : (nkinds, ny, nx) float32 array
        Of weights.
    """

    totals: object
    weights: object


def no_variances(nkinds, shape):
    """Sums of nothing; see `Variances`."""
    xp = current_backend().xp
    return Variances(*(xp.zeros((nkinds, *shape), np.float32) for _ in range(2)))


def add_variances(variances, sums, time=None):
    """Add the variances of an exposure to those of a mosaic.

    Parameters
    ----------
    variances : Variances
        Of the mosaic; edited.
    sums : Sums
        Of this exposure alone, over a rectangle of the mosaic: its values, and the roots of its variances in the same
        order; if not weighted by time, the first is that of the read noise.
    time : float, optional
        The weight of the exposure; if not given, it is the reciprocal of the drizzled variance of the read noise.

    Raises
    ------
    ValueError
        If shapes do not fit each other, or the rectangle is not all in the mosaic.
    """
    (nkinds, ny, nx), (rows, columns, nsums) = variances.totals.shape, sums.totals.shape
    check_fit(totals=(variances.totals, "n y x"), weights=(variances.weights, "n y x"))
    if nsums != 2 + nkinds:
        raise ValueError(f"{nkinds} variances are combined, and {nsums - 2} were drizzled")
    top, left = sums.corner
    if min(top, left) < 0 or top + rows > ny or left + columns > nx:
        raise ValueError(f"{rows} x {columns} pixels from {sums.corner} are not all in a mosaic of {ny} x {nx}")
    place = slice(top, top + rows), slice(left, left + columns)
    parts = variances.totals[:, *place], variances.weights[:, *place]
    write_added((rows, columns), sums.totals, math.nan if time is None else float(time), *parts)


@pixel_kernel
def write_added(row, column, drizzled, time, totals, weights):
    """Add what one pixel of the rectangle has."""
    total = drizzled[row, column, 0]
    if total != 0:
        weight = time
        if weight != weight:
            noise = np.float32(drizzled[row, column, 1 + READ_NOISE] / total)
            weight = float(np.float32(1) / (noise * noise)) if noise * noise > 0 else 0.0
        for kind in range(totals.shape[0]):
            root = np.float32(drizzled[row, column, 2 + kind] / total)
            variance = root * root
            if 0 <= variance < math.inf and 0 < weight < math.inf:
                added = totals[kind, row, column] + variance * weight * weight
                totals[kind, row, column] = np.float32(added)
                weights[kind, row, column] += np.float32(weight)


def combined_variances(variances, ratio=1.0):
    """The variances of a mosaic, and its error.

    Parameters
    ----------
    variances : Variances
        With those of all exposures. Edited: they are no sums any more.
    ratio : float
        The side of an output pixel over that of an input pixel; errors are divided by it.

    Returns
    -------
    variances : (nkinds, ny, nx) float32 array
        NaN where an output pixel has none.
    error : (ny, nx) float32 array
        The square root of the sum of those that are not NaN; NaN where all are.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """
    check_fit(totals=(variances.totals, "n y x"), weights=(variances.weights, "n y x"))
    error = current_backend().xp.empty(variances.totals.shape[1:], np.float32)
    write_combined(error.shape, *variances, np.float32(1 / ratio**2), error)
    return variances.totals, error


@pixel_kernel
def write_combined(row, column, totals, weights, scale, error):
    """The variances of one output pixel, in the place of their sums, and its error."""
    total, known = np.float32(0), False
    for kind in range(totals.shape[0]):
        weight = weights[kind, row, column]
        variance = totals[kind, row, column] * scale / weight / weight if weight > 0 else np.float32(math.nan)
        totals[kind, row, column] = variance
        if variance == variance:
            total += variance
            known = True
    error[row, column] = math.sqrt(total) if known else math.nan
