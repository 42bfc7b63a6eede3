"""Amplitudes and phases of fringes, and what of them does not depend on the phases of holes.

With V the coefficients of a baseline's two planes, over that of the star's, as one complex number:

- a triangle of holes (i, j, k) has the amplitude ``|Vij Vjk Vki|`` and the closure phase ``ij + jk + ki``;
- a quadrangle (i, j, k, l) has the closure amplitude ``|Vij Vkl| / |Vik Vjl|`` and the phase ``ij + jk + kl + li``.

A phase changes its sign with the direction of its baseline. Errors are carried through by first derivatives.

Sources: Jennison (1958, MNRAS 118, 276); Readhead et al. (1980, Nature 285, 137); Pauls et al. (2005, PASP 117, 1255).
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.steps.parts.interferometry.holes import Holes


class Measured(NamedTuple):
    """A quantity: values and errors, of shape (nints, n) or, of a mean, (n,)."""

    value: np.ndarray
    error: np.ndarray


class Observables(NamedTuple):
    """What is measured of all baselines, triangles, quadrangles and holes; phases in radians."""

    amplitude: Measured
    phase: Measured
    squared: Measured
    triangle_amplitude: Measured
    closure_phase: Measured
    closure_amplitude: Measured
    quadrangle_phase: Measured
    piston: Measured


class Closures:
    """Sums of phases, and of logarithms of amplitudes, as matrices on those of baselines.

    Parameters
    ----------
    holes : Holes
        Four of them at least have quadrangles.
    """

    def __init__(self, holes: Holes):
        self.holes = holes
        self.pairs = holes.tuples(2)
        self.place = {tuple(pair): place for place, pair in enumerate(self.pairs)}

    def sums(self, tuples, sides) -> np.ndarray:
        """A matrix that sums phases over some sides of each tuple, each told as two places in it."""
        matrix = np.zeros((len(tuples), len(self.pairs)))
        for row, corners in enumerate(tuples):
            for first, second in sides:
                one, other = corners[first], corners[second]
                matrix[row, self.place[min(one, other), max(one, other)]] += 1.0 if one < other else -1.0
        return matrix

    @cached_property
    def triangles(self) -> np.ndarray:
        """Phases of triangles; (ntriangles, npairs) array."""
        return self.sums(self.holes.tuples(3), ((0, 1), (1, 2), (2, 0)))

    @cached_property
    def quadrangles(self) -> np.ndarray:
        """Phases of quadrangles; in that of jwst the phases of holes do not cancel."""
        sides = ((0, 1), (3, 2), (2, 0), (3, 1)) if as_peer() else ((0, 1), (1, 2), (2, 3), (3, 0))
        return self.sums(self.holes.tuples(4), sides)

    @cached_property
    def ratios(self) -> np.ndarray:
        """Logarithms of closure amplitudes."""
        above = np.abs(self.sums(self.holes.tuples(4), ((0, 1), (2, 3))))
        return above - np.abs(self.sums(self.holes.tuples(4), ((0, 2), (1, 3))))

    @cached_property
    def pistons(self) -> np.ndarray:
        """From phases of baselines to those of holes whose mean is 0: least squares; (nholes, npairs) array."""
        differences = np.zeros((len(self.pairs), len(self.holes)))
        differences[np.arange(len(self.pairs)), self.pairs[:, 0]] = -1.0
        differences[np.arange(len(self.pairs)), self.pairs[:, 1]] = 1.0
        return np.linalg.pinv(differences)

    def observables(self, coefficients, covariance=None) -> Observables:
        """What the coefficients of a fit mean.

        Parameters
        ----------
        coefficients : (nints, nplanes) float64 array
        covariance : (nints, nplanes, nplanes) float64 array, optional
            Without it errors are 0.

        Returns
        -------
        Observables
            For each integration.
        """
        star, real, imaginary = coefficients[:, :1], coefficients[:, 1:-1:2], coefficients[:, 2:-1:2]
        amplitude, phase = np.hypot(real, imaginary) / star, np.arctan2(imaginary, real)
        if covariance is None:
            of_amplitude = of_phase = np.zeros((len(coefficients), len(self.pairs), len(self.pairs)))
        else:
            of_amplitude, of_phase = carried(amplitude, phase, star, covariance)
        of_logarithm = of_amplitude / (amplitude[:, :, None] * amplitude[:, None, :])
        ones, ratios = np.abs(self.triangles), self.ratios
        triangle = np.exp(np.log(amplitude) @ ones.T)
        ratio = np.exp(np.log(amplitude) @ ratios.T)
        error = np.sqrt(np.diagonal(of_amplitude, axis1=1, axis2=2))
        return Observables(
            Measured(amplitude, error),
            Measured(phase, np.sqrt(np.diagonal(of_phase, axis1=1, axis2=2))),
            Measured(amplitude**2, 2.0 * amplitude * error),
            Measured(triangle, triangle * spread(ones, of_logarithm)),
            Measured(within_turn(phase @ self.triangles.T), spread(self.triangles, of_phase)),
            Measured(ratio, ratio * spread(ratios, of_logarithm)),
            Measured(within_turn(phase @ self.quadrangles.T), spread(self.quadrangles, of_phase)),
            Measured(phase @ self.pistons.T, spread(self.pistons, of_phase)),
        )


def carried(amplitude, phase, star, covariance):
    """The covariances of amplitudes, and of phases, from that of coefficients; (nints, npairs, npairs) arrays each."""
    nints, npairs = amplitude.shape
    by_amplitude, by_phase = np.zeros((2, nints, npairs, covariance.shape[-1]))
    pairs = np.arange(npairs)
    by_amplitude[:, :, 0] = -amplitude / star
    by_amplitude[:, pairs, 2 * pairs + 1] = np.cos(phase) / star
    by_amplitude[:, pairs, 2 * pairs + 2] = np.sin(phase) / star
    by_phase[:, pairs, 2 * pairs + 1] = -np.sin(phase) / (star * amplitude)
    by_phase[:, pairs, 2 * pairs + 2] = np.cos(phase) / (star * amplitude)
    return by_amplitude @ covariance @ by_amplitude.swapaxes(1, 2), by_phase @ covariance @ by_phase.swapaxes(
        1, 2
    )


def spread(matrix, covariance):
    """The errors of sums, from the covariance of what is summed; (nints, nsums) array."""
    return np.sqrt(np.einsum("sp,tpq,sq->ts", matrix, covariance, matrix, optimize=True))


def within_turn(phase):
    """Phases from -pi to pi; jwst leaves sums of phases as they are."""
    return phase if as_peer() else np.angle(np.exp(1j * phase))
