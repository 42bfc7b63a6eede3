"""Low-frequency noise of full frames, fitted in Fourier space to the pixels that show background.

Source: NSClean, Rauscher 2024 (PASP 136, 015001, https://ui.adsabs.harvard.edu/abs/2023arXiv230603250R), with the
settings of ``clean_flicker_noise`` in jwst 3.0.0.

In the frame in which the detector is read (a line is a column of the image), the background pixels of each line are
fitted by the nine lowest frequencies, by weighted least squares. A pixel's weight is the inverse of how densely the
mask is filled about it. As products of sinusoids are sinusoids, the normal equations of all
lines come from two products of matrices.

As in jwst, both smoothing kernels are one pixel off their centres along each axis.
"""

import numpy as np

from gpucal.backend import array_namespace, current_backend, row_tiles
from gpucal.kernels.statistics.stripe_medians import masked_median

HALF_POWER = 1 / 256
"""Frequency at which the low-pass filter passes half, per pixel."""
CUTOFF_WIDTH = 1 / 1024
"""Width over which the filter falls from one to zero, per pixel."""
DENSITY_SIGMA = 32
"""Width of the Gaussian in which the density of the mask is found, pixels along a line."""
LINE_SIGMA = 1.5
"""Width of the Gaussian that smooths the model across lines, lines."""
CLIP = 3.0
MAD_TO_SIGMA = 1.4826
REFERENCE_LINES = 4
"""Lines at each end that are not fitted: those of the reference pixels."""
BYTES_PER_PIXEL = 64
"""Temporaries of one line."""


def line_noise(image, mask):
    """Fit the low-frequency noise of a full frame.

    Parameters
    ----------
    image : (nlines, npixels) float array
        The image in the frame of the readout, background-subtracted, finite.
    mask : (nlines, npixels) bool array
        The pixels that show background.

    Returns
    -------
    (nlines, npixels) float32 array
        The noise. A line with fewer pixels in the mask than there are frequencies adds none.
    """
    xp, backend = array_namespace(image), current_backend()
    nlines, npixels = image.shape
    passed = low_pass(npixels)
    table = backend.asarray(sinusoids(passed.size, npixels))
    passed = backend.asarray(passed)
    squares = mask_weights(mask) ** 2
    count = xp.count_nonzero(squares, axis=1)
    count[:REFERENCE_LINES] = count[nlines - REFERENCE_LINES :] = 0
    lines = xp.nonzero(count >= passed.size)[0]
    noise = xp.zeros(image.shape, np.float32)
    for block in row_tiles(lines.size, BYTES_PER_PIXEL * npixels):
        some = lines[block]
        values = without_outliers(image[some], mask[some])
        amplitudes = fit_sinusoids(values, squares[some], table) * passed
        noise[some] = amplitudes.real @ table.real - amplitudes.imag @ table.imag
    return smooth_across(noise)


def low_pass(npixels):
    """How much of each frequency of a real series the filter passes, up to the last frequency that it passes at all.

    Returns
    -------
    (nfrequencies,) float64 array
        Twice the filter for all but the first, since the frequency's negative partner has the same amplitude. On the
        host.
    """
    frequency = np.fft.rfftfreq(npixels)
    frequency = frequency[frequency < HALF_POWER + CUTOFF_WIDTH / 2]
    phase = np.clip((frequency - HALF_POWER) / CUTOFF_WIDTH, -0.5, 0.5)
    passed = 1 - np.sin(np.pi * phase)
    passed[0] /= 2
    return passed


def sinusoids(nfrequencies, npixels):
    """exp(2 pi i k x / npixels) for frequencies k and pixels x, complex128, on the host."""
    turns = np.outer(np.arange(nfrequencies), np.arange(npixels)) / npixels
    return np.exp(2j * np.pi * turns)


def mask_weights(mask):
    """Weights of the pixels of a mask: the inverse of how densely it is filled about them.

    The density is found with transforms in single precision, as in jwst: where the mask is empty all round a pixel, the
    density there is nothing but rounding.

    Returns
    -------
    (nlines, npixels) float32 array
        Zero out of the mask, and where the density is zero.
    """
    xp = array_namespace(mask)
    kernel = xp.zeros(mask.shape, np.float32)
    kernel[1] = off_center_gaussian(mask.shape[1], DENSITY_SIGMA)
    density = xp.where(mask, convolve(mask.astype(np.float32), kernel), np.float32(0))
    usable = density != 0
    return xp.where(usable, np.float32(1) / xp.where(usable, density, np.float32(1)), np.float32(0))


def smooth_across(noise):
    """Smooth noise from line to line."""
    kernel = array_namespace(noise).zeros(noise.shape, np.float32)
    kernel[:, 1] = off_center_gaussian(noise.shape[0], LINE_SIGMA)
    return convolve(noise, kernel)


def off_center_gaussian(size, sigma):
    """A Gaussian with sum one, centred on the second of ``size`` elements that form a ring; on the backend."""
    half = size // 2
    offset = (np.arange(size) + half) % size - half - 1
    values = np.exp(-(offset**2) / sigma**2 / 2) / sigma / np.sqrt(2 * np.pi)
    return current_backend().asarray(values.astype(np.float32))


def convolve(image, kernel):
    """Circular convolution of float32 images."""
    fft = array_namespace(image).fft
    return fft.irfft2(fft.rfft2(image) * fft.rfft2(kernel), image.shape)


def without_outliers(values, mask):
    """The values of lines, those far from the median of their line replaced by it.

    The standard deviation is that of a normal distribution with the same median absolute deviation.
    """
    xp = array_namespace(values)
    center = masked_median(values, mask, 1)
    reach = CLIP * (MAD_TO_SIGMA * masked_median(abs(values - center), mask, 1))
    return xp.where((center - reach <= values) & (values <= center + reach), values, center)


def fit_sinusoids(values, squares, table):
    """Fit lines by sinusoids, by weighted least squares.

    Parameters
    ----------
    values : (nlines, npixels) float array
        The lines.
    squares : (nlines, npixels) float array
        Squares of the weights, at least as many of them not zero in each line as there are frequencies.
    table : (nfrequencies, npixels) complex128 array
        The sinusoids.

    Returns
    -------
    (nlines, nfrequencies) complex128 array
        Amplitudes.
    """
    xp = array_namespace(values)
    squares = squares.astype(np.float64)
    order = np.arange(len(table))
    lag = current_backend().asarray(order - order[:, None])
    moments = squares @ table.real.T + 1j * (squares @ table.imag.T)
    matrices = moments[:, abs(lag)]
    matrices = xp.where(lag < 0, matrices.conj(), matrices)
    weighted = squares * values
    sums = weighted @ table.real.T - 1j * (weighted @ table.imag.T)
    return xp.linalg.solve(matrices, sums[..., None])[..., 0]
