"""Removal of the low-frequency noise that differs from one image to the next.

Source: the ``clean_flicker_noise`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.

An image is a rate, or the difference between a group and the one before it. Images are cleaned together, a few if they
are large and many if they are small, so that little memory is needed in addition to the ramp.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, row_tiles
from gpucal.kernels.background.background_model import background_levels
from gpucal.kernels.background.background_pixels import BYTES_PER_PIXEL, keep_background, lower_half_level
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
        Takes background-subtracted images and the masks of their background, (nimages, ny, nx) arrays; returns the
        images without noise, and which of them it could clean, (nimages,) bool, on the host. It may edit both.
    background : str or None
        ``median``, ``model``, or None for no background.
    box_size : (int, int) or None
        Boxes of the model, see `gpucal.kernels.background.background_model.background_levels`.
    n_sigma : float
        Pixels further than this from the background, in units of its spread, are left out; zero for no limit.
    flat : (ny, nx) float32 array or None
        The flat field that images are divided by before they are cleaned, and multiplied by afterwards.
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
        """Keep what belongs to some images."""
        if self.noise is not None:
            self.noise[place] = after - before
        if self.background is not None:
            self.background[place] = background

    def of(self, integrations):
        """The records of one integration, or of a slice of them."""
        return Records(*(None if array is None else array[integrations] for array in self))


NO_RECORDS = Records()


def median_remover(axis, channels):
    """A way to remove noise: the medians along an axis, each channel by itself."""

    def remove(images, masks):
        subtract_stripes(images, masks, axis, channels)
        return images, np.ones(len(images), bool)

    return remove


def fourier_remover(detector, passband):
    """A way to remove noise: NSClean, in the frame in which a detector is read."""
    return partial(remove_fourier_noise, line_direction=LINE_DIRECTION[detector], passband=passband)


def remove_fourier_noise(images, masks, line_direction, passband):
    """The images without the noise that NSClean finds, and where it finds it."""
    xp = array_namespace(images)
    noises, found = [], np.ones(len(images), bool)
    for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
        readout, usable = image.T[::line_direction], mask.T[::line_direction]
        noise = line_noise(readout, usable) if image.shape == FULL_FRAME else series_noise(readout, usable, passband)
        found[number] = noise is not None
        noises.append(xp.zeros_like(image) if noise is None else noise[::line_direction].T)
    return images - xp.stack(noises), found


class Cleaned(NamedTuple):
    """Images without noise.

    Attributes
    ----------
    places : (n,) int array
        The numbers of these images among all, on the host.
    images : (n, ny, nx) float array
        The images; NaN where they were NaN before.
    background : (n, 1, 1) or (n, ny, nx) float array
        The backgrounds that they had; zero where none was asked for.
    """

    places: np.ndarray
    images: np.ndarray
    background: np.ndarray


def clean_together(images, masks, recipe) -> Cleaned:
    """Remove the noise of images.

    Parameters
    ----------
    images : (nimages, ny, nx) float32 array
        The images. Overwritten.
    masks : (nimages, ny, nx) bool array
        The pixels that show background. Overwritten.
    recipe : Recipe
        How.

    Returns
    -------
    Cleaned
        Those that can be cleaned.
    """
    xp, backend = array_namespace(images), current_backend()
    if recipe.flat is not None:
        images /= recipe.flat
    lost = xp.isnan(images)
    images[lost] = 0
    masks &= ~lost
    places = np.flatnonzero(backend.asnumpy(masks.any(axis=(1, 2))))
    if not places.size:
        return Cleaned(places, images[:0], 0)
    some = index_of(places, len(images))
    images, masks, lost = images[some], masks[some], lost[some]
    background = xp.zeros((len(images), 1, 1), images.dtype)
    if recipe.background is not None:
        background = background_levels(images, masks, recipe.background, recipe.box_size)
        images = images - background
        if recipe.n_sigma > 0:
            keep_background(images, masks, recipe.n_sigma, recipe.n_sigma, lower_half_level)
    images, found = recipe.remove_noise(images, masks)
    images += background
    if recipe.flat is not None:
        images *= recipe.flat
    images[lost] = xp.nan
    some = index_of(np.flatnonzero(found), len(images))
    return Cleaned(places[found], images[some], background[some])


def index_of(places, count):
    """An index for some of ``count`` images; a slice, which copies nothing, if it is all of them."""
    return slice(None) if len(places) == count else current_backend().asarray(places)


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
    nints, ngroups, ny, nx = ramp.shape
    failed = []
    for part in row_tiles(nints, BYTES_PER_PIXEL * ny * nx):
        groups, flags, background, kept = ramp[part], groupdq[part], plane(mask, part), records.of(part)
        before = groups[:, 0].copy()
        for group in range(1, ngroups):
            current = groups[:, group].copy()
            usable = background & ((flags[:, group] & (DO_NOT_USE | JUMP_DET)) == 0)
            cleaned = clean_together(current - before, usable, recipe)
            here = index_of(cleaned.places, len(groups))
            groups[here, group] = groups[here, group - 1] + cleaned.images
            kept.keep((here, group), current[here], groups[here, group], cleaned.background)
            left = np.setdiff1d(np.arange(len(groups)), cleaned.places)
            failed += [(part.start + integration, group) for integration in left.tolist()]
            before = current
    return sorted(failed)


def clean_images(images, expected, mask, recipe, records=NO_RECORDS):
    """Remove, in place, the noise of images.

    Parameters
    ----------
    images : (n, ny, nx) float32 array
        Rates, DN/s, or groups of one integration, DN. Edited.
    expected : callable or None
        Takes the number of an image and returns what it would be without noise, (ny, nx) float32. This is subtracted
        before the cleaning, and added again after it.
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
    xp = array_namespace(images)
    failed = []
    for part in row_tiles(len(images), BYTES_PER_PIXEL * images[0].size):
        before, kept = images[part].copy(), records.of(part)
        scenes = None if expected is None else xp.stack([expected(index) for index in range(part.start, part.stop)])
        usable = xp.broadcast_to(plane(mask, part), before.shape).copy()
        cleaned = clean_together(before.copy() if scenes is None else before - scenes, usable, recipe)
        here = index_of(cleaned.places, len(before))
        images[part][here] = cleaned.images if scenes is None else scenes[here] + cleaned.images
        background = cleaned.background if scenes is None else scenes[here]
        kept.keep(here, before[here], images[part][here], background)
        failed += (part.start + np.setdiff1d(np.arange(len(before)), cleaned.places)).tolist()
    return failed


def plane(mask, integrations):
    """The mask of one integration, or of a slice of them."""
    return mask if mask.ndim == 2 else mask[integrations]
