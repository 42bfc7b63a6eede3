"""Removal of the low-frequency noise that differs from one image to the next.

Source: the ``clean_flicker_noise`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.

An image is a rate, or the difference between a group and the one before it. Images are cleaned one at a time: what is
held beside the ramp is a few of them.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.background.background_model import background_level
from gpucal.kernels.background.background_pixels import keep_background, lower_half_level
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.kernels.flicker.nsclean import line_noise
from gpucal.kernels.flicker.nsclean_subarray import series_noise
from gpucal.kernels.statistics.stripe_medians import subtract_stripes

FULL_FRAME = (2048, 2048)

# Detectors whose noise is fitted in the frame of the readout, and the direction in which its lines are counted.
LINE_DIRECTION = {"NRS1": 1, "NRS2": -1}


class Recipe(NamedTuple):
    """How images are cleaned.

    Attributes
    ----------
    remove_noise : callable
        Takes a background-subtracted image and the mask of its background, and returns the image without noise, or None
        if it cannot; it may edit both.
    background : str or None
        ``median``, ``model``, or None for no background.
    box_size : (int, int) or None
        Boxes of the model, see `gpucal.kernels.background.background_model.background_level`.
    n_sigma : float
        Pixels further than this from the background, in units of its spread, are left out; zero for no limit.
    flat : (ny, nx) float32 array or None
        What images are divided by while they are cleaned.
    """

    remove_noise: Callable
    background: str | None = "median"
    box_size: tuple[int, int] | None = None
    n_sigma: float = 2.0
    flat: np.ndarray | None = None


class Records(NamedTuple):
    """Where to keep what was removed; arrays in the shape of the data, or None.

    Attributes
    ----------
    noise : float32 array or None
        Data after the correction less data before it.
    background : float32 array or None
        The background of each image.
    """

    noise: np.ndarray | None = None
    background: np.ndarray | None = None

    def keep(self, place, before, after, background):
        """Keep what belongs to one image."""
        if self.noise is not None:
            self.noise[place] = after - before
        if self.background is not None:
            self.background[place] = background

    def of(self, integration):
        """The records of one integration."""
        return Records(*(None if array is None else array[integration] for array in self))


NO_RECORDS = Records()


def median_remover(axis, channels):
    """A way to remove noise: the medians along an axis, each channel by itself."""

    def remove(image, mask):
        subtract_stripes(image, mask, axis, channels)
        return image

    return remove


def fourier_remover(detector, passband):
    """A way to remove noise: NSClean, in the frame in which a detector is read."""
    return partial(remove_fourier_noise, line_direction=LINE_DIRECTION[detector], passband=passband)


def remove_fourier_noise(image, mask, line_direction, passband):
    """The image without the noise that NSClean finds; None where it cannot."""
    readout, usable = image.T[::line_direction], mask.T[::line_direction]
    noise = (
        line_noise(readout, usable) if image.shape == FULL_FRAME else series_noise(readout, usable, passband)
    )
    return None if noise is None else image - noise[::line_direction].T


def clean_image(image, mask, recipe):
    """Remove the noise of one image.

    Parameters
    ----------
    image : (ny, nx) float32 array
        The image. Overwritten.
    mask : (ny, nx) bool array
        The pixels that show background. Overwritten.
    recipe : Recipe
        How.

    Returns
    -------
    (cleaned, background) or None
        The image without noise, NaN where it was; and what its background was. None if it cannot be cleaned.
    """
    xp = array_namespace(image)
    if recipe.flat is not None:
        image /= recipe.flat
    lost = xp.isnan(image)
    image[lost] = 0
    mask &= ~lost
    if not mask.any():
        return None
    background = 0
    if recipe.background is not None:
        background = background_level(image, mask, recipe.background, recipe.box_size)
        image = image - background
        if recipe.n_sigma > 0:
            keep_background(image, mask, recipe.n_sigma, recipe.n_sigma, lower_half_level)
    cleaned = recipe.remove_noise(image, mask)
    if cleaned is None:
        return None
    cleaned += background
    if recipe.flat is not None:
        cleaned *= recipe.flat
    cleaned[lost] = xp.nan
    return cleaned, background


def clean_ramp(ramp, groupdq, mask, recipe, records=NO_RECORDS):
    """Remove, in place, the noise that each group of a ramp adds to the group before it.

    First groups stay as they are. So does the difference between two groups where it cannot be cleaned.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN. Edited.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags. Pixels of a group that are flagged DO_NOT_USE or JUMP_DET do not count.
    mask : (ny, nx) or (nints, ny, nx) bool array
        The pixels that show background.
    recipe : Recipe
        How.
    records : Records
        Where to keep what was removed. Edited.

    Returns
    -------
    list of (int, int)
        The integrations and groups that could not be cleaned.
    """
    failed = []
    for integration in range(ramp.shape[0]):
        groups = ramp[integration]
        before = groups[0].copy()
        for group in range(1, ramp.shape[1]):
            current = groups[group].copy()
            usable = plane(mask, integration) & ((groupdq[integration, group] & (DO_NOT_USE | JUMP_DET)) == 0)
            result = clean_image(current - before, usable, recipe)
            before = current
            if result is None:
                failed.append((integration, group))
                continue
            cleaned, background = result
            groups[group] = groups[group - 1] + cleaned
            records.keep((integration, group), current, groups[group], background)
    return failed


def clean_images(images, expected, mask, recipe, records=NO_RECORDS):
    """Remove, in place, the noise of images.

    Parameters
    ----------
    images : (n, ny, nx) float32 array
        Rates, DN/s, or groups of one integration, DN. Edited.
    expected : callable or None
        Gives for the number of an image what it would be without noise, (ny, nx) float32, which is subtracted for the
        time of the cleaning.
    mask : (ny, nx) or (n, ny, nx) bool array
        The pixels that show background.
    recipe : Recipe
        How.
    records : Records
        Where to keep what was removed. Edited.

    Returns
    -------
    list of int
        The images that could not be cleaned. They stay as they are.
    """
    failed = []
    for index in range(len(images)):
        before = images[index].copy()
        scene = None if expected is None else expected(index)
        image = before.copy() if scene is None else before - scene
        result = clean_image(image, plane(mask, index).copy(), recipe)
        if result is None:
            failed.append(index)
            continue
        cleaned, background = result
        images[index] = cleaned if scene is None else scene + cleaned
        records.keep(index, before, images[index], background if scene is None else scene)
    return failed


def plane(mask, integration):
    """The mask of one integration."""
    return mask if mask.ndim == 2 else mask[integration]
