"""Which reference pixels tell the drift of which detector columns.

Reference pixels are pooled in sections: the pixels of one output, of one parity of columns, at one edge of
the detector. A column is corrected by the mean of its section, or by the average over the two edges. This is
bookkeeping on positions: it is done once for an exposure, on the host.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.readout.detector_frame import FULL_FRAME

BORDER = 4
OUTPUT_WIDTH = 512


class Sections(NamedTuple):
    """Sections of reference pixels, and the columns that they correct.

    Attributes
    ----------
    pixels : (npixels,) int32 array
        Positions of the pixels in the flattened stored image, section after section.
    starts : (nsections + 1,) int32 array
        Where each section begins in ``pixels``, and the end. The last section is empty.
    columns : (2, nfast) int32 array
        The two sections whose means are averaged for each detector column: the same one twice where there
        is but one, the empty one where there is none.
    """

    pixels: np.ndarray
    starts: np.ndarray
    columns: np.ndarray


def four_output_sections(numbers, pixeldq, window, odd_even_columns):
    """Sections of a detector read through four outputs: pixels along the bottom and the top edge.

    Parameters
    ----------
    numbers : (nslow, nfast) int32 array
        Position of each pixel in the flattened stored image; see `detector_frame.pixel_numbers`.
    pixeldq : (nslow, nfast) uint32 array
        Pixel flags, in the detector frame. A DO_NOT_USE pixel is left out.
    window : Window
        The part of the detector that the exposure holds.
    odd_even_columns : bool
        Whether odd and even columns have sections of their own.

    Returns
    -------
    Sections
        An output of which a parity has no pixel at either edge is not corrected.
    """
    slow = np.array(window.slow)
    edges = slow < BORDER, slow >= FULL_FRAME - BORDER
    outputs = np.array(window.fast) // OUTPUT_WIDTH
    good = [pixeldq[edge] & DO_NOT_USE == 0 for edge in edges]
    return pooled_sections(
        [numbers[edge] for edge in edges], good, outputs, _parities(window, odd_even_columns)
    )


def single_output_sections(numbers, pixeldq, window, odd_even_columns):
    """Sections of a subarray read through one output: all pixels that carry the REFERENCE_PIXEL flag.

    Parameters
    ----------
    numbers, pixeldq, window, odd_even_columns
        As in `four_output_sections`.

    Returns
    -------
    Sections
        Nothing is corrected if a parity has no pixel.
    """
    good = pixeldq & (REFERENCE_PIXEL | DO_NOT_USE) == REFERENCE_PIXEL
    outputs = np.zeros(len(window.fast), int)
    return pooled_sections([numbers], [good], outputs, _parities(window, odd_even_columns))


def _parities(window, odd_even_columns):
    return np.array(window.fast) % 2 if odd_even_columns else np.zeros(len(window.fast), int)


def pooled_sections(numbers, good, outputs, parities):
    """Sections of each output and parity in one or two bands of rows.

    Parameters
    ----------
    numbers : list of (nrows, nfast) int32 array
        Positions of the pixels of each band in the flattened stored image.
    good : list of (nrows, nfast) bool array
        The pixels of each band that serve.
    outputs, parities : (nfast,) int array
        Output and parity of each detector column.

    Returns
    -------
    Sections
        An output of which a parity has no pixel in any band is not corrected.
    """
    members = []
    columns = np.full((2, len(outputs)), -1, np.int32)
    for output in np.unique(outputs):
        pooled = []
        for parity in np.unique(parities):
            chosen = (outputs == output) & (parities == parity)
            bands = [band[:, chosen][use[:, chosen]] for band, use in zip(numbers, good, strict=True)]
            pooled.append((chosen, [band for band in bands if band.size]))
        if all(bands for _chosen, bands in pooled):
            for chosen, bands in pooled:
                columns[:, chosen] = [[len(members)], [len(members) + len(bands) - 1]]
                members += bands
    columns[columns < 0] = len(members)
    members.append(np.empty(0, np.int32))
    starts = np.cumsum([0, *(len(pixels) for pixels in members)], dtype=np.int32)
    return Sections(np.concatenate(members), starts, columns)
