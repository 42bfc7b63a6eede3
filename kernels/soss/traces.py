"""Where the spectra of NIRISS SOSS lie: traces that turn with the pupil wheel.

The grism stands in the pupil wheel, which comes to rest a little aside of where it is told to. Each trace is known at
the commanded position and turns about a pivot with the difference. It is given as columns and rows of the SUBSTRIP256
subarray; of what has been turned, only rows of that subarray count. The wavelength of its points is a polynomial in
column and difference, and where a range of wavelengths goes beyond them the trace is carried on straight.

The sizes are small and the work is done once an exposure: it is done on the host.

Source: the PASTASOSS reference file, schema ``pastasossmodel`` of stdatamodels, and what jwst 3.0.0 masks with it.
"""

from typing import NamedTuple

import numpy as np

LAST_ROW = 255.0
HALF_WIDTH = 16


class Trace(NamedTuple):
    """The spectrum of one order.

    Attributes
    ----------
    points : (n, 2) float64 array
        Columns and rows at the commanded position of the wheel, counting from zero in the exposure's subarray.
    pivot : tuple of float
        Column and row about which it turns.
    coefficients : (m,) float64 array
        Of the wavelength, micron, as a polynomial in the scaled column u and the scaled turn v, by rising order, and
        within one order by rising power of v: 1, u, v, u^2, u v, v^2, and so on.
    extents : (2, 2) float64 array
        Column and turn, degrees, that are scaled to 0, and those scaled to 1.
    """

    points: np.ndarray
    pivot: tuple[float, float]
    coefficients: np.ndarray
    extents: np.ndarray


def trace_pixels(shape, traces, turn, wavelengths):
    """The pixels within 16 rows of a trace.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    traces : iterable of Trace
        One that turns out of the image does not count.
    turn : float
        Position of the pupil wheel less the commanded one, degrees.
    wavelengths : (nwavelengths,) float64 array
        Rising, micron: those at which the traces are laid out.

    Returns
    -------
    (ny, nx) bool array
    """
    ny, nx = shape
    rows = np.arange(ny)[:, None]
    covered = np.zeros(shape, bool)
    for trace in traces:
        center = center_rows(trace, turn, wavelengths, nx)
        if center is not None:
            covered |= (rows >= np.floor(center - HALF_WIDTH)) & (rows <= np.ceil(center + HALF_WIDTH))
    return covered


def center_rows(trace, turn, wavelengths, ncolumns):
    """The row of a trace in each column.

    Parameters
    ----------
    trace : Trace
    turn, wavelengths
        As in `trace_pixels`.
    ncolumns : int
        Columns of the image.

    Returns
    -------
    (ncolumns,) float64 array or None
        Beyond the ends of the trace the row of the end. None where it has fewer than two points in the image.
    """
    columns, rows = turned(trace.points, trace.pivot, turn)
    if len(columns) < 2:
        return None
    (first_column, first_turn), (last_column, last_turn) = trace.extents
    of_points = polynomial(
        trace.coefficients,
        (columns - first_column) / (last_column - first_column),
        (turn - first_turn) / (last_turn - first_turn),
    )
    columns, rows = (along_line(of_points, values, wavelengths) for values in (columns, rows))
    order = np.argsort(columns)
    return np.interp(np.arange(ncolumns), columns[order], rows[order])


def turned(points, pivot, angle):
    """A turned trace, at the columns that it had before, as far as it stays within the rows of SUBSTRIP256.

    Parameters
    ----------
    points : (n, 2) float64 array
        Columns and rows.
    pivot : tuple of float
        Column and row.
    angle : float
        Degrees, from the columns to the rows.

    Returns
    -------
    columns, rows : (nkept,) float64 arrays
    """
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = (points - pivot).T
    columns = points[:, 0]
    rows = along_line(cosine * x - sine * y + pivot[0], sine * x + cosine * y + pivot[1], columns)
    kept = rows <= LAST_ROW
    return columns[kept], rows[kept]


def polynomial(coefficients, u, v):
    """A polynomial in two variables; see `Trace` for the order of its coefficients."""
    degree = int(np.sqrt(2 * len(coefficients))) - 1
    powers = [(order - power, power) for order in range(degree + 1) for power in range(order + 1)]
    return sum(c * u**i * v**j for c, (i, j) in zip(coefficients, powers, strict=False))


def along_line(known, values, wanted):
    """Values between known places on straight lines, the first and the last of which go on beyond them.

    Parameters
    ----------
    known, values : (n,) float64 arrays
        At least two places, in any order, and the values there.
    wanted : (nwanted,) float64 array
        Places.

    Returns
    -------
    (nwanted,) float64 array
    """
    order = np.argsort(known)
    known, values = known[order], values[order]
    part = np.clip(np.searchsorted(known, wanted) - 1, 0, len(known) - 2)
    slope = np.diff(values)[part] / np.diff(known)[part]
    return values[part] + (wanted - known[part]) * slope
