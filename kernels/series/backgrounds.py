"""The level about a source in each integration: the median of the pixels that are far from it."""

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit


def median_levels(planes, is_far):
    """The median of some pixels of each integration.

    Parameters
    ----------
    planes : (nints, ny, nx) float32 array
        NaN do not count.
    is_far : (ny, nx) bool array
        The pixels that do.

    Returns
    -------
    (nints,) float32 array
        The mean of the two values in the middle where their number is even; NaN where there is none.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(planes=(planes, "nints ny nx"), is_far=(is_far, "ny nx"))
    xp = array_namespace(planes)
    values = planes[:, is_far]
    if not values.shape[1]:
        return xp.full(len(planes), np.nan, np.float32)
    ordered = xp.sort(values, axis=1)  # NaN come last
    counts = values.shape[1] - xp.isnan(ordered).sum(axis=1)
    which = xp.arange(len(planes))
    low, high = (ordered[which, xp.maximum(place, 0)] for place in ((counts - 1) // 2, counts // 2))
    medians = (low + high) / np.float32(2)
    medians[counts == 0] = np.nan
    return medians.astype(np.float32)
