"""The linear change that leads from points to others, by least squares, with clipping.

Sources: for rotation and scale, Umeyama (1991), IEEE Trans. Pattern Anal. Mach. Intell. 13, 376; for the order of
clipping, ``iter_linear_fit`` of tweakwcs, https://tweakwcs.readthedocs.io.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError

# How many points each geometry needs.
LEAST_POINTS = {"shift": 1, "rshift": 2, "rscale": 2, "general": 3}


class FitError(GpucalError):
    """Points do not determine the change that is looked for."""


class Clipping(NamedTuple):
    """Which points are left out: those farther off than ``sigma`` times the root mean square, ``rounds`` times."""

    rounds: int = 3
    sigma: float = 3.0


class Fit(NamedTuple):
    """A linear change: of a point (u, v) it makes ``matrix @ (u, v) + shift``.

    Attributes
    ----------
    matrix : (2, 2) float64 array
    shift : (2,) float64 array
        In units of the points.
    used : (n,) bool array
        The points that were not clipped.
    rms : float
        The root of the mean squared distance that is left.
    """

    matrix: np.ndarray
    shift: np.ndarray
    used: np.ndarray
    rms: float


def fitted(
    targets: np.ndarray,
    points: np.ndarray,
    geometry: str = "rshift",
    clipping: Clipping = Clipping(),  # noqa: B008
    weights: np.ndarray | None = None,
) -> Fit:
    """Find the change that leads from points to targets.

    Parameters
    ----------
    targets, points : (n, 2) float64 array
        One row for each source.
    geometry : str
        ``shift``; ``rshift``, with a rotation; ``rscale``, with a scale, too; ``general``, any matrix.
    clipping : Clipping
        In each round all points take part that the round before did not clip, and those that it had been done without.
    weights : (n,) float64 array, optional
        Of the sources; those without weight are left out.

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        If there are too few points, or they all lie on a line where more is asked of them.
    """
    least, solve = LEAST_POINTS[geometry], _SOLUTIONS[geometry]
    weights = np.ones(len(points)) if weights is None else weights
    usable = weights > 0
    if np.count_nonzero(usable) < least:
        raise FitError(f"{np.count_nonzero(usable)} sources are too few for the geometry {geometry}")
    center = points[usable].mean(axis=0, dtype=np.longdouble)
    targets, points = targets - center, points - center
    used = usable
    matrix, shift = solve(targets[used], points[used], weights[used])
    for _ in range(clipping.rounds if np.count_nonzero(usable) > least else 0):
        distance, rms = _residuals(matrix, shift, targets[used], points[used], weights[used])
        near = distance < clipping.sigma * rms
        if near.all() or np.count_nonzero(near) < least:
            break
        kept = usable.copy()
        kept[used] = near
        used = kept
        matrix, shift = solve(targets[used], points[used], weights[used])
    _, rms = _residuals(matrix, shift, targets[used], points[used], weights[used])
    shift = shift + center - matrix @ center
    return Fit(matrix.astype(float), shift.astype(float), used, float(rms))


def _residuals(matrix, shift, targets, points, weights):
    """Distances that are left, and the root of their mean square."""
    square = ((targets - points @ matrix.T - shift) ** 2).sum(axis=1)
    return np.sqrt(square), np.sqrt(weights @ square / weights.sum())


def _centered(targets, points, weights):
    """Both lists relative to their means, and the means."""
    share = weights / weights.sum()
    return targets - share @ targets, points - share @ points, share @ targets, share @ points


def _moved(targets, points, weights):
    _, _, there, here = _centered(targets, points, weights)
    return np.eye(2, dtype=np.longdouble), there - here


def _turned(with_scale: bool) -> Callable:
    """A rotation, after a reflection where that is nearer, and a scale if it is asked for."""

    def solve(targets, points, weights):
        targets, points, there, here = _centered(targets, points, weights)
        (xu, xv), (yu, yv) = (targets * weights[:, None]).T @ points
        side = 1.0 if xu * yv - xv * yu >= 0 else -1.0  # minus one: the second axis is turned round
        along, across = xu + side * yv, side * xv - yu
        length = np.hypot(along, across)
        if not length > 0:
            raise FitError("all sources lie on one point, which tells no rotation")
        cosine, sine = along / length, across / length
        matrix = np.array([[cosine, side * sine], [-sine, side * cosine]])
        if with_scale:
            matrix = matrix * (length / (weights @ (points**2).sum(axis=1)))
        return matrix, there - matrix @ here

    return solve


def _any_matrix(targets, points, weights):
    targets, points, there, here = _centered(targets, points, weights)
    weighted = (points * weights[:, None]).T
    (uu, uv), (_, vv) = weighted @ points
    determinant = uu * vv - uv * uv
    if not determinant > 1e-15 * uu * vv:
        raise FitError("the sources lie on a line, which tells no general change")
    inverse = np.array([[vv, -uv], [-uv, uu]]) / determinant
    matrix = (weighted @ targets).T @ inverse
    return matrix, there - matrix @ here


_SOLUTIONS: dict[str, Callable] = {
    "shift": _moved,
    "rshift": _turned(with_scale=False),
    "rscale": _turned(with_scale=True),
    "general": _any_matrix,
}
