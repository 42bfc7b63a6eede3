"""The mean of two images that are whole pixels apart.

A pixel is the mean where both images have a good one, and that of one image where the other has none. Where neither has
one, it is NaN, and not to be used.

Source: the ``wfs_combine`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfs_combine/description.html; the error of a mean of independent
values.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.flags.dqflags import DO_NOT_USE


class Image(NamedTuple):
    """An image with its errors.

    Attributes
    ----------
    data, err : (ny, nx) float32 array
        Values and their errors.
    dq : (ny, nx) uint32 array
        Flags.
    variances : dict of str to (ny, nx) float32 array
        Variances, by name.
    """

    data: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    variances: dict[str, np.ndarray]


class Good(NamedTuple):
    """Where two images have good pixels: both, the first one alone, the second one alone; (ny, nx) bool arrays."""

    both: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @classmethod
    def of(cls, first, second) -> "Good":
        """Of two masks of good pixels."""
        return cls(first & second, first & ~second, second & ~first)

    def combine(self, mean, first, second, nowhere):
        """What each pixel is: the mean, one of the two, or what it is where neither has a good pixel."""
        xp = array_namespace(first)
        return xp.where(
            self.both, mean, xp.where(self.first, first, xp.where(self.second, second, first.dtype.type(nowhere)))
        )


def mean_of_pair(first, second, offset) -> Image:
    """The mean of an image and another one, moved onto it.

    Parameters
    ----------
    first, second : Image
        Of one shape. Variances that only one has are left out.
    offset : (int, int)
        How much further along x and y the scene is in the second image, pixels.

    Returns
    -------
    Image
        On the pixels of the first one. Its flags are those of the first one, but where the second one is used alone.
    """
    moved = Image(
        moved_onto(second.data, offset, np.nan),
        moved_onto(second.err, offset, np.nan),
        moved_onto(second.dq, offset, DO_NOT_USE),
        {name: moved_onto(plane, offset, np.nan) for name, plane in second.variances.items()},
    )
    good = Good.of(good_pixels(first), good_pixels(moved))
    err = array_namespace(first.err).hypot(first.err, moved.err) / 2
    return Image(
        good.combine((first.data + moved.data) / 2, first.data, moved.data, np.nan),
        good.combine(err, first.err, moved.err, np.nan),
        good.combine(first.dq, first.dq, moved.dq, 0) | _unusable(good, first.dq),
        {
            name: good.combine((plane + moved.variances[name]) / 4, plane, moved.variances[name], np.nan)
            for name, plane in first.variances.items()
            if name in moved.variances
        },
    )


def mean_of_pair_as_peer(first, second, offset) -> Image:
    """The mean as jwst 3.0.0 makes it, which takes the second image for 0 and good beyond its border.

    Errors are averaged, variances left out, NaN and pixels that are good in neither image are 0. See `mean_of_pair`.
    """
    planes = Image(*(moved_onto(plane, offset, 0) for plane in second[:3]), {})
    first, moved = (one._replace(data=array_namespace(one.data).nan_to_num(one.data)) for one in (first, planes))
    good = Good.of(*((one.dq & DO_NOT_USE) == 0 for one in (first, moved)))
    return Image(
        good.combine((first.data + moved.data) / 2, first.data, moved.data, 0),
        good.combine((first.err + moved.err) / 2, first.err, moved.err, 0),
        good.combine(first.dq, first.dq, moved.dq, 0) | _unusable(good, first.dq),
        {},
    )


def moved_onto(plane, offset, beyond):
    """A plane of the second image on the pixels of the first one; ``beyond`` where it has none."""
    dx, dy = offset
    ny, nx = plane.shape
    moved = array_namespace(plane).full_like(plane, beyond)
    rows, columns = (slice(max(0, -by), max(0, size - max(0, by))) for by, size in ((dy, ny), (dx, nx)))
    from_rows, from_columns = (slice(max(0, by), max(0, size - max(0, -by))) for by, size in ((dy, ny), (dx, nx)))
    moved[rows, columns] = plane[from_rows, from_columns]
    return moved


def good_pixels(image):
    """Where an image has a value that may be used."""
    return ((image.dq & DO_NOT_USE) == 0) & array_namespace(image.data).isfinite(image.data)


def _unusable(good, dq):
    """The flags of pixels that neither image has: those of the first one, and that they are not to be used."""
    xp = array_namespace(dq)
    return xp.where(good.both | good.first | good.second, np.uint32(0), dq | np.uint32(DO_NOT_USE))
