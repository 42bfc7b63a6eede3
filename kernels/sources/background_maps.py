"""The background of an image and its noise, as smooth maps.

Clipped medians and standard deviations of boxes make a mesh, which is smoothed by medians and interpolated by splines.

Source: the documentation of `photutils.background.Background2D`, https://photutils.readthedocs.io, after SExtractor
(E. Bertin and S. Arnouts 1996, Astronomy & Astrophysics Supplement 117, 393).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, strip_at
from gpucal.kernels.statistics.large_sample import clipped_statistics_of
from gpucal.kernels.statistics.sigma_clip import BlockSums, SortedRows, clip_rows

# The part of a box that has to be left after clipping, for the box to count.
LEAST_KNOWN = 0.9

# Boxes that a missing one is filled from: so many of the nearest.
NEIGHBOURS = 10

# Boxes of so many pixels are clipped one by one, smaller ones together.
LARGE = 2**17

# Boxes along each axis that a median is taken over.
SMOOTHING = 3


class NoBackgroundError(ValueError):
    """No part of an image tells its background."""


class Mesh(NamedTuple):
    """A number for each box of an image, on the host.

    Attributes
    ----------
    level, spread : (nrows, ncolumns) float array
        Median, and standard deviation.
    box : (int, int)
        Rows and columns of a box. The last boxes may be cut by the borders of the image.
    """

    level: np.ndarray
    spread: np.ndarray
    box: tuple[int, int]


def background_mesh(image, mask, box_size, least_known=LEAST_KNOWN) -> Mesh:
    """Measure the background in boxes, fill those that tell nothing, and smooth.

    Parameters
    ----------
    image : (ny, nx) float array
        Values that are not finite do not count.
    mask : (ny, nx) bool array
        Pixels that do not count.
    box_size : int or (int, int)
        Rows and columns of a box; a box is no larger than the image.
    least_known : float
        See `LEAST_KNOWN`; with 0, a box with a single value counts.

    Returns
    -------
    Mesh
        Without NaN.

    Raises
    ------
    NoBackgroundError
        If no box counts.
    ValueError
        If the mask has another shape.
    """
    check_fit(image=(image, "ny nx"), mask=(mask, "ny nx"))
    box = tuple(np.minimum(np.broadcast_to(box_size, 2), image.shape).tolist())
    level, spread = _box_statistics(image, mask, box, least_known * box[0] * box[1])
    if np.isnan(level).all():
        raise NoBackgroundError("no part of the image has enough pixels to tell its background")
    return Mesh(_smooth(_fill(level)), _smooth(_fill(spread)), box)


def background_maps(image, mask, box_size):
    """The background of an image, and its noise, for each pixel.

    Where the boxes tell nothing, as in a crowded field, one box of all pixels does.

    Parameters
    ----------
    image : (ny, nx) float array
        Values that are not finite do not count.
    mask : (ny, nx) bool array
        Pixels where there is no image: they do not count, and the maps are 0 there.
    box_size : int or (int, int)
        Rows and columns of the boxes of the mesh.

    Returns
    -------
    background, noise : (ny, nx) array of the type of the image
        Level, and standard deviation.

    Raises
    ------
    NoBackgroundError
        If no pixel counts.
    """
    try:
        mesh = background_mesh(image, mask, box_size)
    except NoBackgroundError:
        mesh = background_mesh(image, mask, image.shape, least_known=0)
    return tuple(interpolate(values, mesh.box, mask, image.dtype) for values in (mesh.level, mesh.spread))


def _box_statistics(image, mask, box, fewest):
    """Clipped medians and standard deviations; NaN in boxes that are not left with more than the fewest pixels."""
    (ny, nx), (height, width) = image.shape, box
    level, spread = np.full((2, -(-ny // height), -(-nx // width)), np.nan, image.dtype)
    whole = nx // width
    for row in range(len(level)):
        rows = slice(row * height, min((row + 1) * height, ny))
        for first, columns in ((0, slice(0, whole * width)), (whole, slice(whole * width, nx))):
            across = min(width, columns.stop - columns.start)
            if (rows.stop - rows.start) * across > fewest:
                medians, sigmas = _side_by_side(image[rows, columns], mask[rows, columns], across, fewest)
                places = row, slice(first, first + len(medians))
                level[places], spread[places] = medians, sigmas
    return level, spread


def _side_by_side(image, mask, width, fewest):
    """The same for boxes of a width that fill some rows."""
    if len(image) * width < LARGE:
        return _clipped(SortedRows.of(_boxes(image, width), ~_boxes(mask, width)), fewest)
    boxes = [slice(x, x + width) for x in range(0, image.shape[1], width)]
    return zip(*(_of_large(image[:, box], mask[:, box], fewest) for box in boxes), strict=True)


def _of_large(image, mask, fewest) -> tuple[float, float]:
    """The same for one box."""
    values = image[array_namespace(image).isfinite(image) & ~mask]
    if values.size:
        found = clipped_statistics_of(values)
        if found.count > fewest:
            return found.median, found.sigma
    return np.nan, np.nan


def _boxes(stripe, width):
    """Boxes that lie side by side in some rows, each as a row of its pixels."""
    height = len(stripe)
    return stripe.reshape(height, -1, width).swapaxes(0, 1).reshape(-1, height * width)


def _clipped(samples, fewest):
    """Medians and standard deviations of samples without their outliers, on the host."""
    backend = current_backend()
    kept = clip_rows(samples, BlockSums.of(samples))
    bounds, median, sigma = (backend.asnumpy(array) for array in kept)
    enough = bounds[:, 1] - bounds[:, 0] > fewest
    return np.where(enough, median, np.nan), np.where(enough, sigma, np.nan)


def _fill(values):
    """A mesh whose missing boxes are means of the nearest others, weighted by the inverse of their distances."""
    known = np.isfinite(values)
    if known.all():
        return values
    from scipy.spatial import KDTree  # here, because it takes long to import

    distances, nearest = KDTree(np.argwhere(known)).query(np.argwhere(~known), k=NEIGHBOURS)
    weights = 1 / distances  # of those that there are not, 0
    filled = values.copy()
    of_nearest = np.append(values[known], values.dtype.type(0))[nearest]
    filled[~known] = (weights * of_nearest).sum(1) / weights.sum(1)
    return filled


def _smooth(values):
    """A mesh of the medians of each box and its neighbours, as far as there are any."""
    padded = np.pad(values, SMOOTHING // 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, (SMOOTHING, SMOOTHING))
    return np.nanmedian(around, axis=(2, 3))


def interpolate(values, box, mask, dtype):
    """Values of boxes, interpolated by cubic splines between the centres of the boxes, and within their range.

    Parameters
    ----------
    values : (nrows, ncolumns) float array
        On the host; without NaN.
    box : (int, int)
        Rows and columns of a box.
    mask : (ny, nx) bool array
        Pixels that are 0.
    dtype : dtype
        Of the result.

    Returns
    -------
    (ny, nx) array of that type
        On the backend.

    Raises
    ------
    ValueError
        If the boxes do not cover the image.
    """
    if any(count * size < length for count, size, length in zip(values.shape, box, mask.shape, strict=True)):
        raise ValueError(f"{values.shape} boxes of {box} pixels do not cover an image of {mask.shape}")
    backend, (ny, nx) = current_backend(), mask.shape
    # The spline is linear in the values, and a product over the axes.
    along_y, along_x = (_spline_weights(count, size) for count, size in zip(values.shape, box, strict=True))
    weights = backend.asarray(np.ascontiguousarray(along_y[:ny].T))
    across = backend.asarray(values.astype(np.float64) @ along_x[:nx].T)
    image = backend.xp.empty((ny, nx), dtype)
    limits = float(values.min()), float(values.max())
    write_interpolated((ny, nx), Scratch(state=1), weights, across, limits, mask, image)
    return image


@strip_kernel
def write_interpolated(y, begin, end, samples, state, weights, across, limits, mask, image):
    """The sums over the rows of a mesh that is interpolated along x, at a strip of pixels."""
    strip, sums = strip_at(y, begin, end), state[0]
    for lane in range(strip.count):
        sums[lane] = 0.0
    for row in range(len(weights)):
        weight, values = weights[row, y], across[row]
        for lane in range(strip.count):
            sums[lane] += weight * values[strip.first + lane]
    for lane in range(strip.count):
        value = min(max(sums[lane], limits[0]), limits[1])
        image[y, strip.first + lane] = 0.0 if mask[y, strip.first + lane] else value


@lru_cache(maxsize=8)
def _spline_weights(count, size):
    """What each of some boxes in a row contributes to each of their pixels, (count * size, count) float64 array."""
    from scipy.ndimage import zoom  # here, because it takes long to import

    alone = (zoom(box, size, order=3, mode="reflect", grid_mode=True) for box in np.eye(count))
    return np.stack(list(alone), axis=1)
