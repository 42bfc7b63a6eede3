"""Pixels of a series that are unknown in some integrations, filled in from those about them in time.

A value is the median of those of nine integrations, or of as many as there are, with the median of all in the place of
each that is unknown; beyond the ends of the series it is taken as mirrored there. Of an even number it is the larger
one in the middle. Errors of such pixels are ten times the median error.

Source: what jwst 3.0.0 does with the integrations of SOSS before it extracts them.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch

WINDOW = 9
INFLATION = 10.0


class Series(NamedTuple):
    """Integrations, and what is typical of them.

    Attributes
    ----------
    data, err : (nints, ny, nx) float32 arrays
        Not finite where unknown.
    medians, median_errors : (ny, nx) float32 arrays
        Over the integrations: of the values that are known, 0 without any, and of the errors, infinite without any.
    """

    data: np.ndarray
    err: np.ndarray
    medians: np.ndarray
    median_errors: np.ndarray


def check_series(series: Series, **others) -> None:
    """See that the arrays of a series, and others that are told as to `check_fit`, fit each other."""
    arrays = {f"series.{name}": array for name, array in series._asdict().items()}
    axes = "nints ny nx", "nints ny nx", "ny nx", "ny nx"
    check_fit(
        **{name: (array, axis) for (name, array), axis in zip(arrays.items(), axes, strict=True)}, **others
    )


def mean_of(series: Series):
    """The mean of the integrations, unknown values filled in.

    Parameters
    ----------
    series : Series

    Returns
    -------
    (ny, nx) float32 array

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_series(series)
    means = current_backend().xp.empty(series.medians.shape, np.float32)
    write_means(means.shape, Scratch(state=1), series, means)
    return means


@strip_kernel
def write_means(row, begin, end, samples, state, series, means):
    """The means of the pixels of a strip."""
    total, nints = state[0], len(series.data)
    for lane in range(end - begin):
        total[lane] = 0.0
    for integration in range(nints):
        values = series.data[integration, row, begin:end]
        for lane in range(end - begin):
            value = values[lane]
            if not math.isfinite(value):
                value = filled(series, integration, row, begin + lane)
            total[lane] += value
    for lane in range(end - begin):
        means[row, begin + lane] = total[lane] / nints


@pixel_function
def filled(series, integration, row, column):
    """What is in the place of an unknown value."""
    nints = len(series.data)
    width = nints if nints < WINDOW else WINDOW  # min() of a constant does not compile for a device here
    for candidate in range(width):
        value = about(series, integration, candidate, width, row, column)
        below, equal = 0, 0
        for other in range(width):
            compared = about(series, integration, other, width, row, column)
            if compared < value:
                below += 1
            if compared == value:
                equal += 1
        if below <= width // 2 < below + equal:
            return value
    return series.medians[row, column]


@pixel_function
def about(series, integration, place, width, row, column):
    """A value of the window about an integration, mirrored at the ends of the series."""
    nints = len(series.data)
    at = integration - width // 2 + place
    if at < 0:
        at = -1 - at
    if at >= nints:
        at = 2 * nints - 1 - at
    value = series.data[at, row, column]
    return value if math.isfinite(value) else series.medians[row, column]


def filled_integration(series: Series, integration: int):
    """An integration, unknown values filled in, and its errors.

    Parameters
    ----------
    series : Series
    integration : int

    Returns
    -------
    values : (ny, nx) float32 array
    errors : (ny, nx) float64 array

    Raises
    ------
    ValueError
        If arrays do not fit, or there are fewer integrations.
    """
    check_series(series)
    if not 0 <= integration < len(series.data):
        raise ValueError(f"integration {integration} is asked for, and there are {len(series.data)}")
    xp = current_backend().xp
    values, errors = (xp.empty(series.medians.shape, kind) for kind in (np.float32, np.float64))
    write_integration(values.shape, integration, series, values, errors)
    return values, errors


@pixel_kernel
def write_integration(row, column, integration, series, values, errors):
    """The value of a pixel, and its error."""
    value, error = series.data[integration, row, column], np.float64(series.err[integration, row, column])
    is_known = math.isfinite(value)
    values[row, column] = value if is_known else filled(series, integration, row, column)
    is_known = is_known and math.isfinite(error)
    errors[row, column] = error if is_known else INFLATION * series.median_errors[row, column]
