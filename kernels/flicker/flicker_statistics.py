"""What a rate image tells about the fit that its low-frequency noise needs.

Source: "automatic parameter determination" in the documentation of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html, after P. Goudfrooij.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.kernels.background.background_model import background_levels
from gpucal.kernels.background.background_pixels import keep_background, lower_half_level
from gpucal.kernels.statistics.sigma_clip import clipped_statistics, sorted_finite
from gpucal.kernels.statistics.stripe_medians import subtract_stripes

CHANNELS = {2048: 4}
CENTER = (3 / 8, 5 / 8)
ROUGH_REACH = 10.0


class Statistics(NamedTuple):
    """What is measured of the background of an image.

    Attributes
    ----------
    masked : float
        Fraction of the pixels that do not show it.
    largest_offset : float
        Largest step from one channel to the next; zero where there are no channels.
    steepest, flattest : float
        Size of its slopes along rows and columns, per pixel.
    roughness : float
        Spread of a mean of rows about a straight line.
    """

    masked: float
    largest_offset: float
    steepest: float
    flattest: float
    roughness: float


def background_statistics(rate, axis, flat=None, channel_axis=1, rough_rows=CENTER):
    """Measure the background of a rate image, its stripes removed.

    Parameters
    ----------
    rate : (ny, nx) float32 array
        The rate, DN/s.
    axis : int
        The axis along which medians find stripes.
    flat : (ny, nx) float32 array, optional
        To divide by.
    channel_axis : int
        The axis along which channels lie side by side.
    rough_rows : (float, float)
        The rows whose mean tells the roughness, as fractions of the image.

    Returns
    -------
    Statistics
    """
    image, mask = clean_quickly(rate if flat is None else rate / flat, axis)
    xp = array_namespace(image)
    image = xp.where(mask, image, background_levels(image[None], mask[None], "model")[0])
    masked = 1 - float(xp.count_nonzero(mask)) / mask.size
    profiles = [mean_profile(image, 1, CENTER), mean_profile(image, 0, CENTER)]
    slopes = [abs(line_fit(profile)[0]) for profile in profiles]
    return Statistics(
        masked,
        largest_step(profiles[0 if channel_axis == 0 else 1]),
        max(slopes),
        min(slopes),
        line_fit(mean_profile(image, 0, rough_rows))[1],
    )


def clean_quickly(image, axis):
    """A copy of an image without stripes, and the mask of its background."""
    xp = array_namespace(image)
    mask = xp.ones(image.shape, bool)
    keep_background(image[None], mask[None])
    lost = xp.isnan(image)
    image = xp.where(lost, image.dtype.type(0), image)
    mask &= ~lost
    background = background_levels(image[None], mask[None])[0]
    image -= background
    keep_background(image[None], mask[None], level=lower_half_level)
    subtract_stripes(image, mask, axis)
    image += background
    image[lost] = xp.nan
    return image, mask


def mean_profile(image, axis, part):
    """Mean of a part of the rows (axis 0) or columns (axis 1) of an image, on the host."""
    xp = array_namespace(image)
    begin, end = (round(fraction * image.shape[axis]) for fraction in part)
    lines = image[begin:end] if axis == 0 else image[:, begin:end]
    return current_backend().asnumpy(xp.nanmean(lines, axis=axis))


def line_fit(profile):
    """Slope of a profile, and the clipped spread about the straight line."""
    x = np.flatnonzero(np.isfinite(profile))
    values = profile[x]
    line = np.polynomial.Polynomial.fit(x, values, deg=1)
    coefficients = line.convert().coef
    spread = clipped_statistics(np.sort(values - line(x)).astype(np.float64), ROUGH_REACH).sigma
    return (coefficients[1] if len(coefficients) > 1 else 0.0), spread


def largest_step(profile):
    """Largest difference between the clipped means of neighbouring channels; zero where there are none."""
    channels = CHANNELS.get(profile.size)
    if channels is None:
        return 0.0
    means = [clipped_statistics(sorted_finite(part)).mean for part in np.split(profile, channels)]
    return float(abs(np.diff(means)).max())
