"""The flux of which pixels are sums, made smooth: least squares, with the squares of its slopes added.

The factor of the slopes is the largest one with which pixels are still explained: where robust residuals begin to grow
with it faster than a threshold.

Source: A. Darveau-Bernier et al. 2022, Publications of the Astronomical Society of the Pacific 134, 094502, section
3.3; and, for the factors that are tried and the threshold, what jwst 3.0.0 does.
"""

import logging
from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse
from scipy.interpolate import Akima1DInterpolator, InterpolatedUnivariateSpline
from scipy.sparse.linalg import lsqr, splu

from gpucal.kernels.soss.envelope import envelope_of

log = logging.getLogger(__name__)

# By how much the mean of robust residuals may grow while the factor grows tenfold.
GROWTH = 1e-3

# Factors that are tried at first, how often two more are, and at how many places the growth is looked at.
FIRST_FACTORS, REFINEMENTS, PLACES = 10, 3, 10000


class Pixels(NamedTuple):
    """Pixels that are to be explained, for which factors are judged.

    Attributes
    ----------
    column : (npixels,) int array
    profiles : (norders, npixels) float64 array
        Over errors.
    values : (npixels,) float64 array
        Over errors.
    """

    column: np.ndarray
    profiles: np.ndarray
    values: np.ndarray


class Tried(NamedTuple):
    """What came of a factor.

    Attributes
    ----------
    factor : float
    solution : (n,) float64 array
        The flux, NaN where no pixel tells of it.
    residual : float
        The mean of ``log(1 + z^2)`` of pixels, whose deviations are z errors.
    """

    factor: float
    solution: np.ndarray
    residual: float


class Equations:
    """The normal equations of orders that are solved for together.

    Parameters
    ----------
    grid : (n,) float64 array
        Wavelengths, micron.
    maps : list of (nx, n) sparse arrays
        The light of columns, see `gpucal.kernels.soss.coverage.map_of`, for each order.
    weights : (norders, norders, nx) float64 array
        For each column the products of the profiles of two orders, over the squares of errors, added up.
    """

    def __init__(self, grid, maps, weights):
        self.grid, self.maps = grid, maps
        normal = 0
        for one, row in zip(maps, weights, strict=True):
            for other, sums in zip(maps, row, strict=True):
                normal = normal + one.T @ (sparse.diags_array(sums) @ other)
        self.slopes = slopes_of(grid)
        self.normal, self.smooth = normal.tocsc(), (self.slopes.T @ self.slopes).tocsc()
        self.envelope = envelope_of(self.normal, self.smooth)

    def right_side(self, sums) -> np.ndarray:
        """The right sides, (n, nsides), for sums (norders, nsides, nx) of pixels times profiles."""
        return sum(one.T @ values.T for one, values in zip(self.maps, sums, strict=True))

    def solver(self, factor: float, dropped=None):
        """What solves the equations with a factor: a function of right sides.

        Parameters
        ----------
        factor : float
        dropped : (n,) bool array, optional
            Wavelengths whose flux is zero.
        """
        try:
            return self.envelope.factorized((1.0, factor**2), dropped).solve
        except linalg.LinAlgError:
            return self._pivoted(factor, dropped)

    def _pivoted(self, factor, dropped):
        """A solver for equations that rounding leaves not definite."""
        matrix = self.normal + factor**2 * self.smooth
        kept = np.arange(len(self.grid)) if dropped is None else np.flatnonzero(~dropped)
        matrix = matrix[kept][:, kept].tocsc()
        try:
            solve_kept = splu(matrix).solve
        except RuntimeError:  # it is singular

            def solve_kept(right):
                sides = right.reshape(len(kept), -1).T
                return np.column_stack([lsqr(matrix, side)[0] for side in sides]).reshape(right.shape)

        def solve(right):
            solution = np.zeros_like(right)
            solution[kept] = solve_kept(right[kept])
            return solution

        return solve

    def test(self, factor: float, right: np.ndarray, pixels: Pixels) -> Tried:
        """Solve for one right side (n,) with a factor, and see what it leaves."""
        dropped = right == 0
        solution = np.where(dropped, np.nan, self.solver(factor, dropped)(np.where(dropped, 0.0, right)))
        residual = -pixels.values
        for one, profile in zip(self.maps, pixels.profiles, strict=True):
            residual = residual + profile * light_of(one, solution)[pixels.column]
        with np.errstate(invalid="ignore"):
            losses = np.log1p(residual**2)
        known = np.isfinite(losses)
        return Tried(factor, solution, losses[known].mean() if known.any() else np.nan)


def slopes_of(grid):
    """The slopes of values on a grid, as a product with them."""
    inverse = 1 / np.diff(grid)
    return sparse.diags_array([-inverse, inverse], offsets=[0, 1], shape=(len(inverse), len(grid))).tocsr()


def light_of(one, flux):
    """The light of columns, (nx,) or (nx, nsides): NaN where flux that it depends on is."""
    unknown = ~np.isfinite(flux)
    if not unknown.any():
        return one @ flux
    touched = (abs(one) > 0).astype(float) @ unknown.astype(float) > 0
    return np.where(touched, np.nan, one @ np.where(unknown, 0.0, flux))


def first_guess(equations: Equations, estimate, npixels: int, typical: bool = False) -> float:
    """A factor with which slopes of an estimate of the flux count as much as so many pixels.

    Parameters
    ----------
    equations : Equations
    estimate : callable
        The flux at wavelengths.
    npixels : int
    typical : bool
        Whether all slopes count as much as the median of their squares: for an estimate that is wrong where there is
        little light. By default their squares are added up, as in jwst 3.0.0.
    """
    squares = (equations.slopes @ estimate(equations.grid)) ** 2
    total = np.nanmedian(squares) * len(squares) if typical else np.nansum(squares)
    return float(np.sqrt(npixels / total))


def find_factor(
    equations: Equations, right, pixels: Pixels, guess: float, decades
) -> tuple[float, list[Tried]]:
    """Find the factor of slopes.

    Parameters
    ----------
    equations : Equations
    right : (n,) float64 array
        Their right side.
    pixels : Pixels
    guess : float
    decades : tuple of float
        The factors to try at first, as powers of ten of the guess.

    Returns
    -------
    factor : float
    tested : list of Tried
        All factors that were tried.
    """
    begin = np.log10(guess)
    factors = np.logspace(begin + decades[0], begin + decades[1], FIRST_FACTORS)
    tested = [equations.test(factor, right, pixels) for factor in factors]
    best = best_factor(tested)
    for _round in range(REFINEMENTS):
        tested += [equations.test(factor, right, pixels) for factor in neighbours(tested, best)]
        best = best_factor(tested)
    return best, tested


def neighbours(tested: list[Tried], best: float) -> tuple[float, float]:
    """Two more factors to try, halfway to those beside the one that is nearest to the best; beyond it at an end."""
    factors = np.sort([one.factor for one in tested])
    nearest = int(np.argmin(np.abs(np.log(factors) - np.log(best))))
    here = factors[nearest]
    if nearest == 0:
        return here**2 / factors[1], np.sqrt(here * factors[1])
    if nearest == len(factors) - 1:
        return np.sqrt(here * factors[-2]), here**2 / factors[-2]
    return np.sqrt(here * factors[nearest - 1]), np.sqrt(here * factors[nearest + 1])


def best_factor(tested: list[Tried]) -> float:
    """The first factor at which residuals grow faster than the threshold; the last one that was tried if none is."""
    factors, residuals = (np.array([getattr(one, name) for one in tested]) for name in ("factor", "residual"))
    known = np.isfinite(residuals)
    if known.sum() < 2:
        return float(factors.max())
    order = np.argsort(factors[known])
    powers, residuals = np.log10(factors[known][order]), residuals[known][order]
    if len(powers) > 3:
        spline = Akima1DInterpolator(powers, residuals, method="makima")
    else:
        spline = InterpolatedUnivariateSpline(powers, residuals, k=len(powers) - 1)
    places = np.linspace(powers[0], powers[-1], PLACES)
    grows = spline.derivative()(places) > GROWTH
    if not grows.any():
        log.warning("No factor that was tried makes the spectrum too smooth; the largest one is used")
        return float(10 ** powers[-1])
    return float(10 ** places[np.argmax(grows)])
