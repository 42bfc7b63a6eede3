"""Fits of planes, against numpy's least squares."""

import numpy as np

from gpucal.kernels.interferometry.fitting import fit_planes

RNG = np.random.default_rng(5)


def test_coefficients_are_those_of_least_squares_without_bad_pixels(backend):
    planes, images = RNG.random((2, 5, 6, 6)), RNG.random((2, 6, 6)).astype(np.float32)
    good = RNG.random((2, 6, 6)) > 0.2
    images[~good] = np.nan
    variance = RNG.random((2, 6, 6))
    fit = fit_planes(*(backend.asarray(array) for array in (planes, images, good, variance)))
    for number in range(2):
        design = planes[number][:, good[number]].T
        values = images[number][good[number]]
        expected = np.linalg.lstsq(design, values, rcond=None)[0]
        np.testing.assert_allclose(backend.asnumpy(fit.coefficients)[number], expected, rtol=1e-9)
        np.testing.assert_allclose(
            backend.asnumpy(fit.model)[number], np.tensordot(expected, planes[number], 1), rtol=1e-9
        )
        inverse = np.linalg.pinv(design)
        covariance = inverse * variance[number][good[number]] @ inverse.T
        np.testing.assert_allclose(backend.asnumpy(fit.covariance)[number], covariance, rtol=1e-7, atol=1e-12)


def test_an_integration_with_too_few_pixels_has_no_coefficients(backend):
    planes, images = RNG.random((2, 5, 3, 3)), RNG.random((2, 3, 3))
    good = np.ones((2, 3, 3), bool)
    good[1].flat[:5] = False
    fit = fit_planes(*(backend.asarray(array) for array in (planes, images, good)))
    assert fit.covariance is None
    assert np.isfinite(backend.asnumpy(fit.coefficients)).all(1).tolist() == [True, False]
