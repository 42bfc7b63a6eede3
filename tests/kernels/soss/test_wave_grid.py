"""The wavelengths that SOSS is solved for, and integrals over pixels on them."""

import numpy as np
import pytest

from gpucal.kernels.soss.pixel_integrals import pixel_integrals
from gpucal.kernels.soss.wave_grid import (
    SHORTEST,
    adapt,
    combined_grid,
    divided,
    integration_errors,
    native_grid,
    pixel_borders,
    trim,
)


@pytest.mark.parametrize("step", [1, -1])
def test_borders_are_halfway(step):
    wavelength = np.array([np.nan, 1.0, 1.2, 1.6, np.nan])[::step]
    lower, upper = pixel_borders(wavelength)
    np.testing.assert_allclose(lower[::step], [0, 0.9, 1.1, 1.4, 0])
    np.testing.assert_allclose(upper[::step], [0, 1.1, 1.4, 1.8, 0])


@pytest.mark.parametrize("wavelength", [[1.0, 2.0, 1.5], [1.0, np.nan, np.nan]])
def test_wavelengths_that_make_no_trace(wavelength):
    with pytest.raises(ValueError, match="trace"):
        pixel_borders(np.array(wavelength))


def test_pixels_are_divided():
    np.testing.assert_allclose(native_grid(np.array([1.0, 2.0, 3.0]), 2), [0.5, 1, 1.5, 2, 2.5, 3, 3.5])
    np.testing.assert_allclose(divided(np.array([0.0, 1.0, 3.0]), np.array([1, 4])), [0, 1, 1.5, 2, 2.5, 3])


def test_earlier_grids_count_and_later_ones_go_on():
    first, second = np.arange(2.0, 5.0), np.arange(0.0, 8.0, 0.5)
    kept = trim([first, second[second >= 3]], (0.0, 6.2))
    np.testing.assert_allclose(kept[0], first)
    np.testing.assert_allclose(kept[1], [4, 4.5, 5, 5.5, 6, 6.5])
    assert len(trim([second, first], (0.0, 8.0))[1]) == 0


def test_error_of_a_parabola():
    """The trapezoidal rule on x^2 over (0, 1) gives 1/2, Romberg's the true 1/3."""
    error, relative = integration_errors(np.array([0.0, 1.0]), np.square)
    np.testing.assert_allclose([error, relative], [[1 / 6], [1 / 2]])


def test_parts_are_halved_until_they_are_good():
    grid, converged = adapt(np.linspace(1, 2, 11), np.exp, 1e-4, 10_000)
    error, relative = integration_errors(grid, np.exp)
    assert converged and ((relative < 1e-4) | (error < 1e-6)).all()
    assert len(grid) == 41  # a step h errs by h^2 / 12, so that 0.1 is halved twice


def test_a_limit_of_points_halves_the_worst(caplog):
    light = lambda wavelength: 1 + np.exp(-(((wavelength - 1.5) / 0.02) ** 2))  # noqa: E731
    grid, converged = adapt(np.linspace(1, 2, 11), light, 1e-4, 14)
    assert not converged and len(grid) == 14
    assert np.abs(grid[np.diff(grid, append=np.inf) < 0.06] - 1.5).max() < 0.11
    combined_grid([np.linspace(1, 2, 11)], [light], (1, 2), 1e-4, 14)
    assert "14 points do not reach the tolerance" in caplog.text
    assert np.diff(adapt(np.linspace(1, 1.0001, 3), light, 1e-30, 100)[0]).min() > SHORTEST


def test_integrals_over_pixels():
    """Straight lines are integrated exactly but for the last value, which is that of the last point below."""
    grid = np.linspace(0, 1, 101)
    lower, upper = np.array([0.105, 0.30, 0.0]), np.array([0.185, 0.40, 1.0])
    integrals = pixel_integrals(grid, lower, upper, np.array([True, True, False])).toarray()
    np.testing.assert_allclose(integrals.sum(axis=1), [0.08, 0.10, 0], atol=1e-15)
    assert not integrals[2].any()
    line = 3 * grid + 2
    exact = 1.5 * (upper**2 - lower**2) + 2 * (upper - lower)
    short = 3 * np.array([0.185 - 0.18, 0.40 - 0.39]) * np.array([0.185 - 0.17, 0.40 - 0.38]) / 2
    np.testing.assert_allclose((integrals @ line)[:2], exact[:2] - short, rtol=1e-12)


def test_a_pixel_within_the_first_interval():
    grid = np.linspace(0, 1, 101)
    inside = np.array([0.004]), np.array([0.055]), np.array([True])
    assert pixel_integrals(grid, *inside).sum() == pytest.approx(0.051)
    assert abs(pixel_integrals(grid, *inside, misplaces=True).sum()) > 0.1  # as in jwst: far from what it is


def test_a_pixel_with_two_points():
    grid = np.linspace(0, 1, 11)
    pair = np.array([0.2]), np.array([0.4]), np.array([True])
    assert pixel_integrals(grid, *pair).sum() == pytest.approx(0.2)
    assert pixel_integrals(grid, *pair, misplaces=True).sum() == pytest.approx(0.3)  # as in jwst
