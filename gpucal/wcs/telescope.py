"""From the field of view of the telescope to the sky.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/main.html; for velocity aberration,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/scripts/set_velocity_aberration.html.
"""

import logging
import math
from typing import NamedTuple

from gpucal.errors import GpucalError
from gpucal.wcs.nodes import beside, chain, rotation, scale, shift, to_cartesian, to_spherical

log = logging.getLogger(__name__)

_DEGREE = 1 / 3600  # of an arc second


class Pointing(NamedTuple):
    """Where the telescope looked.

    Attributes
    ----------
    v2_ref, v3_ref : float
        The reference point in the field of view, arcsec.
    ra_ref, dec_ref : float
        The same on the sky, degrees.
    roll_ref : float
        Position angle of the V3 axis there, degrees.
    """

    v2_ref: float
    v3_ref: float
    ra_ref: float
    dec_ref: float
    roll_ref: float


_KEYWORDS = {name: name.upper() for name in Pointing._fields}


def pointing_of(exposure) -> Pointing:
    """The pointing of an exposure.

    Raises
    ------
    GpucalError
        If its header lacks a keyword.
    """
    given = {name: getattr(exposure.meta.wcsinfo, name) for name in _KEYWORDS}
    missing = [keyword for name, keyword in _KEYWORDS.items() if given[name] is None]
    if missing:
        raise GpucalError(f"{exposure.source}: the header lacks {', '.join(missing)}, which a WCS needs")
    return Pointing(**given)


def aberration(factor: float | None, pointing: Pointing):
    """The change of scale about the reference point by the velocity of the telescope.

    Parameters
    ----------
    factor : float or None
        The keyword VA_SCALE; None or 1 leaves all as it is.
    pointing : Pointing
        The reference point.
    """
    if factor is None or factor <= 0:
        log.warning("The keyword VA_SCALE is missing or not positive; velocity aberration is not corrected")
        factor = 1.0
    scales = beside(scale(factor, "dva_scale_v2"), scale(factor, "dva_scale_v3"))
    left = 1.0 - factor
    shifts = beside(shift(left * pointing.v2_ref, "dva_v2_shift"), shift(left * pointing.v3_ref, "dva_v3_shift"))
    return chain(scales, shifts, name="DVA_Correction")


def to_telescope(x: float, y: float, wcsinfo) -> tuple[float, float]:
    """V2 and V3, arcsec, of a point in the ideal coordinates of an aperture, arcsec from its reference point.

    Parameters
    ----------
    x, y : float
        Ideal coordinates, such as the offsets of a dither.
    wcsinfo : node
        Metadata of the pointing: ``v2_ref``, ``v3_ref``, ``v3yangle`` and ``vparity``.
    """
    angle = math.radians(wcsinfo.v3yangle)
    x *= wcsinfo.vparity
    return (
        wcsinfo.v2_ref + x * math.cos(angle) + y * math.sin(angle),
        wcsinfo.v3_ref - x * math.sin(angle) + y * math.cos(angle),
    )


def to_sky(pointing: Pointing):
    """From V2 and V3, arcsec, to right ascension and declination, degrees."""
    angles = (
        pointing.v2_ref * _DEGREE,
        -pointing.v3_ref * _DEGREE,
        pointing.roll_ref,
        pointing.dec_ref,
        -pointing.ra_ref,
    )
    degrees = beside(scale(_DEGREE), scale(_DEGREE))
    return chain(degrees, to_cartesian(180), rotation(angles, "zyxyz"), to_spherical(360), name="v23tosky")
