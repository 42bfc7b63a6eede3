"""What the refpix step does with multistripe subarrays."""

import logging

from gpucal.backend import current_backend
from gpucal.backend.selection import on_backend
from gpucal.core import GpucalError
from gpucal.kernels.readout.detector_frame import pixel_numbers, to_detector_frame
from gpucal.kernels.refpix.stripes import stripe_sections

log = logging.getLogger(__name__)


def stripe_pixels(exposure, axes, odd_even_columns):
    """The reference pixels that serve for the columns of a multistripe subarray.

    The flags of the first superstripe choose the pixels in all superstripes, as in jwst 3.0.0.

    Parameters
    ----------
    exposure : Exposure
        Its PIXELDQ tells which pixels are bad and which are reference pixels.
    axes : Axes
        The directions of the readout.
    odd_even_columns : bool
        Whether odd and even columns are corrected apart.

    Returns
    -------
    Sections
        On the backend.

    Raises
    ------
    GpucalError
        If the keywords do not tell where the subarray begins.
    """
    subarray = exposure.meta.subarray
    start = subarray.ystart if axes.transposed else subarray.xstart
    if start is None:
        raise GpucalError(f"{exposure.source}: its keywords SUBSTRT1 and SUBSTRT2 are missing")
    pixeldq = current_backend().asnumpy(exposure.pixeldq)
    pixeldq = to_detector_frame(pixeldq if pixeldq.ndim == 2 else pixeldq[0], axes)
    numbers = pixel_numbers(exposure.data.shape[-2:], axes)
    sections = stripe_sections(numbers, pixeldq, start - 1, odd_even_columns)
    log.info("%d reference pixels correct columns", len(sections.pixels))
    return on_backend(sections)
