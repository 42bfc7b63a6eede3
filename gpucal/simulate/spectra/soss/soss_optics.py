"""How GR700XD spreads the light of a star: traces, wavelengths, profiles across them, and resolution.

Shapes are round numbers in place of measured ones: two horns 15 pixels apart with light between, and faint wings.
"""

import numpy as np
from scipy.special import erf

from gpucal.simulate.detectors import NEAR_INFRARED_SIZE
from gpucal.simulate.soss import (
    COMMANDED_POSITION,
    LARGEST_TURN,
    ORDERS,
    THROUGHPUT_WAVELENGTHS,
    coefficients,
    throughput,
    trace,
)

COLUMNS = np.arange(NEAR_INFRARED_SIZE, dtype=float)
FIRST_ROWS = {"SUBSTRIP256": 0, "SUBSTRIP96": 10}  # of subarrays, in rows of SUBSTRIP256
# Parts of the profile across a trace: share of the light, place and sigma in pixels.
PROFILE = ((0.345, -7.5, 2.4), (0.298, 0.0, 4.0), (0.345, 7.5, 2.4), (0.012, 0.0, 25.0))
RATE_OF_A_MEGAJANSKY = 9e12  # DN/s times micron in a micron of the spectrum, where all light goes into the order


def rows_of(order: int, position: float):
    """Rows of SUBSTRIP256 of a trace at each column, (2048,) float64, with the pupil wheel at a position, degrees."""
    columns, rows = trace(ORDERS[order]).T
    turn = np.deg2rad(position - COMMANDED_POSITION)
    pivot = NEAR_INFRARED_SIZE / 2, ORDERS[order].rows[1]
    x, y = columns - pivot[0], rows - pivot[1]
    along, across = (
        np.cos(turn) * x - np.sin(turn) * y + pivot[0],
        np.sin(turn) * x + np.cos(turn) * y + pivot[1],
    )
    return np.interp(columns, along, across)


def wavelengths_at(order: int, columns, position: float):
    """Wavelengths, micron, at columns between and beside those of the detector too."""
    of = coefficients(ORDERS[order])
    x = np.asarray(columns) / (NEAR_INFRARED_SIZE - 1)
    turn = (position - COMMANDED_POSITION + LARGEST_TURN) / (2 * LARGEST_TURN)
    return of[0] + of[1] * x + of[2] * turn + of[3] * x**2


def throughput_at(order: int, wavelengths):
    """The fraction of the light that goes into an order at wavelengths, micron."""
    return np.interp(wavelengths, THROUGHPUT_WAVELENGTHS, throughput(ORDERS[order]), left=0, right=0)


def megajansky_per_rate(order: int, wavelengths, micron_per_column):
    """MJy of a source that gives 1 DN/s in a column; infinite where no light goes into the order."""
    with np.errstate(divide="ignore"):
        return wavelengths / (RATE_OF_A_MEGAJANSKY * throughput_at(order, wavelengths) * micron_per_column)


def profile(rows, first_row: int, number: int):
    """The share of a column's light in each pixel.

    Parameters
    ----------
    rows : ndarray (ncolumns,), float64
        Of the trace.
    first_row, number : int
        Which rows.

    Returns
    -------
    ndarray (number, ncolumns), float64
    """
    edges = first_row - 0.5 + np.arange(number + 1)[:, None] - np.asarray(rows)[None, :]
    below = sum(share * 0.5 * (1 + erf((edges - place) / (np.sqrt(2) * sigma))) for share, place, sigma in PROFILE)
    return np.diff(below, axis=0)


def resolution_sigma(wavelengths):
    """Sigma of the Gaussian that a narrow line becomes along a trace, columns."""
    return 0.8 + 0.15 * np.asarray(wavelengths)
