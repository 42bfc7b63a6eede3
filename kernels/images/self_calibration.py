"""Bad pixels that exposures tell of themselves: too bright or too dark for where they are, whatever was looked at.

Source: the ``badpix_selfcal`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/badpix_selfcal/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.flags.dqflags import DO_NOT_USE, OTHER_BAD_PIXEL
from gpucal.kernels.statistics.window_medians import window_medians


class Unusual(NamedTuple):
    """Pixels that are unlike those about them.

    Attributes
    ----------
    mask : (ny, nx) bool array
        Those.
    low, high : float
        How far they are below or above the median about them, at least; NaN if no pixel is known.
    """

    mask: np.ndarray
    low: float
    high: float


def unusual_pixels(image, window, share_below: float, share_above: float) -> Unusual:
    """The pixels of an image that differ most from the median about them: a share of all that are known.

    Parameters
    ----------
    image : (ny, nx) float32 array
        The least of several exposures; NaN where none tells.
    window : tuple of int
        Rows and columns of the median; see `gpucal.kernels.statistics.window_medians`.
    share_below, share_above : float
        How many are too dark, and how many too bright, as parts of all.

    Returns
    -------
    Unusual
        On the backend.
    """
    xp = array_namespace(image)
    excess = image - window_medians(image, window).astype(np.float32)
    known = excess[~xp.isnan(excess)]
    if not known.size:
        return Unusual(xp.zeros(image.shape, bool), np.nan, np.nan)
    low, high = xp.percentile(known, xp.asarray([share_below * 100, (1 - share_above) * 100]))
    return Unusual((excess > high) | (excess < low), float(low), float(high))


def flag_bad(mask, dq, planes) -> None:
    """Flag pixels DO_NOT_USE and OTHER_BAD_PIXEL, and make them NaN in all planes, in place.

    Parameters
    ----------
    mask : (ny, nx) bool array
        The pixels.
    dq : (ny, nx) uint32 array
        Flags; edited.
    planes : iterable of (ny, nx) float32 array
        Edited.
    """
    dq[mask] |= np.uint32(DO_NOT_USE | OTHER_BAD_PIXEL)
    for plane in planes:
        plane[mask] = np.float32(np.nan)
