"""Multistripe readouts: the rows that each stripe reads, and the pixels that they show.

A readout begins with a few rows of reference pixels before each burst of science rows. Substripes follow each other
in one image. In superstripe readout the science rows move on from each integration to the next, and start again when
all of the detector has been read. Neighbours in an image couple, also where two stripes meet, as the ``ipc`` step has
it.

Sources: the keywords MSTR_* and SSTR_* of the JWST keyword dictionary. Rows of DHS substripes and of SUB204STRIPE_SOSS
are those in tests of jwst 3.0.0 (``lib/tests/test_stripe_utils.py``); the other SOSS subarrays are laid out like
that one, with as many science rows as their names say.
"""

from dataclasses import astuple, dataclass

import numpy as np

KEYWORDS = ("MSTR_RD1", "MSTR_RD2", "MSTR_SK1", "MSTR_SK2", "MSTR_RPT", "MSTR_ILV", "SSTR_STP", "SSTR_NST")


@dataclass(frozen=True)
class Stripes:
    """How rows are read; rows run along the slow axis of the readout.

    Attributes
    ----------
    reference_rows : int
        Rows read before each burst of science rows, from the first row of the detector on.
    science_rows : int
        Rows of a burst.
    first_skips : int
        Rows skipped from the reference rows to the science rows.
    skips : int
        Rows skipped from one burst to the next.
    repeats : bool
        Whether the reference rows are read again before each burst; they always are here.
    interleaves : bool
        Whether a burst goes on after the one before it.
    step : int
        Rows from the science rows of one superstripe to those of the next.
    superstripes : int
        Positions of superstripes; zero for substripes.
    """

    reference_rows: int
    science_rows: int
    first_skips: int
    skips: int = 0
    repeats: bool = True
    interleaves: bool = True
    step: int = 0
    superstripes: int = 0

    @property
    def positions(self):
        """Integrations that look at other rows, before the first rows come again."""
        return max(1, self.superstripes)

    def keywords(self):
        """Primary keywords, dict of int."""
        return dict(zip(KEYWORDS, map(int, astuple(self)), strict=True))

    @classmethod
    def of_header(cls, header):
        """The stripes that a header tells of; None if it tells of none."""
        if "MSTR_RD1" not in header:
            return None
        values = [header[keyword] for keyword in KEYWORDS]
        return cls(*values[:4], bool(values[4]), bool(values[5]), *values[6:])

    def rows(self, size):
        """The detector rows that an image holds, in the order of the readout.

        Parameters
        ----------
        size : int
            Rows of the image.

        Returns
        -------
        ndarray (positions, size), int
        """
        burst, row = np.divmod(np.arange(size), self.reference_rows + self.science_rows)
        first = self.first_skips + burst * self.interleaves * (self.science_rows + self.skips)
        moved = first + self.step * np.arange(self.positions)[:, None]
        return np.where(row < self.reference_rows, row, row + moved)


def stored_rows(detector, subarray):
    """The detector rows or columns that stored images of a striped subarray hold.

    Parameters
    ----------
    detector : Detector
    subarray : Subarray

    Returns
    -------
    axis : int
        0 where stripes are rows of the stored image, 1 where they are columns.
    rows : ndarray (positions, size), int
        Zero-based, in the science frame.
    """
    axis = 0 if abs(detector.slow_axis) == 2 else 1
    rows = subarray.stripes.rows(subarray.shape[axis])
    return axis, detector.size[axis] - 1 - rows[:, ::-1] if detector.slow_axis < 0 else rows


def sights(detector, subarray, pixels, rate):
    """What the integrations of an exposure see, in turn.

    Parameters
    ----------
    detector : Detector
    subarray : Subarray
    pixels : Pixels
        Of `Subarray.covered`.
    rate : ndarray
        Electrons per second from light, of the same pixels.

    Returns
    -------
    list of (Pixels, ndarray)
        For each superstripe the pixels and rates of its image; one entry where all integrations see the same.
    """
    if subarray.stripes is None:
        return [(pixels, rate)]
    axis, positions = stored_rows(detector, subarray)
    return [(pixels.taken(rows, axis), np.take(rate, rows, axis)) for rows in positions]
