"""An estimate of each integration of an exposure: the median of all, scaled to the brightness of each.

Source: the "median_image" background of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

import numpy as np

from gpucal.backend import array_namespace, row_tiles
from gpucal.kernels.statistics.stripe_medians import masked_median


def median_over_integrations(data):
    """Median of the integrations of an exposure, pixel by pixel.

    Parameters
    ----------
    data : (nints, ..., ny, nx) float32 array
        Rates or groups.

    Returns
    -------
    (..., ny, nx) float32 array
        NaN where all integrations are.
    """
    xp = array_namespace(data)
    scene = xp.empty(data.shape[1:], data.dtype)
    rows, source = scene.reshape(-1, data.shape[-1]), data.reshape(len(data), -1, data.shape[-1])
    for block in row_tiles(len(rows), 24 * len(data) * data.shape[-1]):
        values = source[:, block]
        known = ~xp.isnan(values)
        median = masked_median(values, known, 0)[0]
        rows[block] = xp.where(known.any(axis=0), median, xp.nan)
    return scene


def relative_brightness(rates):
    """Median of each integration's rates, relative to the median of all these.

    Parameters
    ----------
    rates : (nints, ny, nx) float32 array
        Rates, DN/s.

    Returns
    -------
    (nints,) float32 array or None
        An integration without a finite brightness gets the median of the others. None if no integration has one.
    """
    xp = array_namespace(rates)
    planes = rates.reshape(len(rates), -1)
    known = ~xp.isnan(planes)
    if not known.any():
        return None
    brightness = xp.where(known.any(axis=1), masked_median(planes, known, 1)[:, 0], xp.nan)
    relative = brightness / xp.nanmedian(brightness)
    finite = xp.isfinite(relative)
    if not finite.any():
        return None
    return xp.where(finite, relative, xp.median(relative[finite])).astype(np.float32)
