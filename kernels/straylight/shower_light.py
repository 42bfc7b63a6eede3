"""Light of cosmic ray showers, smooth over the detector, interpolated from pixels between the slices.

Source: the ``clean_showers`` part of the ``straylight`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/straylight/main.html. Missing pixels are interpolated as
`astropy.convolution.convolve_fft` does it: a weighted mean of those that are known, and of zeros beyond the edges.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit
from gpucal.backend.fourier import fast_length, image_of_transform, transform_image
from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL

# Gaussians end at so many standard deviations of the wider one, to either side.
REACH = 4

# Weights below this are those of rounding alone.
NO_WEIGHT = 10 * np.finfo(np.float64).eps


class Smoothing(NamedTuple):
    """How smooth the light is, and which pixels tell of it.

    Attributes
    ----------
    x_sigma, y_sigma : float
        Standard deviations of a Gaussian, pixels.
    low, high : float
        Percentiles of pixels that count.
    """

    x_sigma: float
    y_sigma: float
    low: float
    high: float


def shower_light(data, dq, slices, smoothing):
    """The light of showers on all pixels.

    Parameters
    ----------
    data : (ny, nx) float32 array
        Rates, DN/s.
    dq : (ny, nx) uint32 array
        Flags; pixels that are not to be used, or have no light, do not count.
    slices : (ny, nx) array
        Not zero where a slice is.
    smoothing : Smoothing
        Over what it is averaged.

    Returns
    -------
    (ny, nx) float64 array
        DN/s; zero where no pixel in reach counts.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(data=(data, "ny nx"), dq=(dq, "ny nx"), slices=(slices, "ny nx"))
    xp = array_namespace(data)
    known = (slices == 0) & (dq & np.uint32(DO_NOT_USE | REFERENCE_PIXEL) == 0) & ~xp.isnan(data)
    values = data[known]
    if not values.size:
        return xp.zeros(data.shape)
    low, high = (xp.percentile(values, percentile) for percentile in (smoothing.low, smoothing.high))
    known &= (data >= low) & (data <= high)
    return _smoothed(xp.where(known, data, np.float32(0)).astype(np.float64), known, smoothing)


def _smoothed(values, known, smoothing):
    """The weighted mean about each pixel; zeros beyond the edges count as known."""
    xp = array_namespace(values)
    reach = math.ceil(REACH * 2 * max(smoothing.x_sigma, smoothing.y_sigma)) // 2
    shape = tuple(fast_length(extent + reach, values) for extent in values.shape)
    rows, columns = (
        _transform_of_gaussian(xp, sigma, reach, extent)
        for sigma, extent in zip((smoothing.y_sigma, smoothing.x_sigma), shape, strict=True)
    )
    smear = rows[:, None] * columns[None, : shape[1] // 2 + 1]
    ny, nx = values.shape
    total, missing = (
        image_of_transform(transform_image(image, shape) * smear, shape)[:ny, :nx]
        for image in (values, (~known).astype(np.float64))
    )
    weight = 1 - missing
    return xp.where(weight < NO_WEIGHT, 0.0, total / xp.where(weight < NO_WEIGHT, 1.0, weight))


def _transform_of_gaussian(xp, sigma: float, reach: int, extent: int):
    """The transform, which is real, of a Gaussian about the first of so many pixels, whose sum is 1."""
    places = xp.arange(-reach, reach + 1)
    heights = xp.exp(-(places**2) / (2 * sigma**2))
    row = xp.zeros(extent)
    row[places % extent] = heights / heights.sum()
    return xp.fft.fft(row).real
