"""Connected regions of a mask, and the ellipses that stand for them.

Source: image moments, B. Jaehne, Digital Image Processing (Springer, 2005), chapter 19. Sizes and angles
follow the conventions of `skimage.measure.regionprops`, to the last bit: the outline of an ellipse with
whole radii runs through pixel centres, and the rounding of its angle decides about those.

This is image work on the host, for the few regions of one group.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

EIGHT_NEIGHBORS = np.ones((3, 3), dtype=bool)


class Ellipse(NamedTuple):
    """An ellipse on a pixel grid.

    Attributes
    ----------
    x, y : float
        Centre, pixels.
    minor, major : float
        Full lengths of the axes, pixels; -1 across a line one pixel wide.
    angle : float
        From the y axis to the major axis, towards x, degrees.
    """

    x: float
    y: float
    minor: float
    major: float
    angle: float


@dataclass(frozen=True)
class Region:
    """Connected pixels of a mask.

    Attributes
    ----------
    x, y : float
        Mean of the pixels' coordinates.
    columns, rows : (n,) int array
        The pixels.
    """

    x: float
    y: float
    columns: np.ndarray
    rows: np.ndarray

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.rows.size

    @property
    def image(self) -> np.ndarray:
        """The region in the smallest box around it, a bool array."""
        rows, columns = self.rows - self.rows.min(), self.columns - self.columns.min()
        image = np.zeros((rows.max() + 1, columns.max() + 1), dtype=bool)
        image[rows, columns] = True
        return image

    @cached_property
    def ellipse(self) -> Ellipse:
        """The ellipse with the region's second moments, a pixel shorter along each axis."""
        image = self.image.astype(np.float64)
        by_row, by_column = (_powers_of_offset(image.sum(axis=axis)) for axis in (1, 0))
        moments = (image.T @ by_row).T @ by_column
        mixed = moments[1, 1] / self.area
        total = moments[2, 0] + moments[0, 2]
        # These differences give the variances along x and y: subtracting rounds as skimage does.
        along_x, along_y = (total - moments[2, 0]) / self.area, (total - moments[0, 2]) / self.area
        variances = np.linalg.eigvalsh([[along_x, -mixed], [-mixed, along_y]]).clip(0)
        minor, major = (4 * math.sqrt(variance) - 1 for variance in variances)
        if along_x == along_y:
            angle = math.copysign(math.pi / 4, mixed) if mixed else -math.pi / 4
        else:
            angle = 0.5 * math.atan2(2 * mixed, along_y - along_x)
        return Ellipse(self.x, self.y, minor, major, np.degrees(angle))


def _powers_of_offset(profile):
    """Powers 0, 1 and 2 of the distance from the mean of a profile."""
    places = np.arange(profile.size, dtype=np.float64)
    mean = (profile @ places) / profile.sum()
    return (places - mean)[:, np.newaxis] ** np.arange(3.0)


def find_regions(mask, min_area):
    """Find the regions of a mask, whose pixels touch at sides or corners.

    Parameters
    ----------
    mask : (ny, nx) bool array
        On the host.
    min_area : float
        Smallest area to report, holes included, pixels.

    Returns
    -------
    list of Region
        The regions.
    """
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=EIGHT_NEIGHBORS)
    if count == 0:
        return []
    rows, columns = np.nonzero(mask)
    owners = labels[rows, columns] - 1
    order = np.argsort(owners, kind="stable")
    areas = np.bincount(owners)
    x, y = (np.bincount(owners, weights=places) / areas for places in (columns, rows))
    ends = np.cumsum(areas)
    spanned = _spanned_areas(owners[order], rows[order], columns[order])
    large = (areas >= min_area) | (np.minimum(spanned, _largest_filled_area(areas)) >= min_area)
    regions = [
        Region(x[k], y[k], columns[pixels], rows[pixels])
        for k in np.flatnonzero(large)
        for pixels in (order[ends[k] - areas[k] : ends[k]],)
    ]
    return [region for region in regions if region.area >= min_area or _filled_area(region) >= min_area]


def _spanned_areas(owners, rows, columns):
    """Areas of regions with all that is between two of their pixels of the same row.

    The pixels are given region by region, and row by row.
    """
    starts = np.flatnonzero(np.diff(owners, prepend=-1) | np.diff(rows, prepend=-1))
    stops = np.append(starts[1:], rows.size) - 1
    return np.bincount(owners[starts], weights=columns[stops] - columns[starts] + 1)


def _largest_filled_area(areas):
    """Area within closed rings of so many pixels, these included, that touch at sides: that of a square."""
    return ((areas + 4) / 4) ** 2


def _filled_area(region):
    """Area of a region with its holes: all but what is connected to the outside."""
    from scipy import ndimage

    empty = np.pad(~region.image, 1, constant_values=True)
    labels, _ = ndimage.label(empty, structure=EIGHT_NEIGHBORS)
    return empty.size - np.count_nonzero(labels == labels[0, 0])


def contains(ellipse, x, y):
    """Whether a point is in an ellipse, its outline included.

    Notes
    -----
    In agreement with the pipeline, the axes are taken the other way round: a point is judged as if the
    ellipse had been turned by 90 degrees.
    """
    turn = np.radians(180 - ellipse.angle)
    sine, cosine = np.sin(turn), np.cos(turn)
    dx, dy = x - ellipse.x, y - ellipse.y
    along_major = (dx * cosine - dy * sine) ** 2 / (ellipse.major * 0.5) ** 2
    along_minor = (dx * sine + dy * cosine) ** 2 / (ellipse.minor * 0.5) ** 2
    return along_major + along_minor <= 1


def draw_ellipse(ellipse, minor_radius, major_radius, shape):
    """Pixels whose centres are inside an ellipse of given radii, about the nearest pixel to its centre.

    Parameters
    ----------
    ellipse : Ellipse
        For its centre and angle.
    minor_radius, major_radius : int
        Semi-axes, pixels. With a radius of zero there are no pixels.
    shape : (int, int)
        Rows and columns of the image to draw in.

    Returns
    -------
    window : (slice, slice)
        Rows and columns of the image.
    inside : (height, width) bool array
        The pixels of the window that are inside.
    """
    if minor_radius == 0 or major_radius == 0:
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), dtype=bool)
    turn = np.radians(ellipse.angle) % np.pi
    sine, cosine = np.sin(turn), np.cos(turn)
    rows = _span(round(ellipse.y), abs(major_radius * cosine) + minor_radius * sine, shape[0])
    columns = _span(round(ellipse.x), major_radius * sine + abs(minor_radius * cosine), shape[1])
    dy = np.arange(rows.start, rows.stop, dtype=np.float64)[:, np.newaxis] - round(ellipse.y)
    dx = np.arange(columns.start, columns.stop, dtype=np.float64) - round(ellipse.x)
    along_major = ((dy * cosine + dx * sine) / major_radius) ** 2
    along_minor = ((dy * sine - dx * cosine) / minor_radius) ** 2
    return (rows, columns), along_major + along_minor < 1


def expanded_radii(ellipse, factor, limit):
    """Radii of an ellipse whose minor axis grows by a factor, and whose major axis grows by as many pixels.

    Parameters
    ----------
    ellipse : Ellipse
        The ellipse.
    factor : float
        Growth of the minor axis.
    limit : int
        Largest radius, pixels.

    Returns
    -------
    minor, major : int
        Semi-axes, pixels.
    """
    growth = (factor - 1) * ellipse.minor
    return whole_radius(ellipse.minor * factor, limit), whole_radius(ellipse.major + growth, limit)


def whole_radius(axis, limit):
    """Radius for an axis of this full length, limited and rounded, pixels."""
    return round(min(axis, 2 * limit) / 2)


def _span(center, reach, size):
    start = max(math.ceil(center - reach), 0)
    return slice(start, max(start, min(math.floor(center + reach), size - 1) + 1))
