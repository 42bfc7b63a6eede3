"""The cut of a full-frame reference to the rows of a multistripe readout."""

from typing import NamedTuple

import numpy as np

from gpucal.readouts.stripes import DETECTOR_ROWS, StripeReadout, stored_rows
from gpucal.readouts.subarray import Region, SubarrayError


class StripeCut(NamedTuple):
    """The part of a full-frame reference that a multistripe exposure holds.

    Attributes
    ----------
    readout : StripeReadout
        The rows along the slow axis.
    fast : tuple of int
        First pixel along the fast axis in the reference, and the pixel after the last.
    """

    readout: StripeReadout
    fast: tuple[int, int]

    def of(self, array: np.ndarray) -> np.ndarray:
        """Cut an array.

        Parameters
        ----------
        array : (..., ny, nx) array
            Of the reference.

        Returns
        -------
        (..., ny, nx) or (..., nstripes, ny, nx) array
            A copy; in superstripe readout with an image for each position.
        """
        rows = stored_rows(self.readout)
        fast = slice(*self.fast)
        if self.readout.along_y:
            return np.ascontiguousarray(array[..., fast][..., rows, :])
        cut = array[..., fast, :][..., rows]
        return np.ascontiguousarray(np.moveaxis(cut, -2, -3) if rows.ndim == 2 else cut)


def stripe_cut(readout: StripeReadout, needed: Region, given: Region) -> StripeCut:
    """The cut of a reference to the stripes of an exposure.

    Parameters
    ----------
    readout : StripeReadout
        Of the exposure.
    needed, given : Region
        What the keywords of the exposure and of the reference say that they cover.

    Raises
    ------
    SubarrayError
        If the reference does not cover all rows of the detector, or lacks pixels along the fast axis.
    """
    if readout.along_y:
        rows, start, size = given.ysize, needed.xstart - given.xstart, needed.xsize
        available = given.xsize
    else:
        rows, start, size = given.xsize, needed.ystart - given.ystart, needed.ysize
        available = given.ysize
    if rows != DETECTOR_ROWS:
        raise SubarrayError(f"it covers {rows} rows along the slow axis, and stripes need {DETECTOR_ROWS}")
    if start < 0 or start + size > available:
        raise SubarrayError(
            f"along the fast axis the exposure needs its pixels {start + 1} to {start + size} of {available}"
        )
    return StripeCut(readout, (start, start + size))
