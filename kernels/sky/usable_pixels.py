"""Pixels from which the level of the sky can be told."""

import numpy as np

from gpucal.backend import array_namespace


def usable_values(data, dq, bad_bits):
    """An image with NaN for what is not to be used.

    Parameters
    ----------
    data : (ny, nx) float32 array
        The image.
    dq : (ny, nx) uint32 array or None
        Its flags; None where none counts.
    bad_bits : int
        A pixel with one of these flags is not to be used, nor is one that is not finite.

    Returns
    -------
    (ny, nx) float32 array
    """
    xp = array_namespace(data)
    usable = xp.isfinite(data)
    if dq is not None:
        usable &= (dq & np.uint32(bad_bits)) == 0
    return xp.where(usable, data, np.float32(np.nan))
