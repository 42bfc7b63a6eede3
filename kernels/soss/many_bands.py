"""One order that is solved for by itself, in many integrations.

Each has equations of its own, since errors differ; where they have numbers other than zero, they do not. Without the
resolution of the spectrograph a pixel tells of a few neighbouring wavelengths alone, and these numbers are a narrow
band.
"""

import numpy as np
from scipy import linalg, sparse

from gpucal.kernels.soss.regularized import slopes_of


class Bands:
    """The equations of an order by itself.

    Parameters
    ----------
    grid : (n,) float64 array
        Wavelengths, micron.
    light : (nx, n) sparse array
        The light of columns, see `gpucal.kernels.soss.coverage.map_of`.
    """

    def __init__(self, grid, light):
        self.light = sparse.csr_array(light)
        self.width = int(np.diff(self.light.indptr).max())
        count = len(grid)
        smooth = slopes_of(grid)
        smooth = (smooth.T @ smooth).tocsr()
        self.smooth = np.zeros((self.width, count))
        for below in range(min(self.width, 2)):
            self.smooth[below, : count - below] = smooth.diagonal(-below)
        self.products = self._products(count)

    def _products(self, count: int):
        """The band of the normal matrix, (width * n,), as a product with weights of columns.

        Pixels tell of wavelengths in a row, so that those of two numbers in a row of the matrix are as far apart as
        these numbers are.
        """
        held = self.light.tocoo()
        parts = []
        for below in range(self.width):
            end = len(held.row) - below
            both = held.row[:end] == held.row[below:]
            places, columns = held.col[:end][both] + below * count, held.row[:end][both]
            parts.append((places, columns, (held.data[:end] * held.data[below:])[both]))
        row, column, values = (np.concatenate(one) for one in zip(*parts, strict=True))
        return sparse.csr_array((values, (row, column)), shape=(self.width * count, self.light.shape[0]))

    def solve(self, weights, values, factor: float) -> np.ndarray:
        """The flux in each integration.

        Parameters
        ----------
        weights, values : (nints, nx) float64 arrays
            For each column squares of the profile, and products of it with the pixels, over the squares of errors.
        factor : float
            Of the slopes.

        Returns
        -------
        (n, nints) float64 array
            NaN where no pixel tells of it.
        """
        right = self.light.T @ values.T
        count, nints = right.shape
        solved = np.empty_like(right)
        for number in range(nints):
            band = (self.products @ weights[number]).reshape(self.width, count) + factor**2 * self.smooth
            solved[:, number] = solve_band(band, right[:, number])
        return solved


def solve_band(band, right):
    """Solve with a symmetric band; what has a right side of zero is zero, and told as NaN.

    Parameters
    ----------
    band : (width, n) float64 array
        The diagonal, and those below it; changed.
    right : (n,) float64 array
    """
    dropped = np.flatnonzero(right == 0)
    for below in range(len(band)):
        band[below, dropped] = 0.0
        band[below, dropped[dropped >= below] - below] = 0.0
    band[0, dropped] = 1.0
    try:
        solution = linalg.solveh_banded(band, right, lower=True, check_finite=False)
    except linalg.LinAlgError:
        solution = _pivoted(band, right)
    solution[dropped] = np.nan
    return solution


def _pivoted(band, right):
    """Solve with a band that rounding leaves not definite."""
    width, count = band.shape
    whole = np.zeros((2 * width - 1, count))
    whole[width - 1 :] = band
    for below in range(1, width):
        whole[width - 1 - below, below:] = band[below, : count - below]
    try:
        return linalg.solve_banded((width - 1, width - 1), whole, right, check_finite=False)
    except linalg.LinAlgError:
        return np.full(count, np.nan)
