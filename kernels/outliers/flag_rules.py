"""Which pixels differ from what they should show by more than their errors, and the places of stars, explain.

A resampled median is not exactly what an exposure shows, where the sky is steep. How steep it is about a pixel tells
how much a difference may be for that. A first test finds the cores of outliers, and a second one, with lower limits,
what of them is beside these.

Source: the ``outlier_detection`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/outlier_detection/main.html. All is in single precision, as there.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch

LARGEST = np.finfo(np.float32).max


class Limits(NamedTuple):
    """What a difference may be: the sum of both.

    Attributes
    ----------
    snr : float
        Times the error of the pixel.
    scale : float
        Times the steepness of the expected image about it.
    """

    snr: float
    scale: float

    def single(self) -> "Limits":
        """The same in single precision."""
        return Limits(np.float32(self.snr), np.float32(self.scale))


class Compared(NamedTuple):
    """An exposure, its errors, what is expected of it, and what it has in addition: see `flag_resampled`."""

    data: np.ndarray
    err: np.ndarray
    expected: np.ndarray
    background: np.float32


def flag_resampled(data, err, expected, core, rim, background=0.0):
    """Find outliers by a median that was resampled.

    A pixel is one if its difference is above the limits of a rim, and its own or that of one of the eight pixels about
    it is above those of a core.

    Parameters
    ----------
    data, err : (ny, nx) float32 array
        An exposure and its errors. An error that is NaN counts as zero.
    expected : (ny, nx) float32 array
        What the median shows at its pixels. No pixel is an outlier where it is NaN.
    core, rim : Limits
        Of the two tests.
    background : float
        What the exposure has in addition.

    Returns
    -------
    (ny, nx) bool array
        Outliers.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(data=(data, "ny nx"), err=(err, "ny nx"), expected=(expected, "ny nx"))
    outliers = current_backend().xp.empty(data.shape, bool)
    compared = Compared(data, err, expected, np.float32(background))
    write_resampled(data.shape, Scratch(samples=1), compared, core.single(), rim.single(), outliers)
    return outliers


def flag_plain(data, err, expected, snr):
    """Find outliers by what is expected of the same pixels.

    Parameters
    ----------
    data, err : (nimages, ny, nx) float32 array
        Images and their errors. An error that is NaN counts as zero.
    expected : (nimages or 1, ny, nx) float32 or float64 array
        For each image, or for all. No pixel is an outlier where it is NaN.
    snr : float
        A difference is above so many errors.

    Returns
    -------
    (nimages, ny, nx) bool array
        Outliers.

    Raises
    ------
    ValueError
        If shapes do not fit each other.
    """
    images = "nimages ny nx"
    check_fit(data=(data, images), err=(err, images), expected=(expected[:1], (1, *data.shape[1:])))
    if len(expected) not in (1, len(data)):
        raise ValueError(f"{len(data)} images are expected to be alike, or each as one of {len(expected)}")
    outliers = current_backend().xp.empty(data.shape, bool)
    write_plain(data.shape, data, err, expected, np.float32(snr), outliers)
    return outliers


@strip_kernel
def write_resampled(row, begin, end, samples, state, compared, core, rim, outliers):
    """Whether the pixels of a strip are outliers: few are beyond the rim, and these are looked at one by one."""
    data, err, expected, background = compared
    find_beyond(row, begin, end, samples[0], data, err, expected, rim, background)
    for lane in range(end - begin):
        found = False
        if samples[0, lane]:
            for y in range(max(row - 1, 0), min(row + 2, data.shape[0])):
                for x in range(max(begin + lane - 1, 0), min(begin + lane + 2, data.shape[1])):
                    found = found or is_beyond(y, x, data, err, expected, core, background)
        outliers[row, begin + lane] = found


@pixel_function
def find_beyond(row, begin, end, beyond, data, err, expected, limits, background):
    """Write whether the differences of a strip are above limits; its first and last pixel have neighbours outside."""
    last = end - begin - 1
    before, after = max(row - 1, 0), min(row + 1, data.shape[0] - 1)
    seen, errors, inner = data[row, begin + 1 : end], err[row, begin + 1 : end], beyond[1:]
    left, here, right = expected[row, begin:end], expected[row, begin + 1 : end], expected[row, begin + 2 : end]
    below, above = expected[before, begin + 1 : end], expected[after, begin + 1 : end]
    for lane in range(last - 1):
        value = here[lane]
        limit = limit_of(value, below[lane], above[lane], left[lane], right[lane], errors[lane], limits)
        inner[lane] = np.float32(1) if abs(seen[lane] - value - background) > limit else np.float32(0)
    for lane in (0, last):
        beyond[lane] = is_beyond(row, begin + lane, data, err, expected, limits, background)


@pixel_function
def is_beyond(row, column, data, err, expected, limits, background):
    """Whether the difference of a pixel is above limits."""
    below, above = expected[max(row - 1, 0), column], expected[min(row + 1, data.shape[0] - 1), column]
    left, right = expected[row, max(column - 1, 0)], expected[row, min(column + 1, data.shape[1] - 1)]
    limit = limit_of(expected[row, column], below, above, left, right, err[row, column], limits)
    return abs(data[row, column] - expected[row, column] - background) > limit


@pixel_function
def limit_of(value, below, above, left, right, err, limits):
    """What the difference of a pixel may be; steps to neighbours that are not known are none."""
    most = steeper(np.float32(0), value - below)
    most = most if most <= LARGEST else np.float32(0)
    most = steeper(steeper(steeper(most, above - value), value - left), right - value)
    return limits.scale * most + limits.snr * known_error(err)


@pixel_function
def steeper(most, step):
    """The larger of a steepness and a step; a step to what is NaN, or not there, is none."""
    return abs(step) if abs(step) > most else most


@pixel_function
def known_error(err):
    """An error, or what stands for one that is not finite."""
    known = err if err == err else np.float32(0)
    return min(max(known, -LARGEST), LARGEST)


@pixel_kernel
def write_plain(number, row, column, data, err, expected, snr, outliers):
    """Whether one pixel of one image is an outlier."""
    which = number if expected.shape[0] > 1 else 0
    difference = abs(data[number, row, column] - expected[which, row, column])
    outliers[number, row, column] = difference > snr * known_error(err[number, row, column])
