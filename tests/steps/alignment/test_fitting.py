"""Linear changes are found again, exactly without noise, and clipped with it."""

import numpy as np
import pytest

from gpucal.steps.parts.alignment.fitting import LEAST_POINTS, Clipping, FitError, fitted

RNG = np.random.default_rng(6)
POINTS = RNG.uniform(-80, 80, size=(30, 2)) + [500.0, -300.0]
COSINE, SINE = np.cos(0.3), np.sin(0.3)
CHANGES = {
    "shift": np.eye(2),
    "rshift": np.array([[COSINE, SINE], [-SINE, COSINE]]),
    "rscale": 1.7 * np.array([[COSINE, SINE], [-SINE, COSINE]]),
    "general": np.array([[1.1, 0.3], [-0.2, 0.8]]),
}
MIRROR = np.array([[COSINE, SINE], [SINE, -COSINE]])
NO_CLIPPING = Clipping(rounds=0)


@pytest.mark.parametrize("weights", [None, RNG.uniform(0.1, 2, size=30)])
@pytest.mark.parametrize(("geometry", "matrix"), [*CHANGES.items(), ("rshift", MIRROR), ("rscale", 0.4 * MIRROR)])
def test_a_change_is_found_again(geometry, matrix, weights):
    fit = fitted(POINTS @ matrix.T + [3.0, -2.0], POINTS, geometry, weights=weights)
    np.testing.assert_allclose(fit.matrix, matrix, rtol=0, atol=1e-14)
    np.testing.assert_allclose(fit.shift, [3.0, -2.0], rtol=0, atol=1e-11)
    assert fit.rms < 1e-13


@pytest.mark.parametrize("geometry", CHANGES)
def test_it_is_the_best_of_its_kind(geometry):
    """No nearby change of the same kind leaves less."""
    targets = POINTS @ CHANGES[geometry].T + RNG.normal(0, 0.5, size=(30, 2))
    fit = fitted(targets, POINTS, geometry, NO_CLIPPING)
    rms = np.sqrt(((targets - POINTS @ fit.matrix.T - fit.shift) ** 2).sum(axis=1).mean())
    assert fit.rms == pytest.approx(rms, rel=1e-12)
    middle, step = POINTS.mean(axis=0), 1e-3
    turn = np.array([[np.cos(step), np.sin(step)], [-np.sin(step), np.cos(step)]])
    tried = {"shift": [], "rshift": [turn, turn.T], "rscale": [turn, (1 + step) * np.eye(2), (1 - step) * np.eye(2)],
             "general": [np.array([[1, step], [0, 1]]), np.array([[1, 0], [-step, 1]])]}  # fmt: skip
    for matrix in [fit.matrix @ one for one in tried[geometry]]:
        moved = (POINTS - middle) @ matrix.T + fit.matrix @ middle + fit.shift
        assert ((targets - moved) ** 2).sum(axis=1).mean() > rms**2
    for shift in ([step, 0], [0, -step]):
        assert ((targets - POINTS @ fit.matrix.T - fit.shift - shift) ** 2).sum(axis=1).mean() > rms**2


def test_outliers_are_clipped():
    targets = POINTS + RNG.normal(0, 0.01, size=(30, 2))
    targets[4] += 5.0
    fit = fitted(targets, POINTS, "shift", Clipping(1, 3.0))
    assert np.flatnonzero(~fit.used).tolist() == [4] and fit.rms < 0.03
    assert fitted(targets, POINTS, "shift", NO_CLIPPING).used.all()


def test_sources_without_weight_are_left_out():
    weights = np.ones(30)
    weights[7] = 0
    targets = POINTS.copy()
    targets[7] += 100
    fit = fitted(targets, POINTS, "rshift", weights=weights)
    assert not fit.used[7] and fit.used.sum() == 29
    np.testing.assert_allclose(fit.shift, [0, 0], atol=1e-10)


@pytest.mark.parametrize("geometry", LEAST_POINTS)
def test_too_few_points_are_told(geometry):
    least = LEAST_POINTS[geometry]
    assert fitted(POINTS[:least], POINTS[:least], geometry).rms < 1e-12
    with pytest.raises(FitError, match="too few"):
        fitted(POINTS[: least - 1], POINTS[: least - 1], geometry)


def test_points_on_a_line_tell_no_matrix():
    line = np.outer(np.arange(5.0), [1.0, 2.0])
    with pytest.raises(FitError, match="on a line"):
        fitted(line, line, "general")
    with pytest.raises(FitError, match="on one point"):
        fitted(np.ones((3, 2)), np.ones((3, 2)), "rshift")
