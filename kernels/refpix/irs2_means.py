"""Sections of reference pixels of an IRS2 readout, for the correction of mean offsets.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.readout.detector_frame import Axes, pixel_numbers, to_detector_frame
from gpucal.kernels.readout.irs2_layout import BLOCK, NORMAL, OUTPUTS
from gpucal.kernels.refpix.irs2_bad import interleaved_rows
from gpucal.kernels.refpix.sections import BORDER, pooled_sections

UPWARDS, TURNED = Axes(2, 1), Axes(-2, -1)


def irs2_axes(layout):
    """The directions of the readout: the outputs lie side by side along stored columns."""
    return TURNED if layout.turned else UPWARDS


def irs2_sections(pixeldq, layout, odd_even_columns):
    """The pixels of the first and last four detector rows, output by output; on the host.

    The first pair of interleaved pixels of a block belongs to an odd column, the second to an even one.

    Parameters
    ----------
    pixeldq : (nrows, nx) uint32 array
        Pixel flags of a raw image, as stored. A DO_NOT_USE pixel is left out.
    layout : Irs2Layout
        Of the detector.
    odd_even_columns : bool
        Whether odd and even columns have sections of their own.

    Returns
    -------
    Sections
    """
    axes = irs2_axes(layout)
    numbers = pixel_numbers(pixeldq.shape, axes)
    usable = to_detector_frame(pixeldq, axes) & DO_NOT_USE == 0
    columns = np.arange(pixeldq.shape[0])
    second_pair = columns % BLOCK >= NORMAL // 2 + 2
    parities = np.where(interleaved_rows(len(columns)), second_pair, columns % 2) * odd_even_columns
    bands = slice(BORDER), slice(-BORDER, None)
    return pooled_sections(
        [numbers[band] for band in bands],
        [usable[band] for band in bands],
        columns // (len(columns) // OUTPUTS),
        parities,
    )
