"""The light that falls on the detector: stars on a smooth sky."""

import numpy as np

STAMP_RADIUS = 12
PSF_SIGMA = 1.0
BRIGHT_STARS = 6


def photon_rate(readout, effects, rng):
    """Electrons that light makes in each pixel in a second.

    Brightness is set against the exposure: faint stars of all magnitudes, and a few that reach full
    well between the second group and the last.

    Parameters
    ----------
    readout : Readout
    effects : Effects
    rng : numpy.random.Generator

    Returns
    -------
    ndarray (ny, nx), float64
    """
    ny, nx = readout.subarray.shape
    rate = np.zeros((ny, nx))
    if effects.sky:
        y, x = np.mgrid[0:ny, 0:nx]
        rate += effects.sky_rate * (1 + 0.1 * (x / nx - 0.5) + 0.05 * (y / ny - 0.5))
    if effects.stars:
        for y, x, peak in _stars(readout, effects, rng):
            _add_star(rate, y, x, peak)
    return rate


def _stars(readout, effects, rng):
    """Positions (pixels) and central rates (electrons per second), array (n, 3)."""
    ny, nx = readout.subarray.shape
    faint = max(4, rng.poisson(effects.stars_per_pixel * ny * nx))
    times = readout.integration_time * 10 ** rng.uniform(0.3, 3.5, faint)
    latest = max(readout.integration_time, 1.5 * readout.group_time)
    saturating = np.linspace(1.5 * readout.group_time, latest, BRIGHT_STARS)
    peak = readout.detector.full_well / np.concatenate([times, saturating])
    number = len(peak)
    return np.column_stack([rng.uniform(0, ny, number), rng.uniform(0, nx, number), peak])


def _add_star(rate, y, x, peak):
    """Add a Gaussian core with a faint, three times wider halo."""
    ny, nx = rate.shape
    rows = np.arange(max(0, int(y) - STAMP_RADIUS), min(ny, int(y) + STAMP_RADIUS + 1))
    columns = np.arange(max(0, int(x) - STAMP_RADIUS), min(nx, int(x) + STAMP_RADIUS + 1))
    distance = (rows[:, None] - y) ** 2 + (columns[None, :] - x) ** 2
    core = np.exp(-0.5 * distance / PSF_SIGMA**2)
    halo = np.exp(-0.5 * distance / (3 * PSF_SIGMA) ** 2)
    rate[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += peak * (0.97 * core + 0.03 * halo)
