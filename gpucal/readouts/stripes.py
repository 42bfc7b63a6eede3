"""Which detector rows a multistripe readout reads, and the cut of a reference to them.

A multistripe readout reads a few rows at the start of the subarray, of reference pixels as a rule, skips to a
stripe of science rows, reads it, and goes on from there or from the start again until the subarray is full
(substripes). In superstripe readout the science rows move on by a step from each integration to the next, and
come back to the first position after a number of integrations. Rows run along the slow axis of the detector.

Source: the keywords MSTR_*, SSTR_* of the JWST keyword dictionary; NIRCam multistripe subarrays and NIRISS SOSS
in the JWST user documentation, https://jwst-docs.stsci.edu.
"""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.readouts.subarray import Region, SubarrayError

log = logging.getLogger(__name__)

DETECTOR_ROWS = 2048

# The burst of rows that are read before each stripe of science rows.
REFERENCE_BURST = -1

_KEYWORDS = {
    "MSTR_RD1": "multistripe_reads1",
    "MSTR_SK1": "multistripe_skips1",
    "MSTR_RD2": "multistripe_reads2",
    "MSTR_SK2": "multistripe_skips2",
    "MSTR_RPT": "repeat_stripe",
    "MSTR_ILV": "interleave_reads1",
    "SSTR_STP": "superstripe_step",
    "SSTR_NST": "num_superstripe",
    "FASTAXIS": "fastaxis",
    "SLOWAXIS": "slowaxis",
    "SUBSTRT1": "xstart",
    "SUBSTRT2": "ystart",
    "SUBSIZE1": "xsize",
    "SUBSIZE2": "ysize",
}


class StripeReadout(NamedTuple):
    """How the rows of a multistripe subarray are read.

    Attributes
    ----------
    first_reads : int
        Rows read at the start of the subarray.
    first_skips : int
        Rows skipped from there to the first science rows.
    reads : int
        Science rows of one stripe.
    skips : int
        Rows skipped between one stripe and the next.
    repeats : bool
        Whether each stripe begins at the start of the subarray again.
    interleaves : bool
        Whether it then goes on to the rows after the last stripe, not to the same ones.
    step : int
        Rows from the science rows of one superstripe to those of the next.
    superstripes : int
        Superstripe positions; zero in substripe readout.
    slowaxis : int
        The keyword SLOWAXIS: 1, -1, 2 or -2.
    origin : int
        Zero-based detector row where the subarray starts, in the order of the readout.
    size : int
        Rows of the stored image.
    """

    first_reads: int
    first_skips: int
    reads: int
    skips: int
    repeats: bool
    interleaves: bool
    step: int
    superstripes: int
    slowaxis: int
    origin: int
    size: int

    @property
    def along_y(self) -> bool:
        """Whether rows of the readout are rows of the stored image, not columns."""
        return abs(self.slowaxis) == 2


class ReadOrder(NamedTuple):
    """The rows of a readout, in their order.

    Attributes
    ----------
    rows : (nstripes, size) int array
        Zero-based detector row that each row of the subarray holds, in the order of the readout; one line for
        each superstripe position, and one in substripe readout.
    bursts : (nstripes, size) int array
        Which of the bursts of science rows of its integration a row belongs to; `REFERENCE_BURST` for the rows
        read at the start of the subarray.
    """

    rows: np.ndarray
    bursts: np.ndarray


def is_multistripe(meta) -> bool:
    """Whether an exposure was read in stripes."""
    return getattr(meta.subarray, "multistripe_reads1", None) is not None


def superstripes_of(meta) -> int:
    """Number of superstripe positions of an exposure; zero if it was not read in superstripes."""
    return max(0, getattr(meta.subarray, "num_superstripe", None) or 0)


def stripe_readout(meta) -> StripeReadout:
    """How an exposure was read in stripes.

    Parameters
    ----------
    meta : metadata tree
        Of the exposure.

    Returns
    -------
    StripeReadout
        Superstripes that give no number of science rows (MSTR_RD2) read as many as they step.

    Raises
    ------
    SubarrayError
        If a keyword is missing or the science rows are none.
    """
    given = {name: getattr(meta.subarray, name) for name in _KEYWORDS.values()}
    missing = [keyword for keyword, name in _KEYWORDS.items() if given[name] is None]
    if missing:
        raise SubarrayError(f"multistripe readout needs the keywords {', '.join(missing)}")
    along_y = abs(given["slowaxis"]) == 2
    superstripes = superstripes_of(meta)
    reads = given["multistripe_reads2"]
    if reads <= 0 and superstripes:
        reads = given["superstripe_step"]
    if reads <= 0:
        raise SubarrayError("multistripe readout needs science rows, and MSTR_RD2 is not positive")
    return StripeReadout(
        first_reads=max(0, given["multistripe_reads1"]),
        first_skips=given["multistripe_skips1"],
        reads=reads,
        skips=given["multistripe_skips2"],
        repeats=given["repeat_stripe"] > 0,
        interleaves=given["interleave_reads1"] != 0,
        step=given["superstripe_step"],
        superstripes=superstripes,
        slowaxis=given["slowaxis"],
        origin=_origin(meta.subarray.name, given["slowaxis"], given["ystart" if along_y else "xstart"]),
        size=given["ysize" if along_y else "xsize"],
    )


def _origin(name, slowaxis, corner) -> int:
    """Zero-based detector row of the first read.

    The keyword counts stored rows from one and names the row that is read first, also where the readout runs
    against the stored rows. DHS subarrays start at the first row whatever it says, and so do readouts
    against the stored rows with a start of one: early products were written that way.
    """
    against = slowaxis < 0
    if "DHS" in str(name).upper() or (against and corner == 1):
        return 0
    return DETECTOR_ROWS - corner if against else corner - 1


def read_order(readout: StripeReadout) -> ReadOrder:
    """The rows of a readout, in their order.

    Raises
    ------
    SubarrayError
        If the stripes do not fill the subarray, or reach beyond the detector.
    """
    stripes = [_read_stripe(readout, stripe) for stripe in range(max(1, readout.superstripes))]
    if any(len(rows) != readout.size for rows, _bursts in stripes):
        raise SubarrayError(f"stripes of {readout.reads} rows do not fill the {readout.size} of the subarray")
    rows, bursts = (np.array(lines) for lines in zip(*stripes, strict=True))
    if rows.min() < 0 or rows.max() >= DETECTOR_ROWS:
        raise SubarrayError(
            f"stripes read the rows {rows.min() + 1} to {rows.max() + 1} of {DETECTOR_ROWS} of the detector"
        )
    return ReadOrder(rows, bursts)


def _read_stripe(readout, stripe):
    """Rows and bursts of one superstripe position, or of all substripes."""
    rows, bursts = [], []
    burst = position = 0
    while len(rows) < readout.size:
        if burst == 0 or readout.repeats:
            position = readout.origin
            rows += range(position, position + readout.first_reads)
            bursts += [REFERENCE_BURST] * readout.first_reads
            position += readout.first_reads + _skips(readout, stripe, burst)
        else:
            position += readout.skips
        rows += range(position, position + readout.reads)
        bursts += [burst] * readout.reads
        position += readout.reads
        burst += 1
    return rows, bursts


def _skips(readout, stripe, burst) -> int:
    """Rows skipped from the start of the subarray to a burst of science rows.

    Interleaved bursts after the first do not count the step between superstripes, as in jwst 3.0.0.
    """
    if readout.interleaves and burst > 0:
        return readout.first_skips + burst * (readout.skips + readout.reads)
    return readout.first_skips + readout.step * stripe


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


def stored_rows(readout: StripeReadout) -> np.ndarray:
    """The row of a stored full frame that each row of a stored stripe image holds.

    Returns
    -------
    (size,) or (nstripes, size) int array
        In superstripe readout with a line for each position.
    """
    rows = read_order(readout).rows
    if readout.slowaxis < 0:
        rows = DETECTOR_ROWS - 1 - rows[:, ::-1]
    return rows if readout.superstripes else rows[0]


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
