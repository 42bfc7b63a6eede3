"""Regions of an image as runs of pixels in its rows, and polygons filled with them.

A vertex is taken to the nearest pixel. In each row that the polygon reaches, pixels are inside from where one of its
sides crosses the row to where the next one does, both of them rounded up and both included. The last row has the sides
of the one before it.

Source: the scan-line algorithm, J. D. Foley et al. 1990, Computer Graphics: Principles and Practice, section 3.6, with
the rounding of `gwcs.region.Polygon`, https://gwcs.readthedocs.io.
"""

import numpy as np


def whole_image(shape) -> np.ndarray:
    """The spans of all pixels of an image of a shape; see `polygon_spans`."""
    ny, nx = shape
    return np.tile(np.array([[0, nx - 1]], np.int32), (ny, 1, 1))


def polygon_spans(polygons, shape) -> np.ndarray:
    """Fill polygons, which may overlap and reach beyond the image.

    Parameters
    ----------
    polygons : sequence of (n, 2) float64 array
        x and y of the vertices of each, in pixels; the first one need not be given again.
    shape : (ny, nx)
        Of the image.

    Returns
    -------
    (ny, nspans, 2) int32 array
        The first and the last pixel of each run in each row; no pixel is in two of them. Of an empty run the last pixel
        comes before the first.
    """
    runs = [run for polygon in polygons for run in _runs_of(np.asarray(polygon, np.float64), shape)]
    if not runs:
        return np.tile(np.array([[0, -1]], np.int32), (shape[0], 1, 1))
    spans = np.stack(runs, axis=1)
    return _disjoint(np.take_along_axis(spans, np.argsort(spans[..., :1], axis=1), axis=1)).astype(np.int32)


def _runs_of(polygon, shape) -> list[np.ndarray]:
    """The runs of one polygon: (ny, 2) arrays."""
    ny, nx = shape
    # Vertices are rounded as distances from the image's edge, or from their own where they lie beyond it.
    edge = np.minimum(polygon.min(axis=0), 0)
    vertices, moved = np.rint(polygon - edge), np.rint(edge)
    (left, bottom), (right, top) = vertices.min(axis=0), vertices.max(axis=0)
    if left == right or bottom == top:
        return []
    first, last = max(0, int(bottom + moved[1])), min(ny - 1, int(top + moved[1]))
    y = np.arange(first, last + 1) - moved[1]
    crossings = _crossings(vertices, y, np.minimum(y, top - 1))
    runs = []
    for begin, end in zip(crossings[::2], crossings[1::2], strict=False):
        run = np.tile([0, -1], (ny, 1))
        inside = np.isfinite(end)
        run[first : last + 1][inside, 0] = np.maximum(begin[inside] + moved[0], 0)
        run[first : last + 1][inside, 1] = np.minimum(end[inside] + moved[0], nx - 1)
        runs.append(run)
    return runs


def _crossings(vertices, y, side_at):
    """Where the sides of a polygon that are at ``side_at`` cross rows: sorted, rounded up, infinite where none."""
    crossings = []
    for start, stop in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        if start[1] == stop[1]:
            continue
        low, high = sorted((start[1], stop[1]))
        # Products before the quotient, as whole numbers: a side crosses exactly at a pixel where it does.
        along = (y - start[1]) / (stop[1] - start[1]) * (stop[0] - start[0])
        crosses = (low <= side_at) & (side_at < high)
        crossings.append(np.where(crosses, np.ceil(start[0] + along), np.inf))
    return np.sort(np.array(crossings), axis=0)


def _disjoint(spans):
    """Spans in the order of their first pixels, each without what those before it have."""
    taken = np.full(spans.shape[0], -1)
    for place in range(spans.shape[1]):
        spans[:, place, 0] = np.maximum(spans[:, place, 0], taken + 1)
        taken = np.maximum(taken, spans[:, place, 1])
    return spans
