"""Lines of slits: the pixels at one place along the dispersion, of all slits at once.

Planes of slits are packed, one slit after another, row by row. A line is a column of a slit whose dispersion runs along
x, and a row of one whose dispersion runs along y; whatever is done to each line of each integration of each slit is one
launch.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function
from gpucal.backend.fit import check_fit
from gpucal.backend.traffic import TABLES

# Columns of the table of slits: where its plane begins, pixels across, steps to the next pixel along the dispersion and
# across it, and lines.
BEGIN, ACROSS, STEP_ALONG, STEP_ACROSS, COUNT, COLUMNS = range(6)

ALONG_X, ALONG_Y = 1, 2


class Lines(NamedTuple):
    """All lines of some slits.

    Attributes
    ----------
    slit, element : (nlines,) int32 arrays
        The slit that a line belongs to, and its place along the dispersion, from 0.
    table : (nslits, 5) int64 array
        The slits, see `COLUMNS`.
    nslits, npixels : int
        How many slits, and pixels of a packed plane, there are.
    """

    slit: np.ndarray
    element: np.ndarray
    table: np.ndarray
    nslits: int
    npixels: int

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.slit)


def lines_of(windows, directions) -> Lines:
    """The lines of slits.

    Parameters
    ----------
    windows : (nslits, 3) int array
        For each slit where its plane begins in a packed one, its rows, and its columns; on the host.
    directions : sequence of int
        For each slit whether the dispersion runs along x, `ALONG_X`, or along y, `ALONG_Y`.

    Returns
    -------
    Lines
        On the backend.
    """
    table = np.empty((len(windows), COLUMNS), np.int64)
    for row, (begin, ny, nx), direction in zip(table, windows, directions, strict=True):
        row[:] = (begin, ny, 1, nx, nx) if direction == ALONG_X else (begin, nx, nx, 1, ny)
    counts = table[:, COUNT]
    slit = np.repeat(np.arange(len(table), dtype=np.int32), counts)
    element = (np.arange(len(slit)) - np.repeat(np.cumsum(counts) - counts, counts)).astype(np.int32)
    backend = current_backend()
    npixels = int((table[:, COUNT] * table[:, ACROSS]).sum())
    return Lines(*(backend.asarray(array, TABLES) for array in (slit, element, table)), len(table), npixels)


def check_lines(lines: Lines, nints: int = 1, **arrays) -> None:
    """See that lines, and arrays with them, fit each other.

    Parameters
    ----------
    lines : Lines
    nints : int
        How many integrations there are.
    **arrays : (array, axes)
        See `gpucal.backend.fit.check_fit`. Axes are ``nlines``, ``npoints`` (lines of all integrations), ``nslits``,
        ``npixels``, ``nvalues`` (pixels of all integrations), or others.

    Raises
    ------
    ValueError
        If they do not.
    """
    nlines = lines.count
    lengths = {
        "nlines": nlines,
        "npoints": nints * nlines,
        "nslits": lines.nslits,
        "npixels": lines.npixels,
        "nvalues": nints * lines.npixels,
    }
    known = {
        name: (array, tuple(lengths.get(axis, axis) for axis in (axes.split() if isinstance(axes, str) else axes)))
        for name, (array, axes) in arrays.items()
    }
    own = {"lines.element": (lines.element, (nlines,)), "lines.table": (lines.table, (lines.nslits, COLUMNS))}
    check_fit(**own, **known)


@pixel_function
def pixels_of(lines, line):
    """The first pixel of a line in a packed plane, the step to the next one, and their number."""
    row = lines.table[lines.slit[line]]
    return row[BEGIN] + lines.element[line] * row[STEP_ALONG], row[STEP_ACROSS], row[ACROSS]


@pixel_function
def offset_of(lines, line, integration, nints):
    """What the pixels of a line in an integration are beyond those in a packed plane, in packed integrations."""
    row = lines.table[lines.slit[line]]
    return (nints - 1) * row[BEGIN] + integration * row[ACROSS] * row[COUNT]


@pixel_function(inline=True)
def position(row, rows):
    """The place of a pixel across the dispersion, from -1 to 1, as polynomials take it."""
    return -1.0 + 2.0 * row / (rows - 1) if rows > 1 else -1.0
