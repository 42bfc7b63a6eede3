"""Sums over output pixels, to which images are added, and the images and contexts that are made of them."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.kernels.resample.drops import LANCZOS


class Sums(NamedTuple):
    """Sums over the pixels of a rectangle of the output.

    Attributes
    ----------
    totals : (ny, nx, 1 + nplanes) float64 array
        Of weights, and of weights times the values of each plane.
    touched : (ny, nx) bool array
        Where a weight above zero was added. Of drops with no lobes below zero that is where the sum of weights is above
        zero, and this may be empty, (0, 0).
    corner : tuple of int
        Row and column of the output that the rectangle begins with.
    """

    totals: object
    touched: object
    corner: tuple[int, int] = (0, 0)


def no_sums(shape, nplanes, drop, corner=(0, 0)):
    """Sums of nothing, for a rectangle of the output.

    Parameters
    ----------
    shape : tuple of int
        Its rows and columns.
    nplanes : int
        How many planes there are.
    drop : Drop
        See `gpucal.kernels.resample.drops.drop_of`.
    corner : tuple of int
        Row and column of the output that it begins with.

    Returns
    -------
    Sums
    """
    xp = current_backend().xp
    touched = xp.zeros(shape if drop.kind == LANCZOS else (0, 0), bool)
    return Sums(xp.zeros((*shape, 1 + nplanes), np.float64), touched, corner)


def means(sums, plane, empty=np.nan):
    """The weighted mean of a plane.

    Parameters
    ----------
    sums : Sums
        With what was added.
    plane : int
        Which of the planes.
    empty : float
        The value of output pixels without weight.

    Returns
    -------
    (ny, nx) float32 array
        Of the values.

    Raises
    ------
    ValueError
        If there is no such plane.
    """
    nplanes = sums.totals.shape[2] - 1
    if not 0 <= plane < nplanes:
        raise ValueError(f"plane {plane} is asked for, and there are {nplanes}")
    image = current_backend().xp.empty(sums.totals.shape[:2], np.float32)
    write_means(image.shape, sums.totals, plane, float(empty), image)
    return image


@pixel_kernel
def write_means(y, x, totals, plane, empty, image):
    """The mean of a plane; what has no weight is empty."""
    weight = totals[y, x, 0]
    image[y, x] = totals[y, x, 1 + plane] / weight if weight != 0 else empty


def weights(sums):
    """The sums of weights, (ny, nx) float32 array."""
    return sums.totals[..., 0].astype(np.float32)


def add_context(context, sums, number):
    """Set the bit of an image where it has contributed.

    Parameters
    ----------
    context : (nplanes, ny, nx) int32 array
        Of the rectangle of the sums; edited. A plane has the bits of 32 images.
    sums : Sums
        Of this image alone.
    number : int
        Of the image, from 0.

    Raises
    ------
    ValueError
        If the context has no plane for this image, or another shape.
    """
    plane, bit = divmod(number, 32)
    if context.shape[1:] != sums.totals.shape[:2] or not 0 <= plane < len(context):
        raise ValueError(f"a context {context.shape} has no place for image {number} of {sums.totals.shape[:2]} pixels")
    contributed = sums.touched if sums.touched.size else sums.totals[..., 0] > 0
    context[plane][contributed] |= np.uint32(1 << bit).view(np.int32)
