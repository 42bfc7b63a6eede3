"""What the spectrograph makes of a sharp line: a convolution whose kernel changes with wavelength.

Kernels are known at some wavelengths, as functions of the distance in pixels, and are interpolated between these with
splines. Near each of them a straight line is fitted to the wavelengths of the pixels about it; the lines are
interpolated, too, and tell the distance of two wavelengths in pixels. The convolution is the trapezoidal rule on a grid
of wavelengths, and what it makes of a constant is this constant.

Source: A. Darveau-Bernier et al. 2022, Publications of the Astronomical Society of the Pacific 134, 094502; the
speckernel reference file; and, for what is beyond the tables, what jwst 3.0.0 does.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.interpolate import RectBivariateSpline


class Resolution(NamedTuple):
    """The kernels of one order.

    Attributes
    ----------
    centers : (n,) float32 array
        Rising wavelengths, micron: those of the pixels nearest to those at which kernels are known.
    slopes, intercepts : (n,) float64 arrays
        Of the wavelength, micron, as a line of the distance in pixels, about each of them.
    kernel : `scipy.interpolate.RectBivariateSpline`
        Of distance and wavelength.
    floor : float
        The smallest value within the reach of a kernel.
    reach : int
        Pixels to either side.
    """

    centers: np.ndarray
    slopes: np.ndarray
    intercepts: np.ndarray
    kernel: RectBivariateSpline
    floor: float
    reach: int

    def lines_at(self, wavelength):
        """Slope and intercept at wavelengths, interpolated between those about it, or beyond."""
        part = np.clip(np.searchsorted(self.centers, wavelength) - 1, 0, len(self.centers) - 2)
        before, after = self.centers[part], self.centers[part + 1]
        step = after - before
        first, second = (after - wavelength) / step, (wavelength - before) / step
        return tuple(first * one[part] + second * one[part + 1] for one in (self.slopes, self.intercepts))

    def convolution(self, grid, begin, end):
        """The convolution of values on a grid, at a part of its points.

        Parameters
        ----------
        grid : (n,) float64 array
            Rising, micron.
        begin, end : int
            The first point of the part, and the one after its last.

        Returns
        -------
        (end - begin, n) sparse array
        """
        slope, intercept = self.lines_at(grid[begin:end])
        low = np.searchsorted(grid, intercept - self.reach * slope - 1e-9)
        high = np.searchsorted(grid, intercept + self.reach * slope + 1e-9)
        middle = np.arange(begin, end)
        low, high = np.minimum(low, middle), np.maximum(high, middle + 1)
        counts = high - low
        row = np.repeat(np.arange(end - begin), counts)
        column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + low[row]
        distance = grid[column] * (1 / slope)[row] - (intercept / slope)[row]
        values = np.maximum(self.kernel(distance, grid[begin:end][row], grid=False), self.floor)
        values[np.abs(distance) > self.reach] = 0.0
        offset = column - middle[row]
        farthest = np.abs(offset[values != 0]).max()
        values *= trapezoids(grid, column, offset, farthest)
        totals = np.bincount(row, values, end - begin)
        return sparse.csr_array((values / totals[row], (row, column)), shape=(end - begin, len(grid)))


def trapezoids(grid, column, offset, farthest):
    """Half of the lengths of the intervals beside points of a grid, of those no farther away than the farthest."""
    lengths = np.concatenate([[0.0], np.diff(grid), [0.0]]) / 2
    before = np.where(offset > -farthest, lengths[column], 0.0)
    return before + np.where(offset < farthest, lengths[column + 1], 0.0)


def resolution_of(wavelengths, kernels, trace, half_width):
    """The kernels of an order.

    Parameters
    ----------
    wavelengths : (nwavelengths,) float32 array
        At which kernels are known, rising, micron.
    kernels : (nplaces, nwavelengths) float32 array
        At distances from ``-half_width`` to ``half_width`` pixels, equally spaced.
    trace : (nx,) float64 array
        The wavelengths of the pixels along a trace, micron; 0 where there is none.
    half_width : int

    Returns
    -------
    Resolution

    Raises
    ------
    ValueError
        If fewer than four kernels are for wavelengths of the trace.
    """
    known = trace > 0
    if np.diff(trace)[known[1:] & known[:-1]].mean() < 0:
        trace, known = trace[::-1], known[::-1]
    covered = trace[known].min(), trace[known].max()
    first, last = np.searchsorted(wavelengths, covered[0]), np.searchsorted(wavelengths, covered[1]) - 1
    if last - first < 3:
        raise ValueError(f"fewer than four kernels are for {covered[0]:.4g} to {covered[1]:.4g} micron")
    places = np.linspace(-half_width, half_width, len(kernels))
    ends = wavelengths[max(first - 1, 0)], wavelengths[min(last + 1, len(wavelengths) - 1)]
    used = kernels[:, first : last + 1]
    centers, slopes, intercepts = lines_about(wavelengths[first : last + 1], trace, known, half_width)
    kernel = RectBivariateSpline(places, centers, used, bbox=[None, None, *ends])
    return Resolution(centers, slopes, intercepts, kernel, used[used > 0].min(), half_width)


def lines_about(wavelengths, trace, known, half_width):
    """The pixel of a trace nearest to each of some wavelengths, and the line fitted to the pixels about it."""
    distances = np.where(known, trace, np.inf)
    around = np.arange(-half_width, half_width + 1)
    centers, slopes, intercepts = wavelengths.copy(), [], []
    for number, wavelength in enumerate(wavelengths):
        nearest = np.argmin(np.abs(distances - wavelength))
        centers[number] = trace[nearest]
        columns = nearest + around
        there = (columns >= 0) & (columns < len(trace))
        there[there] = known[columns[there]]
        intercept, slope = (
            np.polynomial.Polynomial.fit(around[there], trace[columns[there]], 1).convert().coef
        )
        slopes.append(slope)
        intercepts.append(intercept)
    return centers, np.array(slopes), np.array(intercepts)
