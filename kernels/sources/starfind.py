"""Places and shapes of stars from moments, as IRAF's task starfind measures them.

Source: the documentation of `photutils.detection.IRAFStarFinder`, https://photutils.readthedocs.io.
"""

import math

import numpy as np

from gpucal.kernels.sources.star_profile import StarProfile


def measure_starfind(around, profile: StarProfile):
    """Measure stars in the pixels of a profile, above the mean of the corners beyond its cut-off.

    Parameters
    ----------
    around : (nstars, n, n) float array
        Stars with their surroundings, on the grid of the profile, on the host.
    profile : StarProfile
        What stars look like.

    Returns
    -------
    columns : dict of str to (nstars,) array
        ``x`` and ``y``, from the middle; ``fwhm``, pixels; ``sharpness``, the width over that of the
        profile; ``roundness``, from 0 for round to 1; ``orientation`` of the major axis, degrees from x towards y;
        ``n_pixels`` above the corners; ``peak`` and ``flux`` of these. NaN where less than two pixels are above.
    shapes : tuple of str
        The columns that tell roundness.
    """
    corners = ~profile.inside
    sky = (around * corners).sum((1, 2)) / int(corners.sum())
    signal = (around - sky[:, None, None]) * profile.inside.astype(np.int64)
    signal[signal < 0] = 0
    n_pixels = np.count_nonzero(signal, axis=(1, 2))
    flux = signal.sum((1, 2))
    steps = np.arange(-profile.radius, profile.radius + 1.0)
    x, y = (_weighted(signal, steps, axis) / flux for axis in (2, 1))
    from_x, from_y = (steps - place[:, None] for place in (x, y))
    xx, yy = (_weighted(signal, distance**2, axis) / flux for axis, distance in ((2, from_x), (1, from_y)))
    xy = (signal * from_y[:, :, None] * from_x[:, None, :]).sum((1, 2)) / flux
    fwhm = 2 * np.sqrt(math.log(2) * (xx + yy))
    columns = {
        "x": np.where(n_pixels > 1, x, np.nan),
        "y": y,
        "fwhm": fwhm,
        "sharpness": fwhm / profile.fwhm,
        "roundness": np.hypot(xx - yy, 2 * xy) / (xx + yy),
        "orientation": np.rad2deg(0.5 * np.arctan2(2 * xy, xx - yy)) % 360,
        "n_pixels": n_pixels,
        "peak": signal.max((1, 2)),
        "flux": flux,
    }
    return columns, ("roundness",)


def _weighted(signal, weights, axis):
    """Sums over images, weighted along one of their axes."""
    return (signal.sum(3 - axis) * weights).sum(1)
