"""Where the pixels of IRS2 exposures are, for the steps that run before interleaved pixels are removed."""

import logging

from gpucal.backend import current_backend
from gpucal.errors import GpucalError
from gpucal.kernels.readout.irs2_layout import INTERLEAVED, NORMAL, RAW_SHAPE, irs2_layout, normal_rows

log = logging.getLogger(__name__)


def layout_of(exposure):
    """Where the pixels of an IRS2 exposure stand.

    Parameters
    ----------
    exposure : Exposure
        With raw images.

    Returns
    -------
    Irs2Layout
        On the host.

    Raises
    ------
    GpucalError
        If rows, keywords or detector are not those of an IRS2 readout.
    """
    nrows = exposure.data.shape[-2]
    if nrows != RAW_SHAPE[0]:
        raise GpucalError(f"{exposure.source}: images have {nrows} rows, those of IRS2 {RAW_SHAPE[0]}")
    given = exposure.meta.exposure.nrs_normal, exposure.meta.exposure.nrs_reference
    for keyword, value, known in zip(("NRS_NORM", "NRS_REF"), given, (NORMAL, INTERLEAVED), strict=True):
        if value is None:
            log.warning("Keyword %s is missing; it is taken to be %d", keyword, known)
        elif value != known:
            raise GpucalError(f"{exposure.source}: {keyword} is {value}; only {known} is known")
    try:
        return irs2_layout(exposure.meta.instrument.detector)
    except ValueError as error:
        raise GpucalError(f"{exposure.source}: {error}") from error


def normal_rows_of(exposure):
    """The stored rows of an IRS2 exposure that hold normal pixels; int array on the backend."""
    return current_backend().asarray(normal_rows(layout_of(exposure)))


def normal_array(reference, name, exposure):
    """An array of a reference that holds the normal pixels of an exposure alone.

    Raises
    ------
    GpucalError
        If it has another shape.
    """
    array = reference.array(name)
    shape = RAW_SHAPE[1], exposure.data.shape[-1]
    if array.shape[-2:] != shape:
        raise GpucalError(f"{reference.label}: its {name} has shape {array.shape}, IRS2 needs {shape}")
    return array
