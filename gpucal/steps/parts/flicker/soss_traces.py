"""The pixels of an exposure that the traces of NIRISS SOSS cover, as the PASTASOSS reference has them."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError
from gpucal.kernels.soss.traces import Trace, trace_pixels

# Rows by which a subarray begins later than SUBSTRIP256, whose rows the reference counts.
LATER_ROWS = {"SUBSTRIP96": 10}


def soss_pixels(exposure, reference):
    """The pixels that traces of the spectrum cover.

    As in jwst 3.0.0, the rows of all subarrays other than SUBSTRIP96 count as those of SUBSTRIP256, full frames
    included.

    Parameters
    ----------
    exposure : Exposure
        Rates.
    reference : Reference
        PASTASOSS.

    Returns
    -------
    (ny, nx) bool array

    Raises
    ------
    GpucalError
        If the position of the pupil wheel is not known, or is none that the reference is for.
    """
    meta = reference.meta
    wavelengths = np.linspace(meta.wavemap_wlmin, meta.wavemap_wlmax, meta.wavemap_nwl)
    later = LATER_ROWS.get(exposure.meta.subarray.name.upper(), 0)
    turn = wheel_position(exposure, reference) - meta.pwcpos_cmd
    covered = trace_pixels(exposure.data.shape[-2:], traces_of(reference.model, later), turn, wavelengths)
    return current_backend().asarray(covered, TABLES)


def wheel_position(exposure, reference) -> float:
    """The position of the pupil wheel, degrees."""
    position, bounds = exposure.meta.instrument.pupil_position, reference.meta.pwcpos_bounds
    if position is None:
        raise GpucalError(
            f"{exposure.source}: the header lacks PWCPOS, needed to mask the traces of SOSS; "
            "set mask_science_regions to false"
        )
    if bounds is None or not bounds[0] <= position <= bounds[1]:
        raise GpucalError(
            f"{exposure.source}: its pupil wheel stands at {position}, and pastasoss reference {reference.label} is "
            f"for {bounds}; name another with override_pastasoss, or set mask_science_regions to false"
        )
    return position


def traces_of(model, later_rows) -> list[Trace]:
    """The traces of a PASTASOSS model, in rows of a subarray that begins some rows later than SUBSTRIP256."""
    return [
        Trace(
            np.asarray(trace.trace, float) - (0, later_rows),
            (trace.pivot_x, trace.pivot_y),
            np.asarray(wavelengths.coefficients, float),
            np.asarray(wavelengths.scale_extents, float),
        )
        for trace, wavelengths in zip(model.traces, model.wavecal_models, strict=False)
    ]
