"""Sums of sines, fitted to weighted data by damped Gauss-Newton steps.

Of a sum of ``a cos(2 pi f x) + b sin(2 pi f x)`` either the amplitudes alone are fitted, or the frequencies as well. A
step goes half as far as Levenberg and Marquardt's would, and the fit ends when a step changes the weighted sum of
squares by less than 1e-4, or by 1e-4 of itself where it is above one: the rule of BayesicFitting (Kester & Mueller
2021, Astronomy and Computing 37, 100503), which jwst uses. Where the squares are small, sines are known to about a
hundredth of their noise only. To descend further would give other amplitudes than jwst's, and no better spectrum.

A robust fit is followed by others in which data far from the one before weigh less: by Tukey's biweight of their
distance, in ten standard deviations of the noise.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend.fit import check_fit
from gpucal.kernels.fringes.no_fit import NoFit
from gpucal.kernels.fringes.products import product_over_points, weighted_sum

TOLERANCE = 1e-4
STEP = 0.5
FIRST_DAMPING = 1e-3
DOMAIN = 10.0

# Steps, and robust fits, for each parameter, after which a fit counts as one that does not converge.
MOST_TURNS = 1000


class Fit(NamedTuple):
    """A sum of sines that fits data.

    Attributes
    ----------
    parameters : (3, nsines) float64 array
        Frequencies, amplitudes of cosines, and of sines.
    squares : float
        The sum of weighted squares of what it leaves.
    sum_weights : float
        The sum of the weights, those of a robust fit.
    curvature : (nparameters, nparameters) float64 array
        Weighted products of the derivatives to each two parameters.
    """

    parameters: np.ndarray
    squares: float
    sum_weights: float
    curvature: np.ndarray


def sum_of_sines(parameters, places):
    """The value of a sum of sines at places: (npoints,) float64.

    Parameters
    ----------
    parameters : (3, nsines) float64 array
        Frequencies, amplitudes of cosines, and of sines.
    places : (npoints,) float64 array
        Where.
    """
    frequencies, cosines, sines = parameters
    angles = 2.0 * np.pi * np.multiply.outer(frequencies, places)
    return weighted_sum(cosines, np.cos(angles)) + weighted_sum(sines, np.sin(angles))


def fit_sines(data, weights, places, frequencies, robust):
    """Fit a sum of sines that begins at frequencies: first amplitudes, each from one on, then all parameters.

    Parameters
    ----------
    data, weights, places : (npoints,) float64 arrays
        Values, how much each counts, and where it is.
    frequencies : (nsines,) float64 array
        In periods per unit of place.
    robust : bool
        Whether data far from the fit weigh less.

    Returns
    -------
    Fit
        Of a fit that is not robust, the curvature is that with which the last step was made, damped.

    Raises
    ------
    NoFit
        If the fit does not converge, or data do not determine the parameters.
    """
    frequencies = np.asarray(frequencies, np.float64)
    check_fit(data=(data, "npoints"), weights=(weights, "npoints"), places=(places, "npoints"),
              frequencies=(frequencies, "nsines"))  # fmt: skip
    angles = 2.0 * np.pi * np.multiply.outer(frequencies, places)
    waves = np.concatenate([np.cos(angles), np.sin(angles)])
    amplitudes = _settle(lambda w: _Amplitudes(waves, data, w), np.ones(len(waves)), weights, robust)[0].parameters
    start = np.concatenate([frequencies, amplitudes])
    state, curvature, last_weights = _settle(lambda w: _AllParameters(places, data, w), start, weights, robust)
    parameters = state.parameters.reshape(3, -1)
    return Fit(parameters, state.squares, float(last_weights.sum()), curvature)


class _State(NamedTuple):
    parameters: np.ndarray
    squares: float
    left: np.ndarray | None  # data minus the sum
    angles: tuple | None  # cosines and sines of the angles


class _Amplitudes:
    """Fits of amplitudes: the sum of squares is a quadratic form, with which no data are needed again."""

    def __init__(self, waves, data, weights):
        self.waves, self.data = waves, data
        both = np.concatenate([waves, data[None]])
        products = product_over_points(both * weights, both)
        self.products, self.slope, self.squares = products[:-1, :-1], products[:-1, -1], products[-1, -1]

    def at(self, parameters):
        squares = self.squares + parameters @ (self.products @ parameters - 2.0 * self.slope)
        return _State(parameters, squares, None, None)

    def again(self, state):
        return self.at(state.parameters)

    def derivatives(self, state):
        return self.slope - self.products @ state.parameters, self.products.copy()

    def left_by(self, state):
        return self.data - weighted_sum(state.parameters, self.waves)


class _AllParameters:
    """Fits of frequencies and amplitudes."""

    def __init__(self, places, data, weights):
        self.turns, self.data, self.weights = 2.0 * np.pi * places, data, weights

    def at(self, parameters):
        frequencies, cosines, sines = parameters.reshape(3, -1)
        angles = np.multiply.outer(frequencies, self.turns)
        cos, sin = np.cos(angles), np.sin(angles)
        left = self.data - weighted_sum(cosines, cos) - weighted_sum(sines, sin)
        return self.again(_State(parameters, 0.0, left, (cos, sin)))

    def again(self, state):
        return state._replace(squares=np.sum(self.weights * state.left**2))

    def derivatives(self, state):
        _, cosines, sines = state.parameters.reshape(3, -1)
        cos, sin = state.angles
        by_frequency = (sines[:, None] * cos - cosines[:, None] * sin) * self.turns
        each = np.concatenate([by_frequency, cos, sin, state.left[None]])
        products = product_over_points(each[:-1] * self.weights, each)
        return products[:, -1], products[:, :-1].copy()

    def left_by(self, state):
        return state.left


def _settle(problem_of, parameters, weights, robust):
    """Fit, and again with the weights that the fit before gives; the last state, curvature and weights."""
    problem = problem_of(weights)
    state, curvature = _descend(problem, problem.at(parameters))
    if not robust:
        return state, curvature, weights
    used = weights
    for _ in range(MOST_TURNS * parameters.size):
        freedom = used.sum() - parameters.size
        if freedom <= 0:
            raise NoFit("there are more parameters than data of weight")
        distances = problem.left_by(state) / (DOMAIN * np.sqrt(state.squares / freedom))
        used = weights * np.maximum(1.0 - distances**2, 0.0) ** 2
        problem, before = problem_of(used), state.squares
        state, _ = _descend(problem, problem.again(state))
        if abs(before - state.squares) < TOLERANCE * max(1.0, state.squares):
            return state, problem.derivatives(state)[1], used
    raise NoFit("a fit of sines does not converge")


def _descend(problem, state):
    """Go down to where steps change little; the state there, and the curvature, damped, of the last step."""
    squares, damping, turns = state.squares + 1.0, FIRST_DAMPING, MOST_TURNS * state.parameters.size
    while turns:
        slope, curvature = problem.derivatives(state)
        trial = None
        while turns and trial is None:
            curvature.ravel()[:: len(curvature) + 1] *= 1.0 + damping
            trial, turns = problem.at(state.parameters + STEP * _solved(curvature, slope)), turns - 1
            if not trial.squares > 0.0:
                raise NoFit("a fit of sines leaves nothing, or what is not a number")
            if trial.squares > squares:
                trial, damping = None, damping * 10.0
        if trial is None:
            break
        if abs(squares - trial.squares) < TOLERANCE * max(1.0, squares):
            return trial, curvature
        state, squares, damping = trial, trial.squares, damping * 0.1
    raise NoFit("a fit of sines does not converge")


def _solved(curvature, slope):
    try:
        return np.linalg.solve(curvature, slope)
    except np.linalg.LinAlgError as error:
        raise NoFit("the parameters of sines are not independent") from error
