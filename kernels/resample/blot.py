"""Blotting: what an image shows at the places of other pixels, such as a mosaic at those of an exposure.

Source: the documentation of the package drizzle, https://spacetelescope-drizzle.readthedocs.io, for its bilinear
interpolation. Places and products are float32, as there.
"""

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel


def blot(image, pixel_map, empty=0.0):
    """Interpolate an image at places, bilinearly.

    Parameters
    ----------
    image : (ny, nx) float32 array
        To be interpolated. NaN spreads to all places that are between it and another pixel.
    pixel_map : (2, nrows, ncolumns) float64 array
        x and y of the places in the image.
    empty : float
        The value of places that are NaN, or not from 0 to below the extents of the image.

    Returns
    -------
    (nrows, ncolumns) float32 array
        Beyond the centres of the outermost pixels, their values.

    Raises
    ------
    ValueError
        If the image or the map has other axes.
    """
    if image.ndim != 2 or pixel_map.ndim != 3 or len(pixel_map) != 2:
        raise ValueError(f"an image {image.shape} cannot be interpolated at places {pixel_map.shape}")
    blotted = current_backend().xp.empty(pixel_map.shape[1:], np.float32)
    write_interpolated(blotted.shape, image, pixel_map, np.float32(empty), blotted)
    return blotted


@pixel_kernel
def write_interpolated(row, column, image, pixel_map, empty, blotted):
    """The value at one place."""
    ny, nx = image.shape
    x, y = np.float32(pixel_map[0, row, column]), np.float32(pixel_map[1, row, column])
    if x >= 0 and x < nx and y >= 0 and y < ny:
        blotted[row, column] = between(image, x, y)
    else:
        blotted[row, column] = empty


@pixel_function
def between(image, x, y):
    """Interpolate at a place that is in the image; beyond the last centres along one axis, along the other one."""
    i, j = int(x), int(y)
    right, above = x - np.float32(i), y - np.float32(j)
    left, below = np.float32(1) - right, np.float32(1) - above
    last_x, last_y = i == image.shape[1] - 1, j == image.shape[0] - 1
    value = image[j, i]
    if last_x and not last_y:
        value = below * value + above * image[j + 1, i]
    elif last_y and not last_x:
        value = left * value + right * image[j, i + 1]
    elif not last_x:
        value = left * below * value + right * below * image[j, i + 1]
        value += above * left * image[j + 1, i]
        value += right * above * image[j + 1, i + 1]
    return value
