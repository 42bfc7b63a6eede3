"""Which sources of two lists are the same, in a plane that both lists are projected on.

The offset between the lists is where most differences of positions are: the peak of their histogram in two dimensions,
with bins as large as a pixel. Then each source of the reference takes the nearest one within a tolerance.

Sources: ``XYXYMatch`` of tweakwcs, https://tweakwcs.readthedocs.io; the task ``xyxymatch`` of IRAF, with its method
``tolerance``, https://iraf.readthedocs.io.
"""

import logging
import math
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError

log = logging.getLogger(__name__)

# Bins along each side of the part of the histogram that its peak is fitted in.
_BOX = 5
_TERMS = 6  # coefficients of the paraboloid that is fitted


class ConfusionError(GpucalError):
    """More sources were matched than there are."""


class Matching(NamedTuple):
    """How sources are matched, arcsec.

    Attributes
    ----------
    searchrad : float
        The largest offset along each axis.
    separation : float
        Sources nearer to each other are taken for one, the lowest.
    tolerance : float
        The largest distance of a source from its counterpart.
    use2dhist : bool
        Whether to look for the offset.
    xoffset, yoffset : float
        The offset where it is not looked for.
    """

    searchrad: float = 2.0
    separation: float = 1.0
    tolerance: float = 0.7
    use2dhist: bool = True
    xoffset: float = 0.0
    yoffset: float = 0.0

    @property
    def largest_move(self) -> float:
        """The distance, arcsec, beyond which an image was not aligned but led astray."""
        offset = self.searchrad if self.use2dhist else max(abs(self.xoffset), abs(self.yoffset))
        return 2 * (offset + self.tolerance)


class Pairs(NamedTuple):
    """Sources that are the same.

    Attributes
    ----------
    reference, image : (n,) int64 array
        Indices into both lists. No source of the reference is there twice.
    """

    reference: np.ndarray
    image: np.ndarray


def matched(reference: np.ndarray, image: np.ndarray, how: Matching, bin_size: float) -> Pairs:
    """Match the sources of an image with those of a reference.

    Parameters
    ----------
    reference : (n, 2) float64 array
        Points of the plane, arcsec.
    image : (m, 2) float64 array
        Points of the plane, arcsec.
    how : Matching
        Limits.
    bin_size : float
        Of the histogram, arcsec: the size of a pixel in the plane.

    Returns
    -------
    Pairs

    Raises
    ------
    ConfusionError
        If more pairs are found than there are sources in the image.
    """
    if not len(reference) or not len(image):
        return Pairs(np.empty(0, int), np.empty(0, int))
    offset = (how.xoffset, how.yoffset)
    if how.use2dhist:
        offset = offset_of(reference, image, how.searchrad, bin_size)
    pairs = nearest(reference, image - offset, how.tolerance, how.separation)
    if len(pairs.image) > len(image):
        raise ConfusionError(
            "several sources of the reference match the same one of the image; choose another tolerance or separation"
        )
    return pairs


def nearest(reference: np.ndarray, image: np.ndarray, tolerance: float, separation: float) -> Pairs:
    """For each source of a reference the nearest one of an image, if it is near enough; see `matched`."""
    ours, theirs = apart(reference, separation), apart(image, separation)
    pairs = near(reference[ours], image[theirs], tolerance)
    difference = reference[ours[pairs.reference]] - image[theirs[pairs.image]]
    square = (difference**2).sum(axis=1)
    inside = (square <= tolerance**2) & (difference[:, 1] < tolerance)
    first, second, square = pairs.reference[inside], pairs.image[inside], square[inside]
    order = np.lexsort((-second, square, first))  # of two as near the upper one
    first, second = first[order], second[order]
    chosen = np.flatnonzero(np.diff(first, prepend=-1))
    return Pairs(ours[first[chosen]], theirs[second[chosen]])


def apart(points: np.ndarray, separation: float) -> np.ndarray:
    """Indices of points, from the lowest to the highest, without those too near to one that was taken before."""
    order = np.lexsort((points[:, 0], points[:, 1]))
    points = points[order]
    pairs = near(points, points, separation)
    lower = pairs.reference < pairs.image
    first, second = pairs.reference[lower], pairs.image[lower]
    close = ((points[second] - points[first]) ** 2).sum(axis=1) <= separation**2
    taken = np.ones(len(points), bool)
    for one, other in zip(first[close], second[close], strict=True):
        if taken[one]:
            taken[other] = False
    return order[taken]


def near(points: np.ndarray, others: np.ndarray, distance: float) -> Pairs:
    """All pairs whose second coordinates differ by no more than a distance; the second list is sorted by these.

    Pairs are in the order of both lists.
    """
    begin = np.searchsorted(others[:, 1], points[:, 1] - distance * (1 + 1e-9), "left")
    end = np.searchsorted(others[:, 1], points[:, 1] + distance * (1 + 1e-9), "right")
    counts = end - begin
    first = np.repeat(np.arange(len(points)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Pairs(first, np.repeat(begin, counts) + within)


def offset_of(reference: np.ndarray, image: np.ndarray, searchrad: float, bin_size: float) -> tuple[float, float]:
    """How far an image is off a reference: the peak of the histogram of differences, arcsec.

    Parameters
    ----------
    reference, image : (n, 2) float64 array
        Points of the plane, arcsec.
    searchrad : float
        The largest offset along each axis, arcsec.
    bin_size : float
        Arcsec.
    """
    counts = histogram(reference / bin_size, image / bin_size, searchrad / bin_size)
    if not counts.any():
        log.warning("No sources lie within %g arcsec of each other", searchrad)
        return 0.0, 0.0
    x, y = (bin_size * place - searchrad for place in peak_of(counts))
    log.debug("Pairs of sources are most where the image is off by %.3g, %.3g arcsec, in steps of %.3g", x, y, bin_size)
    return x, y


def histogram(reference: np.ndarray, image: np.ndarray, radius: float) -> np.ndarray:
    """Counts of differences in bins of size one, (n, n) with the second coordinate first; zero is the middle bin."""
    order = np.argsort(reference[:, 1], kind="stable")
    pairs = near(image, reference[order], radius + 0.5)
    difference = image[pairs.reference] - reference[order[pairs.image]]
    inside = ((difference < radius + 0.5) & (difference >= -radius - 0.5)).all(axis=1)
    half = math.ceil(radius)
    ends = [-half - 0.5, half + 0.5]
    counts, _, _ = np.histogram2d(*difference[inside].T[::-1], 2 * half + 1, [ends, ends])
    return counts


def peak_of(counts: np.ndarray) -> tuple[float, float]:
    """Where a histogram has its peak: x and y in bins, between bins where a paraboloid around it tells.

    Bins without a count say nothing. Where there are too few others, or no peak near, it is their center of mass.
    """
    row, column = (int(place) for place in np.unravel_index(np.argmax(counts), counts.shape))
    at_edge = any(place in (0, size - 1) for place, size in zip((row, column), counts.shape, strict=True))
    if at_edge or np.count_nonzero(counts) == 1:
        return float(column), float(row)
    (top, bottom), (left, right) = (_ends(place, size) for place, size in zip((row, column), counts.shape, strict=True))
    y, x = np.nonzero(counts[top:bottom, left:right])
    values = counts[top + y, left + x]
    found = _summit(x + 1.0, y + 1.0, values) if len(values) >= _TERMS else None
    if found is None or not (1 <= found[0] <= right - left and 1 <= found[1] <= bottom - top):
        found = (x + 1.0) @ values / values.sum(), (y + 1.0) @ values / values.sum()
    return float(found[0] + left - 1), float(found[1] + top - 1)


def _ends(place: int, size: int) -> tuple[int, int]:
    """Where the box around a bin begins and ends along an axis: inside the histogram."""
    begin = max(0, min(place - _BOX // 2, size - _BOX))
    return begin, min(size, begin + _BOX)


def _summit(x: np.ndarray, y: np.ndarray, values: np.ndarray) -> tuple[float, float] | None:
    """The summit of the paraboloid that fits best; None where it has none."""
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)
    _, by_x, by_y, by_xy, by_xx, by_yy = np.linalg.lstsq(terms, values, rcond=None)[0]
    curvature = 4 * by_yy * by_xx - by_xy**2
    if not curvature > 0 or by_xx + by_yy > 0:
        return None
    return (by_y * by_xy - 2 * by_yy * by_x) / curvature, (by_x * by_xy - 2 * by_y * by_xx) / curvature
