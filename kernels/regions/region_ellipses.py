"""The ellipses that stand for regions of masks.

Source: image moments, B. Jaehne, Digital Image Processing (Springer, 2005), chapter 19. Sizes and angles
follow the conventions of `skimage.measure.regionprops`, to the last bit: the outline of an ellipse with
whole radii runs through pixel centres, and the rounding of its angle decides about those.

This is work on the host, for all regions at once.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.kernels.regions.connected_runs import ranges


class Ellipses(NamedTuple):
    """Ellipses on the pixel grids of images.

    Attributes
    ----------
    images : (n,) int array
        The image that an ellipse is in.
    x, y : (n,) float64 array
        Centres, pixels.
    minor, major : (n,) float64 array
        Full lengths of the axes, pixels; -1 across a line one pixel wide.
    angle : (n,) float64 array
        From the y axis to the major axis, towards x, degrees.
    """

    images: np.ndarray
    x: np.ndarray
    y: np.ndarray
    minor: np.ndarray
    major: np.ndarray
    angle: np.ndarray

    def select(self, chosen) -> "Ellipses":
        """The ellipses that an index array or a bool array says."""
        return Ellipses(*(part[chosen] for part in self))

    def moved(self, images) -> "Ellipses":
        """The same ellipses, so many images later."""
        return self._replace(images=self.images + images)

    @classmethod
    def joined(cls, several) -> "Ellipses":
        """One after another, those of several; of none, none."""
        return cls(*(np.concatenate(parts) for parts in zip(_NONE, *several, strict=True)))


_NONE = Ellipses(np.empty(0, np.int64), *np.empty((5, 0)))


def ellipses_of(regions):
    """The ellipses with the second moments of regions, a pixel shorter along each axis.

    Parameters
    ----------
    regions : Regions
        The regions.

    Returns
    -------
    Ellipses
        One for each region.
    """
    mixed, along_x, along_y = _covariances(regions)
    matrices = np.stack([along_x, -mixed, -mixed, along_y], axis=-1).reshape(-1, 2, 2)
    variances = np.linalg.eigvalsh(matrices).clip(0)
    minor, major = 4 * np.sqrt(variances).T - 1
    angle = np.degrees([_turn(*one) for one in zip(mixed.tolist(), (along_y - along_x).tolist(), strict=True)])
    return Ellipses(regions.images, regions.x, regions.y, minor, major, angle)


def _turn(mixed, difference):
    """Angle of the major axis for a covariance and the difference of the variances along y and x, radians."""
    if difference == 0:
        return math.copysign(math.pi / 4, mixed) if mixed else -math.pi / 4
    return 0.5 * math.atan2(2 * mixed, difference)


def _covariances(regions):
    """Covariances of the pixels of regions, and their variances along x and y."""
    moments = _central_moments(regions)
    mixed = moments[:, 1, 1] / regions.area
    total = moments[:, 2, 0] + moments[:, 0, 2]
    # These differences give the variances along x and y: subtracting rounds as skimage does.
    return mixed, (total - moments[:, 2, 0]) / regions.area, (total - moments[:, 0, 2]) / regions.area


def _central_moments(regions):
    """Moments about the centres, up to the second along each axis: (nregions, 3, 3), the power of y first.

    Each is two products with an image of its region, for these round as skimage does.
    """
    boxes, owners, runs = regions.boxes, regions.owners, regions.runs
    sizes = boxes.height * boxes.width
    rows, columns = runs.rows - boxes.top[owners], runs.columns - boxes.left[owners]
    images = np.zeros(sizes.sum())
    starts = (np.cumsum(sizes) - sizes)[owners] + rows * boxes.width[owners] + columns
    images[runs.pixels_from(starts)] = 1

    by_row = _powers_of_offset(regions, rows, boxes.height)
    by_column = _powers_of_offset(regions, columns + (runs.lengths - 1) / 2, boxes.width)
    moments = np.empty((len(regions), 3, 3))
    places = [_pieces(lengths) for lengths in (sizes, boxes.height, boxes.width)]
    for same in _alike(boxes.height, boxes.width):
        image, along_y, along_x = (
            np.stack([values[piece] for piece in pieces[same]])
            for values, pieces in zip((images, by_row, by_column), places, strict=True)
        )
        image = image.reshape(len(same), along_y.shape[1], along_x.shape[1])
        moments[same] = (image.swapaxes(1, 2) @ along_y).swapaxes(1, 2) @ along_x
    return moments


def _pieces(lengths):
    """Slices of these lengths, one after another: (n,) object array."""
    stops = np.cumsum(lengths).tolist()
    pieces = np.empty(len(stops), object)
    pieces[:] = [slice(stop - length, stop) for stop, length in zip(stops, lengths.tolist(), strict=True)]
    return pieces


def _alike(heights, widths):
    """Indices of the boxes of each size: images of one size are multiplied together, each rounded as if alone."""
    order = np.lexsort([widths, heights])
    differ = (np.diff(heights[order]) != 0) | (np.diff(widths[order]) != 0)
    return np.split(order, np.flatnonzero(differ) + 1) if order.size else []


def _powers_of_offset(regions, places, extents):
    """Powers 0, 1 and 2 of the distance from a region's mean place, for each place in its box, box after box."""
    sums = np.bincount(regions.owners, weights=regions.runs.lengths * places, minlength=len(regions))
    offsets = ranges(np.zeros_like(extents), extents) - np.repeat(sums / regions.area, extents)
    # A square is a power here, and rounds as that of skimage: a product would not.
    return np.stack([np.ones_like(offsets), offsets, np.power(offsets, np.full_like(offsets, 2))], axis=1)


def contain(ellipses, x, y):
    """Whether points are in ellipses, their outlines included.

    Parameters
    ----------
    ellipses : Ellipses
        ``n`` ellipses.
    x, y : (n,) float64 array
        A point for each.

    Returns
    -------
    (n,) bool array
        Whether it is inside.

    Notes
    -----
    In agreement with the pipeline, the axes are taken the other way round: a point is judged as if the
    ellipse had been turned by 90 degrees.
    """
    turn = np.radians(180 - ellipses.angle)
    sine, cosine = np.sin(turn), np.cos(turn)
    dx, dy = x - ellipses.x, y - ellipses.y
    along_major = (dx * cosine - dy * sine) ** 2 / (ellipses.major * 0.5) ** 2
    along_minor = (dx * sine + dy * cosine) ** 2 / (ellipses.minor * 0.5) ** 2
    return along_major + along_minor <= 1


def expanded_radii(ellipses, factor, limit):
    """Radii of ellipses whose minor axis grows by a factor, and whose major axis grows by as many pixels.

    Parameters
    ----------
    ellipses : Ellipses
        The ellipses.
    factor : float
        Growth of the minor axis.
    limit : int
        Largest radius, pixels.

    Returns
    -------
    minor, major : (n,) float64 array
        Semi-axes, whole pixels.
    """
    growth = (factor - 1) * ellipses.minor
    return whole_radii(ellipses.minor * factor, limit), whole_radii(ellipses.major + growth, limit)


def whole_radii(axes, limit=math.inf):
    """Radii for axes of these full lengths, limited and rounded, whole pixels."""
    return np.rint(np.minimum(axes, 2 * limit) / 2)
