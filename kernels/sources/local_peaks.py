"""Peaks in an image: a convolution, and pixels that are higher than all others about them.

Source: the documentation of `photutils.detection.find_peaks`, https://photutils.readthedocs.io.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, strip_at


def convolve(image, weights):
    """Convolve an image with a small array, beyond its borders being zero.

    Parameters
    ----------
    image : (ny, nx) float array
        NaN spreads to all pixels that it has a weight in.
    weights : (n, n) float64 array
        On the host; n is odd.

    Returns
    -------
    (ny, nx) array of the type of the image
        Sums are float64, and go over the pixels in the order of memory.

    Raises
    ------
    ValueError
        If the weights have no central pixel.
    """
    if weights.ndim != 2 or not all(length % 2 for length in weights.shape):
        raise ValueError(f"weights of shape {weights.shape} have no pixel in the middle")
    backend = current_backend()
    mirrored = weights[::-1, ::-1]
    places = np.argwhere(mirrored)
    shifts = places - np.array(weights.shape) // 2
    convolved = backend.xp.empty_like(image)
    taps = backend.asarray(shifts), backend.asarray(mirrored[tuple(places.T)].astype(np.float64))
    sum_taps(image.shape, Scratch(state=1), image, *taps, convolved)
    return convolved


@strip_kernel
def sum_taps(y, begin, end, samples, state, image, shifts, weights, convolved):
    """The weighted sums at a strip of pixels."""
    strip, (ny, nx), sums = strip_at(y, begin, end), image.shape, state[0]
    for lane in range(strip.count):
        sums[lane] = 0.0
    for tap in range(len(weights)):
        row = y + shifts[tap, 0]
        if 0 <= row < ny:
            first = max(begin, -shifts[tap, 1])
            last = min(end, nx - shifts[tap, 1])
            if first < last:
                add_row(image[row], first + shifts[tap, 1], last - first, weights[tap], sums[first - begin :])
    for lane in range(strip.count):
        convolved[y, strip.first + lane] = sums[lane]


@pixel_function
def add_row(values, begin, count, weight, sums):
    """Add some values of a row, weighted, to sums."""
    first = np.uint64(begin)
    for lane in range(np.uint64(count)):
        sums[lane] += weight * values[first + lane]


def find_peaks(image, mask, threshold, radius):
    """Pixels above a threshold that no other within a radius is higher than.

    Parameters
    ----------
    image : (ny, nx) float array
        Beyond its borders it counts as zero; NaN counts as lower than anything.
    mask : (ny, nx) bool array
        Pixels that are no peaks; they are compared with nevertheless.
    threshold : float
        A peak is higher.
    radius : int
        Pixels; at least 0.

    Returns
    -------
    x, y : (npeaks,) int64 array
        On the host, in the order of memory. Neighbours that are equally high are both peaks.

    Raises
    ------
    ValueError
        If the mask has another shape.
    """
    check_fit(image=(image, "ny nx"), mask=(mask, "ny nx"))
    backend = current_backend()
    peaks = backend.xp.empty(image.shape, bool)
    spans = [math.isqrt(radius * radius - step * step) for step in range(-radius, radius + 1)]
    mark_peaks(image.shape, image, mask, float(threshold), backend.asarray(np.array(spans)), peaks)
    y, x = backend.xp.nonzero(peaks)
    return backend.asnumpy(x), backend.asnumpy(y)


@pixel_kernel
def mark_peaks(y, x, image, mask, threshold, spans, peaks):
    """Whether a pixel is a peak."""
    peaks[y, x] = image[y, x] > threshold and not mask[y, x] and is_highest(image, y, x, spans)


@pixel_function
def is_highest(image, y, x, spans):
    """Whether no pixel about one is higher; spans are the half widths of the rows that are compared with."""
    (ny, nx), value, radius = image.shape, image[y, x], len(spans) // 2
    for step in range(-radius, radius + 1):
        row, span = y + step, spans[step + radius]
        for column in range(x - span, x + span + 1):
            is_within = 0 <= row < ny and 0 <= column < nx
            if is_within and image[row, column] > value or not is_within and value < 0:
                return False
    return True


def cutouts(image, x, y, radius):
    """The surroundings of pixels, beyond the borders of the image being zero.

    Parameters
    ----------
    image : (ny, nx) float array
        On the backend.
    x, y : (n,) int array
        The pixels, on the host.
    radius : int
        Pixels from the middle to each border of a cutout.

    Returns
    -------
    (n, 2 radius + 1, 2 radius + 1) array of the type of the image
        On the host.
    """
    backend, steps = current_backend(), np.arange(-radius, radius + 1)
    rows, columns = (centre[:, None] + steps for centre in (y, x))
    is_within = [(0 <= place) & (place < length) for place, length in zip((rows, columns), image.shape, strict=True)]
    places = rows * is_within[0], columns * is_within[1]
    found = image[backend.asarray(places[0][:, :, None]), backend.asarray(places[1][:, None, :])]
    return np.where(is_within[0][:, :, None] & is_within[1][:, None, :], backend.asnumpy(found), 0).astype(image.dtype)
