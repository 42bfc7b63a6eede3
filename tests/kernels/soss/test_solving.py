"""Sparse systems of SOSS against dense ones; the factor of slopes, the resolution, what a grid covers."""

import numpy as np
import pytest
from scipy import linalg, sparse

from gpucal.kernels.soss.coverage import Place, TooFewPixelsError, coverage_of, map_of
from gpucal.kernels.soss.envelope import envelope_of
from gpucal.kernels.soss.many_bands import Bands, solve_band
from gpucal.kernels.soss.regularized import (
    Equations,
    Pixels,
    Tried,
    best_factor,
    find_factor,
    first_guess,
    light_of,
    neighbours,
    slopes_of,
)
from gpucal.kernels.soss.resolution import resolution_of
from gpucal.kernels.soss.wave_grid import pixel_borders

NX = 120


def two_orders():
    """The light of columns of two orders, one of which is red where the other is blue, on one grid."""
    grid = np.linspace(0.7, 2.9, 400)
    first, second = np.linspace(2.8, 1.0, NX), np.linspace(1.4, 0.72, NX)
    maps = []
    for wavelength in (first, second):
        lower, upper = pixel_borders(wavelength)
        place = Place(wavelength, lower, upper, np.ones((3, NX)), np.zeros((3, NX), bool))
        maps.append(map_of(grid, place, (lower > 0.71) & (upper < 2.89), (0, len(grid)), misplaces=False))
    random = np.random.default_rng(1)
    profiles = random.uniform(0.1, 1, (2, 30, NX))
    weights = np.einsum("ayx,byx->abx", profiles, profiles)
    return grid, maps, weights, profiles


def test_two_orders_against_a_dense_solution():
    grid, maps, weights, _profiles = two_orders()
    equations = Equations(grid, maps, weights)
    rows = [one.toarray() for one in maps]
    dense = sum(rows[a].T @ np.diag(weights[a, b]) @ rows[b] for a in range(2) for b in range(2))
    slopes = np.diff(np.eye(len(grid)), axis=0) / np.diff(grid)[:, None]
    np.testing.assert_allclose(slopes_of(grid).toarray(), slopes)
    right = np.random.default_rng(2).normal(size=(len(grid), 5))
    for factor in (1e-3, 1e-5):
        matrix = dense + factor**2 * slopes.T @ slopes
        np.testing.assert_allclose(equations.solver(factor)(right), linalg.solve(matrix, right), rtol=1e-6)
    dropped = np.zeros(len(grid), bool)
    dropped[[0, 7, 200, 399]] = True
    kept = np.where(dropped[:, None], 0, right)
    matrix = (dense + 1e-6 * slopes.T @ slopes)[~dropped][:, ~dropped]
    solved = equations.solver(1e-3, dropped)(kept)
    np.testing.assert_allclose(solved[~dropped], linalg.solve(matrix, kept[~dropped]), rtol=1e-6)
    assert not solved[dropped].any()


def test_memory_is_that_of_the_band():
    """A band with a curved one beside it, ten times as long: ten times as many numbers."""
    sizes = []
    for count in (1000, 10000):
        near = sparse.diags_array([1.0, 1.0, 4.0, 1.0, 1.0], offsets=[-2, -1, 0, 1, 2], shape=(count, count))
        short = np.arange(
            count // 3
        )  # wavelengths from 1 to 4: those up to 2 share pixels with twice as long ones
        far = sparse.coo_array(
            (np.full(len(short), 0.1), (short, count // 3 + 2 * short)), shape=(count, count)
        )
        matrix = (near + far + far.T).tocsr()
        envelope = envelope_of(matrix)
        sizes.append(envelope.offsets[-1])
        right = np.ones(count)
        np.testing.assert_allclose(matrix @ envelope.factorized((1.0,)).solve(right), right, rtol=1e-10)
    assert sizes[1] < 12 * sizes[0]


def test_what_is_not_definite_is_solved_all_the_same():
    grid, maps, weights, _profiles = two_orders()
    equations = Equations(grid, maps, weights)
    equations.normal = equations.normal - sparse.diags_array(np.full(len(grid), 1e-4)).tocsc()
    equations.envelope = envelope_of(equations.normal, equations.smooth)
    right = np.ones(len(grid))
    np.testing.assert_allclose(
        (equations.normal + 1e-10 * equations.smooth) @ equations.solver(1e-5)(right), right
    )


def test_many_integrations_of_one_order():
    grid, maps, _weights, profiles = two_orders()
    random = np.random.default_rng(3)
    weights, values = random.uniform(1, 2, (4, NX)), random.normal(size=(4, NX))
    solved = Bands(grid, maps[0]).solve(weights, values, 1e-4)
    rows, slopes = maps[0].toarray(), slopes_of(grid).toarray()
    untouched = rows.sum(axis=0) == 0
    assert untouched.any() and np.isnan(solved[untouched]).all()
    for number in range(4):
        matrix = rows.T @ np.diag(weights[number]) @ rows + 1e-8 * slopes.T @ slopes
        right = (rows.T @ values[number])[~untouched]
        expected = linalg.solve(matrix[~untouched][:, ~untouched], right)
        np.testing.assert_allclose(solved[~untouched, number], expected, rtol=1e-7)


def test_a_band_that_is_not_definite():
    band = np.array([[1.0, -2.0, 3.0], [0.5, 0.2, 0.0]])
    dense = np.array([[1, 0.5, 0], [0.5, -2, 0.2], [0, 0.2, 3]])
    right = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(solve_band(band.copy(), right), linalg.solve(dense, right))
    assert np.isnan(solve_band(np.zeros((2, 3)), right)).all()


def test_the_largest_factor_that_explains_pixels():
    """A thousand times as large it makes the flux too smooth; smaller ones explain the pixels no better."""
    grid, maps, _weights, _profiles = two_orders()
    truth = 5 + np.sin(grid * 4)
    random = np.random.default_rng(4)
    profile, error = random.uniform(0.1, 1, (30, NX)), 0.002
    valid = maps[0].sum(axis=1) > 0
    column = np.tile(np.arange(NX), (30, 1))[:, valid].ravel()
    image = profile * light_of(maps[0], truth) + random.normal(0, error, profile.shape)
    weights = np.where(valid, (profile**2).sum(axis=0) / error**2, 0)
    equations = Equations(grid, maps[:1], weights[None, None])
    right = equations.right_side(np.where(valid, (profile * image).sum(axis=0) / error**2, 0)[None, None])[
        :, 0
    ]
    pixels = Pixels(column, (profile[:, valid] / error).reshape(1, -1), (image[:, valid] / error).ravel())
    guess = first_guess(equations, lambda wavelength: 5 + np.sin(wavelength * 4), len(column))
    best, tested = find_factor(equations, right, pixels, guess, (-4, 4))
    assert len(tested) == 16 and min(one.factor for one in tested) < best < max(one.factor for one in tested)
    smaller, chosen, larger = (equations.test(best * times, right, pixels) for times in (0.1, 1, 1000))
    assert chosen.residual < smaller.residual + 2e-3 < larger.residual
    inner = (grid > 1.1) & (grid < 2.7)
    off = [np.std((one.solution - truth)[inner]) for one in (smaller, chosen, larger)]
    assert off[1] < 1.01 * off[0] and off[1] < 0.1 * off[2]


def test_the_next_factors_to_try():
    tested = [Tried(10.0**power, None, 0.0) for power in (2, 0, 1)]
    np.testing.assert_allclose(neighbours(tested, 12.0), [10**0.5, 10**1.5])
    np.testing.assert_allclose(neighbours(tested, 1.0), [0.1, 10**0.5])
    np.testing.assert_allclose(neighbours(tested, 1e4), [10**1.5, 1e3])


def test_the_best_factor(caplog):
    rising = [Tried(10.0**power, None, 1 + max(0, power) ** 2 * 1e-2) for power in range(-4, 5)]
    assert 1 < best_factor(rising) < 10
    assert best_factor([Tried(1.0, None, 1.0), Tried(3.0, None, np.nan)]) == 3
    assert best_factor([Tried(10.0**power, None, 1.0) for power in range(5)]) == pytest.approx(1e4)
    assert "No factor that was tried" in caplog.text


def test_unknown_flux_makes_unknown_light():
    matrix = sparse.csr_array([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]])
    np.testing.assert_array_equal(light_of(matrix, np.array([1.0, 1.0, np.nan])), [3, np.nan])


def kernels(width):
    wavelengths = np.linspace(0.5, 3.5, 40, dtype=np.float32)
    places = np.linspace(-6, 6, 121)
    return wavelengths, np.exp(-0.5 * (places[:, None] / width) ** 2).repeat(40, axis=1).astype(np.float32)


def test_resolution_of_a_gaussian():
    """A line gets the width of the kernel, in pixels, and keeps its light; a constant stays one."""
    trace = np.linspace(2.8, 0.8, 500)
    resolution = resolution_of(*kernels(1.5), trace, 6)
    pixel = 2 / 499
    grid = np.arange(1.0, 2.6, pixel / 4)
    convolution = resolution.convolution(grid, 50, len(grid) - 50)
    np.testing.assert_allclose(convolution.sum(axis=1), 1, rtol=1e-12)
    line = convolution @ np.exp(-0.5 * ((grid - 1.8) / (2 * pixel)) ** 2)
    inner = grid[50:-50]
    middle = (line * inner).sum() / line.sum()
    width = np.sqrt((line * (inner - middle) ** 2).sum() / line.sum()) / pixel
    assert middle == pytest.approx(1.8, abs=0.01 * pixel) and width == pytest.approx(2.5, rel=2e-3)


def test_kernels_for_other_wavelengths_are_refused():
    with pytest.raises(ValueError, match="fewer than four kernels are for 4 to 5 micron"):
        resolution_of(*kernels(1.5), np.linspace(4, 5, 100), 6)


def test_what_a_grid_covers():
    """The columns at either end, whose borders are beyond the wavelengths of pixels that are used, are left out."""
    wavelength = np.linspace(1.0, 2.0, 101)
    lower, upper = pixel_borders(wavelength)
    profile = np.full((4, 101), 0.25)
    outside = np.zeros((4, 101), bool)
    outside[0] = True
    place = Place(wavelength, lower, upper, profile, outside)
    covered = coverage_of(np.linspace(1.2, 1.5, 301), [place])
    assert not covered.used[0].any()
    np.testing.assert_array_equal(covered.used[1], covered.valid[0])
    np.testing.assert_allclose(wavelength[covered.valid[0]][[0, -1]], [1.22, 1.48])
    assert covered.spans == [(10, 291)]
    with pytest.raises(TooFewPixelsError):
        coverage_of(np.linspace(1.2, 1.25, 51), [place])


def test_pixels_that_the_grid_explains_in_part():
    """Where a second order lies on the first one, and the grid lacks it, no pixel is used."""
    first, second = np.linspace(1.0, 2.0, 101), np.linspace(0.5, 1.0, 101)
    places = [
        Place(wavelength, *pixel_borders(wavelength), np.full((4, 101), part), np.zeros((4, 101), bool))
        for wavelength, part in ((first, 0.25), (second, 0.02))
    ]
    grid = np.linspace(0.7, 2.1, 1401)
    contaminated, clean = coverage_of(grid, places, threshold=0.01), coverage_of(grid, places, threshold=0.03)
    assert not contaminated.used[:, :40].any() and contaminated.used[:, 45:99].all()
    assert clean.used[:, 2:40].all()
