"""Where a star is in an image, from the slope of the phase of the image's Fourier transform.

Source: the shift theorem. The slope is the mean over frequencies, after those are left out that differ from the slope
at the lowest ones by more than five times its scatter there: where the transform is noise, or its phase passes from
pi to -pi.
"""

import math

from gpucal.backend import array_namespace
from gpucal.kernels.interferometry.transforms import centred_transform

CLIP = 5.0


def star_offsets(images):
    """Where the star is, from the middle of each image, pixels.

    Parameters
    ----------
    images : (nints, npix, npix) float array
        Without NaN.

    Returns
    -------
    (nints, 2) float64 array
        Along rows and columns.
    """
    xp = array_namespace(images)
    npix = images.shape[-1]
    phase = xp.angle(centred_transform(images, npix, npix))
    return xp.stack([mean_slope(phase, axis) for axis in (1, 2)], axis=-1) * (npix / (2.0 * math.pi))


def mean_slope(phase, axis: int):
    """The mean fall of a phase from one frequency to the next, along an axis; (nints,) array."""
    xp = array_namespace(phase)
    npix = phase.shape[-1]
    width = [(0, 0)] * 3
    width[axis] = (1, 1)
    padded = xp.pad(phase, width)
    before, after = [slice(None)] * 3, [slice(None)] * 3
    before[axis], after[axis] = slice(None, -2), slice(2, None)
    slope = 0.5 * (padded[tuple(before)] - padded[tuple(after)])
    middle = (npix - 1) // 2
    lowest = slope[:, middle - 1 : middle + 1, middle - 1 : middle + 1]
    distance = xp.abs(slope - lowest.mean((1, 2), keepdims=True))
    kept = distance < CLIP * lowest.std((1, 2), keepdims=True)
    return xp.where(kept, slope, 0.0).sum((1, 2)) / xp.maximum(kept.sum((1, 2)), 1)
