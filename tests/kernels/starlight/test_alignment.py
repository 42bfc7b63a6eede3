"""Shifts of images: made by the Fourier transform as SciPy makes them, and found where they were planted."""

import numpy as np
import pytest
from scipy import ndimage

from gpucal.backend import current_backend
from gpucal.kernels.starlight.alignment import Aligner
from gpucal.kernels.starlight.shifts import blurred, moved, moved_errors
from tests.speckles import NOISE, SIZE, psfmask, speckles


def on_host(function, image, *others):
    backend = current_backend()
    return backend.asnumpy(function(backend.asarray(image), *others))


@pytest.mark.parametrize("shape", [(16, 18), (17, 15), (16, 15), (15, 18)])
@pytest.mark.parametrize("shift", [(0.3, -1.7), (2.0, 0.0)])
def test_moved_as_by_scipy(shape, shift):
    image = np.random.default_rng(1).normal(size=shape)
    if not (shape[0] % 2 or shape[1] % 2):  # the one wave that is shortest along both axes has no sign
        wave = (-1.0) ** np.indices(shape).sum(axis=0)
        image -= wave * (image * wave).mean()
    theirs = np.fft.ifftn(ndimage.fourier_shift(np.fft.fftn(image), shift[::-1])).real
    np.testing.assert_allclose(on_host(moved, image, shift), theirs, atol=1e-12)


def test_errors_stay_positive_and_move_with_the_image():
    errors = np.full((12, 12), 0.1)
    errors[6, 6] = 50.0
    made = on_host(moved_errors, errors, (0.25, -2.0))
    assert made.min() >= 0.1 - 1e-12
    np.testing.assert_allclose(made[4, 6:8] ** 2, [0.75 * 2500 + 0.25 * 0.01, 0.25 * 2500 + 0.75 * 0.01])
    np.testing.assert_allclose(on_host(moved_errors, np.full((5, 5), 0.3), (1.4, 0.6)), 0.3)


def test_blurred_as_by_scipy():
    image = np.random.default_rng(3).normal(size=(40, 37))
    theirs = ndimage.gaussian_filter(image, 2.0, mode="nearest", truncate=8)
    np.testing.assert_allclose(on_host(blurred, image, 2.0)[3:-3, 3:-3], theirs[3:-3, 3:-3], atol=1e-5)


def drawn(shift, factor=1.0, noise=NOISE, drift=0.0, size=SIZE):
    """An image, another one that is moved against it, and weights."""
    rng = np.random.default_rng(5)
    image = speckles(size=size) + noise * rng.standard_normal((size, size))
    other = factor * speckles(shift, drift, 7, size) + noise * rng.standard_normal((size, size))
    return image, other, psfmask(size).data.astype(np.float64)


def found(shift, **others):
    image, other, weights = drawn(shift, **others)
    backend = current_backend()
    aligner = Aligner(backend.asarray(image), backend.asarray(weights))
    return aligner.shift_of(backend.asarray(other))


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.336, 0.028), (-0.62, 0.45), (3.3, -5.2), (-12.4, 9.1)])
def test_planted_shifts_are_found(shift):
    told = found(shift, factor=1.2)
    assert abs(told.x - shift[0]) < 0.005 and abs(told.y - shift[1]) < 0.005
    assert abs(told.factor - 1.2) < 0.003


def test_planted_shifts_are_found_exactly_without_noise():
    told = found((0.417, -0.233), noise=0.0)
    assert abs(told.x - 0.417) < 2e-5 and abs(told.y + 0.233) < 2e-5


def test_speckles_that_differ_move_it_by_less_than_two_hundredths():
    told = found((0.336, 0.128), drift=0.05)
    assert abs(told.x - 0.336) < 0.02 and abs(told.y - 0.128) < 0.02


def test_as_the_least_squares_of_scipy_in_double_precision():
    from scipy.optimize import leastsq

    image, other, weights = drawn((0.3, 0.6), drift=0.05, size=63)

    def differences(values):
        transform = ndimage.fourier_shift(np.fft.fftn(image), values[1::-1])
        return ((other - values[2] * np.fft.ifftn(transform).real - values[3]) * weights).ravel()

    theirs = leastsq(differences, [0, 0, 1.0, 0.0], xtol=1e-15, ftol=1e-15)[0][:3]
    ours = found((0.3, 0.6), drift=0.05, size=63)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_skies_that_are_not_in_the_ratio_of_the_stars_do_not_pull():
    image, other, weights = drawn((0.336, 0.028), factor=1.3)
    backend = current_backend()
    aligner = Aligner(backend.asarray(image + 50), backend.asarray(weights))
    told = aligner.shift_of(backend.asarray(other + 20))
    assert abs(told.x - 0.336) < 0.005 and abs(told.y - 0.028) < 0.005


def test_without_light_nothing_moves():
    backend = current_backend()
    aligner = Aligner(backend.asarray(np.zeros((16, 16))), backend.asarray(np.ones((16, 16))))
    assert tuple(aligner.shift_of(backend.asarray(np.ones((16, 16))))) == (0, 0, 0)


def test_shapes_are_held_against_each_other():
    backend = current_backend()
    with pytest.raises(ValueError, match="weights"):
        Aligner(backend.asarray(np.zeros((16, 16))), backend.asarray(np.ones((16, 15))))
