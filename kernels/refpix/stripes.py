"""Which reference pixels tell the drift of the columns of a multistripe subarray.

Stripes hold rows from several parts of the detector, and the reference pixels among them stand anywhere: they
are known by their flag. All of one output and one parity of columns are pooled.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html; the rules for stripes are those that
jwst 3.0.0 follows.
"""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.readout.detector_frame import FULL_FRAME
from gpucal.kernels.refpix.sections import OUTPUT_WIDTH, pooled_sections


def stripe_sections(numbers, pixeldq, first_column, odd_even_columns):
    """Sections of a multistripe subarray: all pixels that carry the REFERENCE_PIXEL flag, by output.

    Parameters
    ----------
    numbers : (nslow, nfast) int32 array
        Position of each pixel in the flattened stored image; see `detector_frame.pixel_numbers`.
    pixeldq : (nslow, nfast) uint32 array
        Pixel flags, in the detector frame. A DO_NOT_USE pixel is left out.
    first_column : int
        Where the subarray begins along the fast axis; outputs are 512 columns each.
    odd_even_columns : bool
        Whether odd and even columns have sections of their own.

    Returns
    -------
    Sections
        An output of which a parity has no pixel is not corrected; nor are columns beyond the detector.
    """
    columns = first_column + np.arange(numbers.shape[1])
    on_detector = (columns >= 0) & (columns < FULL_FRAME)
    good = (pixeldq & (REFERENCE_PIXEL | DO_NOT_USE) == REFERENCE_PIXEL) & on_detector
    parities = columns % 2 if odd_even_columns else np.zeros_like(columns)
    return pooled_sections([numbers], [good], columns // OUTPUT_WIDTH, parities)
