"""Grids of wavelengths for several spectra, and weighted means."""

import numpy as np
import pytest

from gpucal.kernels.spectra.combine import common_wavelengths, weighted_means


def test_grids_that_lie_close_together_become_one(backend):
    grid = np.linspace(1, 2, 101)
    found = common_wavelengths([grid - 1e-4, grid[::-1], grid + 1e-4])
    np.testing.assert_allclose(found, grid, atol=1e-12)


def test_one_grid_is_itself(backend):
    grid = np.linspace(1, 2, 40) ** 2
    np.testing.assert_array_equal(common_wavelengths([grid]), grid)
    np.testing.assert_array_equal(common_wavelengths([grid[::-1], np.array([9.0])]), grid)


@pytest.mark.parametrize("count", [2, 5, 9, 40])
def test_like_jwst(count):
    peer = pytest.importorskip("jwst.combine_1d.combine1d", reason="the peer is not installed: pip install .[peer]")
    rng = np.random.default_rng(count)
    spectra = [np.sort(rng.uniform(1, 2, 80 + number)) for number in range(count // 2)]
    spectra += [np.linspace(1, 2, 90) + 0.0007 * number for number in range(count - count // 2)]
    given = [type("Spectrum", (), {"wavelength": wavelength})() for wavelength in spectra]
    expected = np.sort(peer.compute_output_wl(*peer.count_input(given)))
    np.testing.assert_array_equal(common_wavelengths(spectra), expected)


def test_spectra_too_short_for_a_grid_are_told():
    with pytest.raises(ValueError, match="no spectrum has two wavelengths"):
        common_wavelengths([np.array([1.0]), np.array([])])


def test_means():
    columns = np.array([[[1.0, 5.0, np.nan], [3.0, 7.0, 9.0]]])
    weights = np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0]])
    means, errors, total = weighted_means(columns, columns, weights)
    np.testing.assert_allclose(means, [[2.5, 5.0, 0.0]])
    np.testing.assert_allclose(errors, [[np.sqrt(1 + 81) / 4, 5.0, 0.0]])
    np.testing.assert_array_equal(total, [4.0, 2.0, 0.0])
    with pytest.raises(ValueError, match="weights"):
        weighted_means(columns, columns, weights[:, :2])
