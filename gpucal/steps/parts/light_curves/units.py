"""In which unit a light curve is measured, and what brings the pixels to it."""

import logging
from typing import Any, NamedTuple

import numpy as np

from gpucal.data import InputError
from gpucal.errors import GpucalError

log = logging.getLogger(__name__)

SURFACE_BRIGHTNESS, RATE = "MJy/sr", "DN/s"
JANSKY = 1e6  # of a megajansky


class Scale(NamedTuple):
    """What pixels are multiplied with.

    Attributes
    ----------
    factor : float32 or (ny, nx) float32 array
    unit : str
        The unit of what comes out.
    """

    factor: Any
    unit: str


def needs_gain(exposure) -> bool:
    """Whether the gain is used: of rates that were not calibrated."""
    return exposure.meta.bunit_data == RATE


def scale_of(exposure, gain) -> Scale:
    """How pixels become fluxes: jansky of a surface brightness, electrons of rates; anything else stays as it is.

    Parameters
    ----------
    exposure : Exposure
    gain : Reference or None
        Of the detector, where `needs_gain`.

    Raises
    ------
    InputError
        If the header does not tell the unit, the area of a pixel, or the time of an integration.
    """
    meta = exposure.meta
    for keyword, unit in (("SCI", meta.bunit_data), ("ERR", meta.bunit_err)):
        if unit is None:
            raise InputError(f"{exposure.source}: the header of {keyword} lacks its unit (BUNIT)")
    if meta.bunit_data == SURFACE_BRIGHTNESS:
        area = meta.photometry.pixelarea_steradians
        if area is None:
            raise InputError(
                f"{exposure.source}: the header lacks the area of a pixel (PIXAR_SR); run photom first"
            )
        return Scale(np.float32(JANSKY * area), "Jy")
    if needs_gain(exposure) and gain is not None:
        seconds = meta.exposure.integration_time
        if seconds is None:
            raise InputError(f"{exposure.source}: the header lacks the time of an integration (EFFINTTM)")
        return Scale(gain.array("data", exposure) * np.float32(seconds), "electron")
    log.warning("%s: is in %s, and so is its light curve", exposure.source, meta.bunit_data)
    return Scale(np.float32(1), checked_unit(meta.bunit_data, exposure.source))


def checked_unit(unit: str, source: str) -> str:
    """A unit that astropy knows.

    Raises
    ------
    GpucalError
        If it does not.
    """
    from astropy import units

    try:
        return units.Unit(unit).to_string()
    except ValueError as error:
        raise GpucalError(
            f"{source}: the unit of SCI (BUNIT) is {unit!r}, which astropy does not know"
        ) from error
