"""Pixels that stand out from both of their neighbours across slices, in all exposures of a detector.

Source: the integral field part of the ``outlier_detection`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/outlier_detection/outlier_detection_ifu.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.statistics.large_sample import median_of
from gpucal.kernels.statistics.window_medians import window_medians

# Medians are no less than this part of the median of all differences.
FLOOR = 3

# At the edges of a detector, so many rows and columns do not tell what is usual.
EDGE = 4


class Normalized(NamedTuple):
    """Differences in units of what is usual about a pixel.

    Attributes
    ----------
    medians, values : (ny, nx) float64 array
        What is usual, and the differences divided by it.
    """

    medians: np.ndarray
    values: np.ndarray


def smaller_differences(data, dq, along_rows):
    """The smaller of the differences of each pixel from its two neighbours.

    Parameters
    ----------
    data : (ny, nx) float32 array
        An exposure.
    dq : (ny, nx) uint32 array
        Flags; what is not to be used has no difference.
    along_rows : bool
        Whether neighbours are those in the same row, else those in the same column. Beyond the edges there are zeros.

    Returns
    -------
    (ny, nx) float32 array
        Of the two, the one that is known; NaN if neither is.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(data=(data, "ny nx"), dq=(dq, "ny nx"))
    differences = array_namespace(data).empty(data.shape, np.float32)
    write_difference(data.shape, data, dq, along_rows, differences)
    return differences


@pixel_kernel
def write_difference(y, x, data, dq, along_rows, differences):
    """The smaller difference of one pixel."""
    dy, dx = (0, 1) if along_rows else (1, 0)
    value = usable_value(y, x, data, dq)
    before = abs(value - usable_value(y - dy, x - dx, data, dq))
    after = abs(value - usable_value(y + dy, x + dx, data, dq))
    differences[y, x] = after if before != before or after < before else before


@pixel_function
def usable_value(y, x, data, dq):
    """The value of a pixel: NaN if it is not to be used, zero beyond the edges."""
    if y < 0 or x < 0 or y >= data.shape[0] or x >= data.shape[1]:
        return np.float32(0)
    return np.float32(np.nan) if dq[y, x] & np.uint32(DO_NOT_USE) else data[y, x]


def normalized(differences, window) -> Normalized:
    """Divide differences by their median about each pixel.

    Parameters
    ----------
    differences : (ny, nx) float32 array
        NaN where none is known.
    window : tuple of int
        Rows and columns about a pixel; see `gpucal.kernels.statistics.window_medians`.

    Returns
    -------
    Normalized
        NaN where no difference is known.
    """
    xp = array_namespace(differences)
    medians = window_medians(differences, window)
    known = differences[~xp.isnan(differences)]
    if known.size:
        floor = median_of(known.astype(np.float64)) / FLOOR
        medians[medians < floor] = floor
    with np.errstate(divide="ignore", invalid="ignore"):
        return Normalized(medians, differences / medians)


def above_percentile(values, percent: float):
    """Which values are above a percentile of those away from the edges; (ny, nx) bool array, and the percentile.

    Parameters
    ----------
    values : (ny, nx) float64 array
        NaN where there is none.
    percent : float
        From 0 to 100.

    Returns
    -------
    mask : (ny, nx) bool array
        The values above it.
    limit : float
        The percentile; NaN if no value is known.
    """
    xp = array_namespace(values)
    inner = values[EDGE:-EDGE, EDGE:-EDGE]
    inner = inner[~xp.isnan(inner)]
    limit = float(xp.percentile(inner, percent)) if inner.size else np.nan
    return values > limit, limit
