"""The median of images that lie on one grid, made for some rows at a time where memory is short."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.outliers.weights import drop_light, weight_threshold


class Layer(Protocol):
    """An image on a part of the grid.

    Attributes
    ----------
    rows, columns : slice
        Of the grid: outside of them the image has no weight.
    """

    rows: slice
    columns: slice

    def cut(self, rows: slice):
        """Some of its rows, as rows of the grid: image and weights, (nrows, ncolumns) float32 arrays, both new."""


def layered_median(
    layers: Sequence[Layer],
    shape: tuple[int, int],
    fraction: float,
    budget: int | None,
    whole: Callable | None = None,
):
    """The median of images; in each of them, pixels of little weight do not count.

    Parameters
    ----------
    layers : sequence of Layer
        The images. Each is made once where all fit in the budget, and else once more.
    shape : tuple of int
        Rows and columns of the grid.
    fraction : float
        Of the mean weight of an image, which pixels need; see `gpucal.kernels.outliers.weights.weight_threshold`.
    budget : int or None
        Bytes for images that are held at once; None for all of them. The median does not depend on it.
    whole : callable, optional
        Called with the place of each layer, its image and its weights, once.

    Returns
    -------
    (ny, nx) float32 array
        NaN where no image has weight.
    """
    ny, nx = shape
    xp = current_backend().xp
    row_bytes = nx * np.dtype(np.float32).itemsize
    is_whole = budget is None or len(layers) * ny * row_bytes <= budget
    stack = xp.full((len(layers) if is_whole else 0, ny, nx), np.nan, np.float32)
    thresholds = []
    for number, layer in enumerate(layers):
        image, weights = layer.cut(layer.rows)
        if whole is not None:
            whole(number, image, weights)
        thresholds.append(weight_threshold(weights, fraction))
        if is_whole:
            drop_light(image, weights, thresholds[number])
            stack[number, layer.rows, layer.columns] = image
    if is_whole:
        return median_image(stack)
    median = xp.empty(shape, np.float32)
    # A band that is less high than layers meets those of its first row, and those of its last.
    for band in row_tiles(ny, 2 * _depth(layers, ny) * row_bytes, budget):
        median[band] = _median_of_band(layers, thresholds, band, nx)
    return median


def _depth(layers, ny: int) -> int:
    """How many layers lie on each other in one row, at most."""
    changes = np.zeros(ny + 1, int)
    for layer in layers:
        changes[layer.rows.start] += 1
        changes[layer.rows.stop] -= 1
    return int(changes.cumsum().max())


def _median_of_band(layers, thresholds, band: slice, nx: int):
    """The median of some rows, of those images that reach them."""
    there = [number for number, one in enumerate(layers) if one.rows.start < band.stop and band.start < one.rows.stop]
    stack = current_backend().xp.full((len(there), band.stop - band.start, nx), np.nan, np.float32)
    for plane, number in zip(stack, there, strict=True):
        layer = layers[number]
        rows = slice(max(layer.rows.start, band.start), min(layer.rows.stop, band.stop))
        image, weights = layer.cut(rows)
        drop_light(image, weights, thresholds[number])
        plane[rows.start - band.start : rows.stop - band.start, layer.columns] = image
    return median_image(stack)
