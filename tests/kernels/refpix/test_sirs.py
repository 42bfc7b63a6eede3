"""Simple improved reference subtraction, against the formula in float64."""

import numpy as np
import pytest

from gpucal.backend.selection import on_backend
from gpucal.kernels.readout.detector_frame import Axes
from gpucal.kernels.refpix.sections import Sections
from gpucal.kernels.refpix.sirs import (
    convolved,
    row_signals,
    sirs_kernels,
    subtract_sirs,
    subtract_sirs_zeroframe,
)

NSLOW, NFAST, NOUTPUTS = 12, 16, 4
NO_COLUMNS = Sections(np.empty(0, np.int32), np.zeros(2, np.int32), np.zeros((2, NFAST), np.int32))


def kernels_of(seed=91, width=5):
    return np.random.default_rng(seed).normal(0.3, 0.1, (2, NOUTPUTS, width))


def image_of(seed=92):
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 5, (NSLOW, NFAST)) + rng.normal(0, 20, (NSLOW, 1))
    image[3, 1] += 1000
    image[7, -2] -= 1000
    return image


def expected_signals(image, kernels, sigreject):
    signals = np.zeros((NOUTPUTS, NSLOW))
    for edge, by_output in zip((image[:, :4], image[:, -4:]), kernels, strict=True):
        middle = np.median(edge)
        good = np.abs(edge - middle) <= sigreject * 1.48 * np.median(np.abs(edge - middle))
        for output, kernel in enumerate(by_output):
            level = np.convolve((edge * good).sum(axis=1) / 4, kernel, mode="same")
            whole = np.convolve(np.ones(NSLOW), kernel, mode="same")
            fraction = np.convolve(good.sum(axis=1) / 4, kernel, mode="same")
            signals[output] += level * whole / fraction
    return signals


@pytest.mark.parametrize("sigreject", [4.0, 1.0])
def test_signals_of_the_outputs(backend, sigreject):
    image, kernels = image_of(), kernels_of()
    made = row_signals(backend.asarray(image), backend.asarray(kernels), sigreject)
    np.testing.assert_allclose(backend.asnumpy(made), expected_signals(image, kernels, sigreject), rtol=1e-10)


def test_a_frame_is_corrected_in_its_orientation(backend):
    image, kernels = image_of(), kernels_of()
    corrected = image - np.repeat(expected_signals(image, kernels, 4.0), NFAST // NOUTPUTS, axis=0).T
    frame = np.ascontiguousarray(image.T[:, ::-1][None]).astype(
        np.float32
    )  # fast axis up, slow axis to the left
    made = backend.asarray(frame)

    subtract_sirs(made, Axes(2, -1), on_backend(NO_COLUMNS), backend.asarray(kernels), 3.0, 4.0)

    np.testing.assert_allclose(backend.asnumpy(made)[0], corrected.T[:, ::-1], atol=1e-3)


def test_unusable_pixels_of_zero_frames_stay_zero(backend):
    image, kernels = image_of().astype(np.float32), kernels_of()
    image[5, 5] = 0
    made = backend.asarray(image[None].copy())

    subtract_sirs_zeroframe(made, Axes(1, 2), on_backend(NO_COLUMNS), backend.asarray(kernels), 3.0, 4.0)

    made = backend.asnumpy(made)[0]
    assert made[5, 5] == 0
    assert np.count_nonzero(made != image) == image.size - 1


def test_convolution_ends_in_zeros(backend):
    values, kernels = np.array([1.0, 0, 0, 2]), np.array([[1.0, 10, 100]])
    made = convolved(backend.asarray(values), backend.asarray(kernels))
    np.testing.assert_array_equal(backend.asnumpy(made), [[10, 100, 2, 20]])


def test_kernels_come_from_their_fourier_coefficients():
    """Coefficients of kernels that are known: a shift by rows, and a mean of three rows."""
    n, halfwidth = 32, 6
    frequency = np.arange(n + 1) / (2 * n)
    shift = np.exp(-2j * np.pi * frequency * 2)
    mean = (1 + 2 * np.cos(2 * np.pi * frequency)) / 3
    kernels = sirs_kernels(np.array([shift, mean]), np.array([mean, shift]), 1e-3, halfwidth)
    expected_shift, expected_mean = np.zeros(13), np.zeros(13)
    expected_shift[halfwidth + 2] = 1
    expected_mean[halfwidth - 1 : halfwidth + 2] = 1 / 3
    np.testing.assert_allclose(kernels[0], [expected_shift, expected_mean], atol=1e-12)
    np.testing.assert_allclose(kernels[1], [expected_mean, expected_shift], atol=1e-12)


def test_kernels_are_smoothed():
    n, halfwidth, width = 32, 6, 1.5
    offsets = np.arange(-halfwidth, halfwidth + 1)
    gaussian = np.exp(-(offsets**2) / (2 * width**2))
    one = np.ones((1, n + 1), complex)
    np.testing.assert_allclose(
        sirs_kernels(one, one, width, halfwidth)[0, 0], gaussian / gaussian.sum(), atol=1e-12
    )


@pytest.mark.parametrize("halfwidth", [-1, 32])
def test_kernels_that_reach_too_far_are_refused(halfwidth):
    one = np.ones((1, 33), complex)
    with pytest.raises(ValueError, match=f"halfwidth={halfwidth}"):
        sirs_kernels(one, one, 1.0, halfwidth)
