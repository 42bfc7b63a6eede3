"""Where the spectra of sources fall: boxes of pixels about them, for all sources and orders at once.

Source: the extract_2d page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_2d/main.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.steps.parts.slitless.sources import CORNERS, Sources
from gpucal.steps.parts.slitless.wavelength_ranges import Ranges
from gpucal.wcs.modes.grisms import DISPERSED
from gpucal.wcs.world import Wcs

ALONG_ROWS, ALONG_COLUMNS = 1, 2


class Traced(NamedTuple):
    """Where the light of sources falls, in pixels of the dispersed image.

    Attributes
    ----------
    edges : (nsources, norders, 4) float64 array
        Least and greatest x, least and greatest y, of the corners of the segments at both ends of the wavelengths.
    middles : (nsources, norders, 2) float64 array
        x and y of the center of the source at the wavelength in the middle.
    """

    edges: np.ndarray
    middles: np.ndarray


def traced(wcs: Wcs, sources: Sources, ranges: Ranges) -> Traced:
    """Find where the light of sources falls.

    Parameters
    ----------
    wcs : Wcs
        Of a field of spectra.
    sources : Sources
        Those that are asked for.
    ranges : dict of int to (float, float)
        Shortest and longest wavelength, micron, by order.

    Returns
    -------
    Traced
        NaN for a source without a place.
    """
    ends = np.array([(low, high, (low + high) / 2) for low, high in ranges.values()]).reshape(-1, 3)
    shape = len(sources.label), len(ranges), 2 * len(CORNERS) + 1
    points = np.empty((4, *shape))
    for axis in range(2):
        corners = sources.corners[:, None, :, axis]
        points[axis, :, :, :4], points[axis, :, :, 4:8], points[axis, :, :, 8] = (
            corners, corners, sources.center[:, None, axis],
        )  # fmt: skip
    points[2, ..., :4], points[2, ..., 4:8], points[2, ..., 8] = (
        ends[:, :1], ends[:, 1:2], ends[:, 2],
    )  # fmt: skip
    points[3] = np.array(list(ranges), float)[:, None]
    x, y = wcs.program("world", DISPERSED).of_results(0, 1).at(*points)
    edges = np.stack([limit(one[..., :8], axis=-1) for one in (x, y) for limit in (np.fmin.reduce, np.fmax.reduce)], -1)
    return Traced(edges, np.stack([x[..., 8], y[..., 8]], axis=-1))


def places_in_image(wcs: Wcs, sources: Sources) -> np.ndarray:
    """x and y of the centers of sources in the direct image that the spectra belong to, (n, 2) pixels."""
    one = np.ones(len(sources.label))
    program = wcs.program("world", "detector").of_results(0, 1)
    return program.at(sources.center[:, 0], sources.center[:, 1], one, one).T


def narrowed(found: Traced, is_extended: np.ndarray, half_height: int | None, direction: int) -> np.ndarray:
    """The edges of boxes: across the dispersion those of points are so many pixels about the middle.

    Parameters
    ----------
    found : Traced
    is_extended : (nsources,) bool array
        Which sources keep the box of their segment.
    half_height : int or None
        None leaves all as they are.
    direction : int
        `ALONG_ROWS` or `ALONG_COLUMNS`: of the dispersion.

    Returns
    -------
    (nsources, norders, 4) float64 array
        As in `Traced`.
    """
    edges = found.edges.copy()
    if half_height is not None:
        across = 1 if direction == ALONG_ROWS else 0
        middle = found.middles[~is_extended, :, across]
        edges[~is_extended, :, 2 * across] = middle - half_height
        edges[~is_extended, :, 2 * across + 1] = middle + half_height
    return edges


def whole_pixels(edges: np.ndarray) -> np.ndarray:
    """The pixels that edges are in, int64; far off the detector where an edge is not known."""
    return np.floor(np.nan_to_num(edges, nan=-1e6) + 0.5).astype(np.int64)


def on_detector(boxes: np.ndarray, shape: tuple[int, int], direction: int) -> np.ndarray:
    """Which boxes have two pixels or more along the dispersion, and one across, on the detector.

    Parameters
    ----------
    boxes : (..., 4) int64 array
        First and last x, first and last y.
    shape : tuple of int
        Rows and columns of the detector.
    direction : int
        Of the dispersion.

    Returns
    -------
    (...) bool array
    """
    margins = (1, 0) if direction == ALONG_ROWS else (0, 1)
    inside = np.ones(boxes.shape[:-1], bool)
    for axis, (margin, size) in enumerate(zip(margins, shape[::-1], strict=True)):
        first, last = boxes[..., 2 * axis], boxes[..., 2 * axis + 1]
        inside &= (last >= margin) & (size - 1 - first >= margin)
    return inside


def cut_to(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The part of boxes on the detector: first row, first column, rows, and columns; none where it is one line.

    Parameters
    ----------
    boxes : (n, 4) int64 array
        First and last x, first and last y.
    shape : tuple of int
        Rows and columns of the detector.

    Returns
    -------
    (n, 4) int64 array
        Rows or columns are 0 where the box is of no use.
    """
    (ny, nx), (x, x_last, y, y_last) = shape, boxes.T
    (x, x_last), (y, y_last) = np.clip((x, x_last), 0, nx), np.clip((y, y_last), 0, ny)
    useful = (x_last > x) & (y_last > y)
    height, width = np.minimum(y_last + 1, ny) - y, np.minimum(x_last + 1, nx) - x
    return np.column_stack([y, x, np.where(useful, height, 0), np.where(useful, width, 0)])
