"""Fits of Gaussians, against scipy's least squares on the same pixels, and exact ones."""

import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from gpucal.kernels.series.centroids import Frames
from gpucal.kernels.series.gaussian_fit import FWHM, fit_gaussians
from tests.kernels.series.scenes import NINTS, gaussian, series

SIZE = 11


def peer_fit(data, bad, x, y):
    """The best widths and flux."""
    first = math.ceil(y - SIZE / 2), math.ceil(x - SIZE / 2)
    box = tuple(slice(max(start, 0), start + SIZE) for start in first)
    good = ~bad[box]

    def rest(parameters):
        return (data.astype(float) - gaussian(x, y, *parameters, data.shape))[box][good]

    start = [SIZE / 2 / FWHM, SIZE / 2 / FWHM, data[box][good].sum()]
    limits = ([0, 0, 0], [SIZE / FWHM, SIZE / FWHM, np.inf])
    return least_squares(
        rest, start, bounds=limits, xtol=1e-12, ftol=1e-12, gtol=1e-12, x_scale=[1, 1, start[2]]
    ).x


def fit(backend, data, bad, x, y):
    level = np.zeros(len(data), np.float32)
    frames = Frames(*map(backend.asarray, (data, bad, level)))
    return backend.asnumpy(fit_gaussians(frames, backend.asarray(x), backend.asarray(y), SIZE))


def test_fits_are_those_of_least_squares(backend):
    data, _err, bad = series()
    data -= np.nanmedian(data, axis=(1, 2), keepdims=True)
    x, y = 12.3 + 0.1 * np.arange(NINTS), 11.2 - 0.07 * np.arange(NINTS)
    wanted = [peer_fit(*planes) for planes in zip(data, bad, x, y, strict=True)]
    np.testing.assert_allclose(fit(backend, data, bad, x, y), np.transpose(wanted), rtol=2e-6)


@pytest.mark.parametrize("widths", [(0.6, 0.9), (2.0, 3.1)])
def test_a_gaussian_without_noise_is_found(backend, widths):
    data = gaussian(5.2, 19.8, *widths, 300.0)[None].astype(np.float32)
    found = fit(backend, data, np.zeros(data.shape, bool), np.array([5.2]), np.array([19.8]))
    np.testing.assert_allclose(found[:, 0], (*widths, 300.0), rtol=1e-5)


def test_no_width_is_larger_than_the_box_and_no_flux_negative(backend):
    flat = np.full((2, 24, 27), 3, np.float32)
    flat[1] = -3
    found = fit(backend, flat, np.zeros(flat.shape, bool), np.full(2, 12.0), np.full(2, 11.0))
    np.testing.assert_allclose(found[:2, 0], SIZE / FWHM, rtol=1e-6)
    assert found[2, 1] == 0


def test_nothing_is_fitted_to_two_pixels_or_without_a_place(backend):
    data, _err, bad = series()
    bad[0] = True
    bad[0, 11, 11:13] = False
    x, y = np.full(NINTS, 12.0), np.full(NINTS, 11.0)
    y[1] = np.nan
    found = fit(backend, data, bad, x, y)
    assert np.isnan(found[:, :2]).all()
    assert np.isfinite(found[:, 2:]).all()
