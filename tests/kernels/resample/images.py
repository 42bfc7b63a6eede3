"""Images to resample, on turned and scaled grids, and ways to drizzle them here and with the package drizzle."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.resample.drizzle import Part, add_part, map_about
from gpucal.kernels.resample.sums import means, no_sums, weights


def turned_map(shape, angle, ratio=1.0, shift=(0.3, 0.6), bend=0.0):
    """A map that turns an image by degrees, onto pixels larger by a ratio; and the shape of an output about it.

    Parameters
    ----------
    bend : float
        Pixels by which a wave displaces the map.

    Returns
    -------
    (2, ny, nx) float64 array, tuple of int
    """
    turn = np.deg2rad(angle)
    y, x = np.indices(shape, float)
    placed = np.array([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]) / ratio
    placed += bend * np.sin(3 * y / shape[0] + 2 * x / shape[1])
    placed += (np.array(shift) + 3 - placed.reshape(2, -1).min(1))[:, None, None]
    columns, rows = np.ceil(placed.reshape(2, -1).max(1) + 4).astype(int)
    return placed, (int(rows), int(columns))


def random_planes(nplanes, shape, seed=1):
    """Values and weights of pixels, some of these zero."""
    rng = np.random.default_rng(seed)
    values = rng.normal(10, 2, (nplanes, *shape)).astype(np.float32)
    weight = rng.uniform(0.5, 1.5, shape).astype(np.float32)
    weight[rng.random(shape) < 0.05] = 0
    return values, weight


def resampled(values, weight, pixel_map, shape, drop, rows=64, columns=None, limits=None, scale=1.0, **settings):
    """Sums of an image that is added in rectangles of so many rows and columns."""
    image_shape = weight.shape
    columns = columns or image_shape[1]
    sums = no_sums(shape, len(values), drop)
    limits = np.tile([0, image_shape[1]], (image_shape[0], 1)) if limits is None else limits
    for row in range(0, image_shape[0], rows):
        for column in range(0, image_shape[1], columns):
            inside = slice(row, row + rows), slice(column, column + columns)
            own = weight[inside]
            around = map_about((row, column), own.shape, image_shape)
            placed = pixel_map[:, around[0].start : around[0].stop, around[1].start : around[1].stop]
            given = values[:, *inside], own, placed, limits[inside[0]]
            add_part(sums, part_of(*given, (row, column), image_shape, scale), drop, **settings)
    return sums


def on_host(sums):
    """Weights, and weighted values of all planes, (1 + nplanes, ny, nx)."""
    return np.moveaxis(current_backend().asnumpy(sums.totals), -1, 0)


def images_of(sums):
    """The weights, and the means of all planes, (nplanes, ny, nx)."""
    made = weights(sums), *(means(sums, plane) for plane in range(sums.totals.shape[2] - 1))
    weight, *images = map(current_backend().asnumpy, made)
    return weight, np.array(images)


def part_of(values, weight, pixel_map, limits, *placed):
    """A part whose arrays are on the backend."""
    return Part(*map(current_backend().asarray, (values, weight, pixel_map)), limits, *placed)


def peer_of(values, weight, pixel_map, shape, kernel="square", pixfrac=1.0, ratio=1.0, scale=1.0):
    """The package drizzle, when it has added an image once for each plane; and its images."""
    from drizzle.resample import Drizzle

    images = []
    for plane in values:
        peer = Drizzle(kernel=kernel, out_shape=shape, fillval="nan")
        peer.add_image(
            plane,
            exptime=1.0,
            pixmap=np.ascontiguousarray(np.moveaxis(pixel_map, 0, -1)),
            weight_map=weight,
            pixfrac=pixfrac,
            pixel_scale_ratio=ratio,
            iscale=scale,
        )
        images.append(peer.out_img)
    return peer, np.array(images)


