"""Places and shapes of stars from fits to their profiles along x and y, as DAOFIND measures them.

Source: P. B. Stetson 1987, Publications of the Astronomical Society of the Pacific 99, 191, and the documentation of
`photutils.detection.DAOStarFinder`, https://photutils.readthedocs.io.
"""

import numpy as np

from gpucal.kernels.sources.star_profile import StarProfile


def measure_daofind(around, convolved, profile: StarProfile):
    """Measure stars.

    Parameters
    ----------
    around, convolved : (nstars, n, n) float array
        Stars with their surroundings, on the grid of the profile, in the image and in the image convolved with the
        filter; on the host.
    profile : StarProfile
        What stars look like.

    Returns
    -------
    columns : dict of str to (nstars,) array
        ``x`` and ``y``, from the middle; ``sharpness``, the height of the central pixel above the
        mean of the others, over that of the Gaussian; ``roundness1``, of the asymmetry between quadrants;
        ``roundness2``, of the heights along x and y; ``peak``, the central pixel; ``flux``, the sum of all;
        ``height_x`` and ``height_y`` of the fits. NaN where a fit has no positive height.
    shapes : tuple of str
        The columns that tell roundness.
    """
    middle = profile.radius
    peak, height = around[:, middle, middle], convolved[:, middle, middle]
    others = ((around * profile.inside.astype(np.int64)).sum((1, 2)) - peak) / (profile.inside.sum() - 1)
    (x, height_x), (y, height_y) = (_fit(around, profile, axis) for axis in (2, 1))
    columns = {
        "x": x,
        "y": y,
        "sharpness": (peak - others) / height,
        "roundness1": _asymmetry(convolved, middle),
        "roundness2": 2 * (height_x - height_y) / (height_x + height_y),
        "peak": peak,
        "flux": around.sum((1, 2)),
        "height_x": height_x,
        "height_y": height_y,
    }
    return columns, ("roundness1", "roundness2")


def _asymmetry(convolved, middle):
    """Twice the difference of the quadrants about the axes, over the sum of all but the central pixel.

    A quadrant begins on one half of an axis and ends before the next: 0 for what looks the same after a quarter turn.
    """
    signs = np.zeros(convolved.shape[1:])
    signs[: middle + 1, middle + 1 :] = signs[middle:, :middle] = -1
    signs[:middle, : middle + 1] = signs[middle + 1 :, middle:] = 1
    rest = convolved.copy()
    rest[:, middle, middle] = 0
    return 2 * (rest * signs).sum((1, 2)) / np.abs(rest).sum((1, 2))


def _fit(around, profile, axis):
    """Fit the Gaussian, summed across an axis, to stars that are summed in the same way.

    Pixels count less the further they are from the middle. The height is that of a linear fit with a level background,
    and the place follows from the slope of the Gaussian; where this is too far, it is the mean place of the signal.

    Returns
    -------
    place, height : (nstars,) float64 array
        From the middle, pixels, and of the Gaussian.
    """
    length = len(profile.gaussian)
    steps = np.arange(length) - profile.radius
    weights = profile.radius + 1 - np.abs(steps)
    across = weights[:, None] if axis == 2 else weights[None, :]
    model = (profile.gaussian * across).sum(axis=axis % 2)
    signal = (around * across).sum(axis=3 - axis)
    slope = -model * steps
    total = (signal * weights).sum(1)
    numerator = (signal * model * weights).sum(1) - total * (model * weights).sum() / weights.sum()
    denominator = (model**2 * weights).sum() - (model * weights).sum() ** 2 / weights.sum()
    height = numerator / denominator
    along = (signal * slope * weights).sum(1) - (slope * weights).sum() * total
    width = (slope**2 * weights).sum() / profile.sigma**2
    place = ((model * slope * weights).sum() - along) / (height * width)
    is_far = np.abs(place) > length / 2
    # Along x photutils takes the mean place with the opposite sign, and so does this.
    mean_place = (signal * steps * weights).sum(1) / total * (-1 if axis == 2 else 1)
    place = np.where(is_far, np.where((total == 0) | (np.abs(mean_place) > length / 2), 0, mean_place), place)
    is_star = (numerator > 0) & (denominator > 0)
    return np.where(is_star, place, np.nan), np.where(is_star, height, np.nan)
