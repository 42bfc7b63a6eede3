"""A mask of holes and its images, stated without kernels: a hole is a grid of points, light a sum over these."""

import numpy as np

from gpucal.kernels.interferometry.fringes import Mask, Sampling

PIXEL = np.deg2rad(0.0656 / 3600)
MASK = Mask(np.array([[2.64, 0.0], [0.0, 2.286], [1.32, -2.286], [-1.32, 2.286]]), 0.8)
BAND = np.array([[0.4, 4.7e-6], [0.6, 4.9e-6]])


def points_of_hexagon(size: float, step: float):
    """The points of a grid within a hexagon whose flat sides are at right angles to the first axis."""
    axis = np.arange(-size, size, step) + 0.5 * step
    first, second = np.meshgrid(axis, axis, indexing="ij")
    normals = np.deg2rad([0, 60, 120])
    inside = np.all([abs(first * np.cos(a) + second * np.sin(a)) <= 0.5 * size for a in normals], axis=0)
    return first[inside], second[inside]


def star_of(mask: Mask, matrix, band, sampling: Sampling, offset, step: float = 0.004):
    """The image of a star: for each wavelength the square of the sum of light from all points of all holes."""
    first, second = points_of_hexagon(mask.size, step)
    places = np.array([(y + first, x + second) for y, x in mask.centres])  # (nholes, 2, npoints)
    y, x = np.linalg.inv(matrix) @ places.swapaxes(0, 1).reshape(2, -1)
    middle = 0.5 * (sampling.fine - 1)
    rows, columns = ((np.arange(sampling.fine) - middle) / sampling.oversample - off for off in offset)
    image = 0.0
    for weight, wavelength in band:
        turns = 2 * np.pi * sampling.pitch / wavelength
        field = np.exp(-1j * turns * np.outer(rows, y)) @ np.exp(-1j * turns * np.outer(x, columns))
        image = image + weight * np.abs(field * (step / mask.size) ** 2) ** 2
    shape = (sampling.npix, sampling.oversample) * 2
    return image.reshape(shape).sum((1, 3))
