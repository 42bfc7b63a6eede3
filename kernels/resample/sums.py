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
    flags : (ny, nx) uint32 array or None
        Those of all input pixels with a weight other than zero, together; None where they are not collected.
    """

    totals: object
    touched: object
    corner: tuple[int, int] = (0, 0)
    flags: object = None


def no_sums(shape, nplanes, drop, corner=(0, 0), with_flags=False):
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
    with_flags : bool
        Whether flags of pixels are collected.

    Returns
    -------
    Sums
    """
    xp = current_backend().xp
    touched = xp.zeros(shape if drop.kind == LANCZOS else (0, 0), bool)
    flags = xp.zeros(shape, np.uint32) if with_flags else None
    return Sums(xp.zeros((*shape, 1 + nplanes), np.float64), touched, corner, flags)


def emptied(sums, nrows, corner):
    """The first rows of sums as sums of nothing, for another part of the output; in the memory of these.

    Parameters
    ----------
    sums : Sums
        Not to be used any more.
    nrows : int
        How many rows; no more than there are.
    corner : tuple of int
        Row and column of the output that the part begins with.

    Returns
    -------
    Sums
    """
    arrays = [None if array is None else array[:nrows] for array in (sums.totals, sums.touched, sums.flags)]
    for array in arrays:
        if array is not None:
            array[...] = 0
    totals, touched, flags = arrays
    return Sums(totals, touched, corner, flags)


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


def add_sums(sums, part):
    """Add sums of a rectangle to those of a larger one, in place.

    Parameters
    ----------
    sums, part : Sums
        Of the same drop; the planes of the larger one are the first of the part.

    Raises
    ------
    ValueError
        If shapes do not fit each other, or the rectangle is not all in the larger one.
    """
    (ny, nx, nsums), (rows, columns, nadded) = sums.totals.shape, part.totals.shape
    top, left = (own - outer for own, outer in zip(part.corner, sums.corner, strict=True))
    if nadded < nsums or min(top, left) < 0 or top + rows > ny or left + columns > nx:
        raise ValueError(f"sums {part.totals.shape} at {part.corner} are no part of {sums.totals.shape}")
    place = slice(top, top + rows), slice(left, left + columns)
    write_sums((rows, columns), part.totals, top, left, sums.totals)
    if sums.touched.size:
        sums.touched[place] |= part.touched
    if sums.flags is not None:
        sums.flags[place] |= part.flags


@pixel_kernel
def write_sums(y, x, added, top, left, totals):
    """Add the first planes of one pixel."""
    for plane in range(totals.shape[2]):
        totals[top + y, left + x, plane] += added[y, x, plane]


def add_context(context, sums, number):
    """Set the bit of an image where it has contributed.

    Parameters
    ----------
    context : (nplanes, ny, nx) int32 array
        Of all of the output; edited. A plane has the bits of 32 images.
    sums : Sums
        Of this image alone, over all of the output or a part of it.
    number : int
        Of the image, from 0.

    Raises
    ------
    ValueError
        If the context has no plane for this image, or another shape.
    """
    plane, bit = divmod(number, 32)
    (rows, columns), (top, left) = sums.totals.shape[:2], sums.corner
    fits = min(top, left) >= 0 and top + rows <= context.shape[1] and left + columns <= context.shape[2]
    if not fits or not 0 <= plane < len(context):
        raise ValueError(f"a context {context.shape} has no place for image {number} of {sums.totals.shape[:2]} pixels")
    mark = np.uint32(1 << bit).view(np.int32)
    write_context((rows, columns), sums.totals, sums.touched, top, left, mark, context[plane])


@pixel_kernel
def write_context(y, x, totals, touched, top, left, bit, context):
    """Set a bit of one pixel where a weight above zero was added."""
    if touched[y, x] if touched.size else totals[y, x, 0] > 0:
        context[top + y, left + x] |= bit
