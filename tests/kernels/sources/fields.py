"""Images of stars on a sloping background, with missing pixels."""

import numpy as np


def field(shape, nstars, seed=0, noise=1.0, height=300.0, missing=0.003, dtype=np.float32):
    """An image of Gaussian stars, some of them at its borders, and a mask of pixels that are not on the sky.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    nstars : int
        Their heights are spread exponentially.
    noise, height : float
        Standard deviation of a pixel, and the mean height of a star.
    missing : float
        The part of the pixels that are NaN, and of those that are in the mask, beside a border.

    Returns
    -------
    image : (ny, nx) array of that type
    mask : (ny, nx) bool array
    """
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    image = rng.normal(5, noise, shape) + 0.02 * x - 0.01 * y
    places = rng.uniform(-2, np.array(shape) + 2, (nstars, 2))
    for (row, column), peak, sigma in zip(
        places, rng.exponential(height, nstars), rng.uniform(0.7, 1.6, nstars), strict=True
    ):
        rows, columns = (slice(max(0, int(place) - 9), max(0, int(place) + 10)) for place in (row, column))
        squares = (y[rows, columns] - row) ** 2 + (x[rows, columns] - column) ** 2
        image[rows, columns] += peak * np.exp(-squares / (2 * sigma**2))
    image[rng.random(shape) < missing] = np.nan
    mask = rng.random(shape) < missing
    mask[:3], mask[:, -4:] = True, True
    return image.astype(dtype), mask
