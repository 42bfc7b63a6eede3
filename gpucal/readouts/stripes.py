"""Which detector rows a multistripe readout reads, and which integrations read the same ones.

A multistripe readout reads a few rows at the start of the subarray, of reference pixels as a rule, skips to a
stripe of science rows, reads it, and goes on from there or from the start again until the subarray is full
(substripes). In superstripe readout the science rows move on by a step from each integration to the next, and
come back to the first position after a number of integrations. Rows run along the slow axis of the detector.

Source: the keywords MSTR_*, SSTR_* of the JWST keyword dictionary; NIRCam multistripe subarrays and NIRISS SOSS
in the JWST user documentation, https://jwst-docs.stsci.edu.
"""

from typing import NamedTuple

import numpy as np

from gpucal.data.segments import superstripes_of
from gpucal.readouts.subarray import SubarrayError

DETECTOR_ROWS = 2048

# The number that stands for the rows that are read before each stripe of science rows.
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


def stripe_readout(meta) -> StripeReadout:
    """How an exposure was read in stripes.

    Parameters
    ----------
    meta : metadata tree
        The metadata of the exposure.

    Returns
    -------
    StripeReadout
        If superstripes have no number of science rows (MSTR_RD2), it is the step from one superstripe to the next.

    Raises
    ------
    SubarrayError
        If a keyword is missing or there are no science rows.
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

    The keyword counts stored rows from one, and tells the row that is read first even if the readout goes from high
    rows to low ones. Two kinds of subarrays start at the first row of the readout, whatever the keyword says: DHS
    subarrays, and those read from high rows to low ones with a start of one, as in early products.
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


def detector_regions(exposure):
    """Which integrations look at which region of the detector.

    Parameters
    ----------
    exposure : Exposure
        Ramps. Those of superstripes have pixel flags of shape (nstripes, ny, nx), and so have the references that
        are cut to them: each integration looks at the next stripe, and begins anew after the last.

    Yields
    ------
    region : int or Ellipsis
        Index of the region in pixel flags and references; Ellipsis where there is but one.
    integrations : slice
        The integrations, of consecutive memory.

    Notes
    -----
    Used as in::

        for region, integrations in detector_regions(exposure):
            exposure.data[integrations] -= bias[region]
    """
    superstripes = superstripes_of(exposure.meta)
    if not superstripes:
        yield ..., slice(None)
        return
    for integration in range(len(exposure.data)):
        yield integration % superstripes, slice(integration, integration + 1)
