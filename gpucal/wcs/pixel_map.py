"""From the pixels of an exposure to those of an output grid."""

from typing import NamedTuple

import numpy as np

from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.outlines import SPACING, outline_of
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs


class RowReach(NamedTuple):
    """Which rows of a grid the rows of an exposure may reach, some of them together.

    Attributes
    ----------
    edges : (n + 1,) int64 array
        The first row of each of n strips of rows, and the row after the last one.
    low, high : (n,) float64 array
        The rows of the grid that a strip reaches; NaN where that is not known.
    slant : float
        How many rows of the grid a single row reaches, at most.
    """

    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray
    slant: float

    def to(self, rows: slice) -> slice:
        """The rows of the exposure that may reach some rows of the grid."""
        there = np.flatnonzero(~(self.high < rows.start) & ~(self.low >= rows.stop))
        return slice(*self.edges[[there[0], there[-1] + 1]].tolist()) if there.size else slice(0, 0)


class PixelMap(NamedTuple):
    """From pixels to pixels of another grid.

    Attributes
    ----------
    program : Program
        The way by the sky.
    section : tuple of int
        First and last column, first and last row of those pixels that have coordinates. Others are NaN.
    shape : tuple of int
        Rows and columns of the exposure.
    """

    program: Program
    section: tuple[int, int, int, int]
    shape: tuple[int, int]

    @classmethod
    def between(cls, wcs: Wcs, grid: Wcs, shape: tuple[int, int]) -> "PixelMap":
        """The map from an exposure of this shape to a grid.

        Parameters
        ----------
        wcs, grid : Wcs
            Of the exposure and of the grid; the last frames are the same.
        shape : tuple of int
            Rows and columns of the exposure.
        """
        back = (inverse_of(transform) for transform in grid.transforms[::-1])
        return cls(program_of(*wcs.transforms, *back, fuse=True), _section(wcs, shape), shape)

    def on_grid(self, shape: tuple[int, int], origin: tuple[float, float] = (0.0, 0.0)):
        """The map of the pixels of a rectangle: see `gpucal.wcs.program.Program.on_grid`."""
        placed = self.program.on_grid(shape, origin)
        first_x, last_x, first_y, last_y = self.section
        x, y = (int(start) for start in origin)
        for row in (slice(0, max(first_y - y, 0)), slice(max(last_y + 1 - y, 0), None)):
            placed[:, row] = np.nan
        for column in (slice(0, max(first_x - x, 0)), slice(max(last_x + 1 - x, 0), None)):
            placed[:, :, column] = np.nan
        return placed

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The map of some pixels, on the host; (2, ...) float64 array."""
        first_x, last_x, first_y, last_y = self.section
        known = (x >= first_x) & (x <= last_x) & (y >= first_y) & (y <= last_y)
        return np.where(known, self.program.at(x, y), np.nan)

    def reach(self, margin: float, shape: tuple[int, int]) -> tuple[slice, slice]:
        """The rows and columns of the grid that pixels may reach.

        Parameters
        ----------
        margin : float
            How far they reach beyond their centre, pixels of the grid.
        shape : tuple of int
            Rows and columns of the grid.
        """
        first_x, last_x, first_y, last_y = self.section
        outline = outline_of(((first_x - 0.5, last_x + 0.5), (first_y - 0.5, last_y + 0.5)))
        points = self.program.at(*outline)
        low, high = np.floor(points.min(1) - margin), np.ceil(points.max(1) + margin)
        (x0, y0), (x1, y1) = (np.clip(ends, 0, shape[::-1]).astype(int) for ends in (low, high + 1))
        return slice(int(y0), int(y1)), slice(int(x0), int(x1))


    def reach_of_rows(self, margin: float) -> RowReach:
        """The rows of the grid that each strip of rows may reach, with a margin as for `reach`."""
        first_x, last_x, first_y, last_y = self.section
        edges = np.append(np.arange(first_y, max(last_y + 1, first_y), SPACING), max(last_y + 1, first_y))
        x = np.linspace(first_x - 0.5, last_x + 0.5, 2 + max(last_x - first_x, 0) // SPACING)
        columns, rows = (axis.ravel() for axis in np.meshgrid(x, edges - 0.5))
        reached = self.program.at(columns, rows)[1].reshape(len(edges), len(x))
        low, high = reached.min(1), reached.max(1)
        slant = float((high - low).max())
        return RowReach(edges, np.minimum(low[:-1], low[1:]) - margin, np.maximum(high[:-1], high[1:]) + margin, slant)


def _section(wcs: Wcs, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Columns and rows whose centres are in the bounding box."""
    ny, nx = shape
    (left, right), (bottom, top) = wcs.bounding_box or ((-0.5, nx - 0.5), (-0.5, ny - 0.5))
    low, high = np.ceil([left, bottom]), np.floor([right, top])
    (x0, y0), (x1, y1) = np.maximum(low, 0).astype(int), np.minimum(high, [nx - 1, ny - 1]).astype(int)
    return int(x0), int(x1), int(y0), int(y1)
