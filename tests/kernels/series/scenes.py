"""Small series of a star, for tests."""

import numpy as np
from scipy.special import erf

NINTS, NY, NX = 6, 24, 27


def gaussian(x, y, width_x, width_y, flux, shape=(NY, NX)):
    """A Gaussian integrated over pixels."""

    def profile(number, middle, width):
        edges = erf((np.arange(number + 1) - 0.5 - middle) / (np.sqrt(2) * width))
        return np.diff(edges) / 2

    return flux * np.outer(profile(shape[0], y, width_y), profile(shape[1], x, width_x))


def series(seed=1):
    """A star that moves a little, with noise, a level, and pixels without values.

    Returns
    -------
    data, err : (nints, ny, nx) float32 arrays
    bad : (nints, ny, nx) bool array
        Of these some are finite in `data`.
    """
    rng = np.random.default_rng(seed)
    data = np.empty((NINTS, NY, NX))
    for number in range(NINTS):
        place = 12.3 + 0.1 * number, 11.2 - 0.07 * number
        data[number] = gaussian(*place, 1.3, 1.7, 5000 * (1 - 0.01 * number)) + 20 + number
    data += rng.normal(0, 2, data.shape)
    bad = rng.random(data.shape) < 0.02
    data[rng.random(data.shape) < 0.02] = np.nan
    return data.astype(np.float32), np.full(data.shape, 2, np.float32), bad | np.isnan(data)
