"""Where the pixels of an IRS2 readout stand, and when each was read.

The IRS2 readout of NIRSpec steps out, after every 16 normal pixels, to four reference pixels at the edge of
the detector. Raw images keep these in between: each of the four outputs, and the reference output beside them,
fills 640 rows of the stored image, 32 times 8 normal, 4 interleaved and 8 normal pixels. Stepping out and back
in takes a pixel time each, and so there are 22 pixel times in a block; a pause of eight follows each
detector row.

Source: Rauscher et al. 2017, PASP 129, 105003, and the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

NORMAL = 16
INTERLEAVED = 4
BLOCK = NORMAL + INTERLEAVED
BLOCK_TIMES = BLOCK + 2
PAUSE = 8
BLOCKS = 32
OUTPUTS = 5
RAW_SHAPE = (OUTPUTS * BLOCKS * BLOCK, 2048)

# Whether the stored image runs against the directions of the readout: both its axes do, or neither.
TURNED = {"NRS1": False, "NRS2": True}


class Irs2Layout(NamedTuple):
    """The samples of the five outputs of a detector, in the order in which they are read.

    Attributes
    ----------
    rows : (5, nsamples) int32 array
        Stored row of each sample of a detector row; the reference output comes first.
    times : (nsamples,) int32 array
        When each sample is read, in pixel times from the first of the detector row.
    normal : (nsamples,) bool array
        True for normal pixels, False for interleaved reference pixels.
    period : int
        Pixel times from one detector row to the next.
    turned : bool
        Whether the detector's rows (stored columns) are read from the last to the first.
    """

    rows: np.ndarray
    times: np.ndarray
    normal: np.ndarray
    period: int
    turned: bool


def irs2_layout(detector, blocks=BLOCKS):
    """The layout of a detector.

    Parameters
    ----------
    detector : str
        ``NRS1`` or ``NRS2``.
    blocks : int
        Blocks of 16 normal pixels in a row of one output; the real detectors have 32.

    Returns
    -------
    Irs2Layout
        On the host.

    Raises
    ------
    ValueError
        If there is no such detector.
    """
    if detector not in TURNED:
        raise ValueError(f"detector {detector} has no IRS2 readout")
    nsamples = blocks * BLOCK
    sample = np.arange(nsamples)
    block, place = np.divmod(sample, BLOCK)
    stepped_out, stepped_in = place >= NORMAL // 2, place >= NORMAL // 2 + INTERLEAVED
    times = block * BLOCK_TIMES + place + stepped_out + stepped_in
    columns = np.array([
        output * nsamples + (sample if output % 2 else sample[::-1]) for output in range(OUTPUTS)
    ])  # fmt: skip
    rows = OUTPUTS * nsamples - 1 - columns if TURNED[detector] else columns
    return Irs2Layout(
        rows.astype(np.int32),
        times.astype(np.int32),
        ~stepped_out | stepped_in,
        blocks * BLOCK_TIMES + PAUSE,
        TURNED[detector],
    )


def normal_rows(layout):
    """The stored rows, upwards, that hold the normal pixels of the four outputs; (nnormal,) int32 array."""
    return np.sort(layout.rows[1:, layout.normal], axis=None)


def is_irs2(shape):
    """Whether images of this shape hold interleaved reference pixels."""
    return max(shape[-2:]) > RAW_SHAPE[1]
