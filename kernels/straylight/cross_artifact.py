"""The cross artifact of MIRI's detectors: light that each pixel scatters along its row.

Source: the ``straylight`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/straylight/main.html. Around a pixel there is a Lorentzian, and on
either side of it a pair of Gaussians, the outer ones twice as far and twice as wide. What a row scatters is the sum
over its pixels: a convolution with a profile of its own. That of a row is made once, and each pixel's is a part of it.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch

# The full width at half maximum of a Gaussian, in standard deviations.
WIDTH_IN_SIGMA = 2 * math.sqrt(2 * math.log(2))


class Scattering(NamedTuple):
    """How each row scatters light, as fractions of it.

    Attributes
    ----------
    lorentz_fwhm, lorentz_scale : (ny,) float64 array
        Width of the Lorentzian, pixels, and its height.
    gauss_fwhm, gauss_offset : (ny,) float64 array
        Width and distance of the inner Gaussians, pixels.
    inner_scale, outer_scale : (ny,) float64 array
        Heights of the Gaussians.
    """

    lorentz_fwhm: np.ndarray
    lorentz_scale: np.ndarray
    gauss_fwhm: np.ndarray
    gauss_offset: np.ndarray
    inner_scale: np.ndarray
    outer_scale: np.ndarray


def add_scattered(scattered, light, scattering, columns) -> None:
    """Add what some columns of an image scatter, in place.

    Parameters
    ----------
    scattered : (ny, nx) float64 array
        Edited.
    light : (ny, nx) float64 array
        What falls on each pixel, in the same unit.
    scattering : Scattering
        How it is scattered.
    columns : slice
        The columns whose light counts; begin and end are given, and are within the image.

    Raises
    ------
    ValueError
        If shapes differ, or a column is not in the image.
    """
    check_fit(
        scattered=(scattered, "ny nx"),
        light=(light, "ny nx"),
        **{name: (values, "ny") for name, values in scattering._asdict().items()},
    )
    ny, nx = light.shape
    if not 0 <= columns.start <= columns.stop <= nx:
        raise ValueError(f"columns {columns.start} to {columns.stop} are not in an image of {nx}")
    profiles = array_namespace(light).empty((ny, 2 * nx - 1))
    write_profile((ny, nx), scattering, profiles)
    scatter(light.shape, Scratch(0, 1), light, profiles, columns.start, columns.stop, scattered)


@pixel_kernel
def write_profile(y, distance, scattering, profiles):
    """What a row scatters so many pixels to either side; the middle of the profile is the pixel itself."""
    half = scattering.lorentz_fwhm[y] / 2
    sigma = scattering.gauss_fwhm[y] / WIDTH_IN_SIGMA
    offset = scattering.gauss_offset[y]
    value = scattering.lorentz_scale[y] * half * half / (half * half + distance * distance)
    value += scattering.inner_scale[y] * pair_of_gaussians(distance, offset, sigma)
    value += scattering.outer_scale[y] * pair_of_gaussians(distance, 2 * offset, 2 * sigma)
    middle = profiles.shape[1] // 2
    profiles[y, middle - distance] = profiles[y, middle + distance] = value


@pixel_function
def pair_of_gaussians(place, offset, sigma):
    """The sum of two Gaussians of height 1, one on either side."""
    right, left = (place - offset) / sigma, (place + offset) / sigma
    return math.exp(-right * right / 2) + math.exp(-left * left / 2)


@strip_kernel
def scatter(y, begin, end, samples, state, light, profiles, first, stop, scattered):
    """Sum up, on a strip of pixels, what those of a row scatter."""
    width, total = np.uint64(end - begin), state[0]
    middle = profiles.shape[1] // 2
    for lane in range(width):
        total[lane] = 0.0
    for source in range(first, stop):
        value = light[y, source]
        if value != 0.0:
            profile = profiles[y, middle - source + begin :]
            for lane in range(width):
                total[lane] += value * profile[lane]
    for lane in range(width):
        scattered[y, begin + lane] += total[lane]
