"""World coordinates of low resolution spectra of MIRI, and the keywords that tell of them."""

import logging

import numpy as np

from gpucal.reference import ReferenceFileError
from gpucal.reference.trees import part_of
from gpucal.steps.parts.lrs_types import SLIT_TYPE, SLITLESS_TYPE
from gpucal.wcs.footprint import s_region
from gpucal.wcs.modes.lrs import Trace, lrs_wcs
from gpucal.wcs.telescope import to_telescope

log = logging.getLogger(__name__)

# In which column of a specwcs reference's keywords the reference point stands.
_CENTERS = {SLIT_TYPE: ("x_ref", "y_ref"), SLITLESS_TYPE: ("x_ref_slitless", "y_ref_slitless")}

# The wavelength at which corners of the slit are carried to the sky, micron; any does.
_MIDDLE = 7.0


def give_lrs(exposure, references, step) -> None:
    """Give an exposure its coordinates, wavelengths, and keywords.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    references : StepReferences
        Its ``distortion`` and ``specwcs`` are used.
    step : Step
        Has no parameters for such exposures.

    Raises
    ------
    ReferenceFileError
        If the specwcs reference lacks the reference point, or its table.
    GpucalError
        If the header lacks the pointing.
    """
    kind = str(exposure.meta.exposure.type).upper()
    specwcs = references["specwcs"]
    wcs = lrs_wcs(exposure, part_of(references["distortion"], "model"), trace_of(specwcs, kind), kind == SLIT_TYPE)
    exposure.set_wcs(wcs.to_tree())
    exposure.wavelength = wcs.on_pixels(exposure.shape_of("data")[-2:])[2].astype(np.float32)
    keywords = exposure.meta.wcsinfo
    keywords.specsys, keywords.dispersion_direction = "BARYCENT", 2
    footprint = slit_on_sky(wcs, specwcs) if kind == SLIT_TYPE else corners_on_sky(wcs)
    if footprint is not None:
        keywords.s_region = s_region(footprint)
    else:
        log.warning("%s: S_REGION cannot be made; it stays as it was", exposure.source)
    if kind == SLIT_TYPE:
        keep_dithered_position(exposure, wcs)


def trace_of(specwcs, kind: str) -> Trace:
    """What the specwcs reference says of an exposure of this type."""
    center = [getattr(specwcs.meta, name) for name in _CENTERS[kind]]
    table = specwcs.table("wavetable")
    if None in center or table is None:
        raise ReferenceFileError(f"{specwcs.label} lacks the reference point or the wavelengths of {kind}")
    return Trace((center[0] - 1, center[1] - 1), table)


def slit_on_sky(wcs, specwcs) -> np.ndarray | None:
    """The corners of the slit, (4, 2) degrees; None, told, where the reference does not say where they are."""
    corners = [[getattr(specwcs.meta, f"{axis}_vert{number}") for number in range(1, 5)] for axis in ("v2", "v3")]
    if any(None in axis for axis in corners):
        log.warning("%s does not say where the corners of the slit are (V2VERT1 to V3VERT4)", specwcs.label)
        return None
    longitude, latitude, _ = wcs.program("v2v3").at(*corners, [_MIDDLE] * 4)
    return np.stack([longitude % 360, latitude], axis=1)


def corners_on_sky(wcs) -> np.ndarray | None:
    """The corners of the bounding box, (4, 2) degrees; None, told, where one is beyond the table of wavelengths."""
    (left, right), (bottom, top) = wcs.bounding_box
    longitude, latitude, _ = wcs.program().at([left, left, right, right], [bottom, top, top, bottom])
    if not np.isfinite(longitude).all():
        log.warning("The bounding box is larger than the table of wavelengths: its corners are not on the sky")
        return None
    return np.stack([longitude % 360, latitude], axis=1)


def keep_dithered_position(exposure, wcs) -> None:
    """Keep where the dither put the target, DITH_RA and DITH_DEC: spectra are extracted there.

    Parameters
    ----------
    exposure : Exposure
        Edited in place; a warning tells where its header does not say how far the dither moved the target.
    wcs : Wcs
        Of a spectrum or of an image.
    """
    dither, to_sky = exposure.meta.dither, wcs.program("v2v3")
    if dither.x_offset is None or dither.y_offset is None:
        log.warning("%s: XOFFSET or YOFFSET is missing: where the dither put the target is not known", exposure.source)
        return
    place = to_telescope(dither.x_offset, dither.y_offset, exposure.meta.wcsinfo)
    longitude, latitude = to_sky.at(*place, *(0.0,) * (to_sky.ninputs - 2))[:2]
    dither.dithered_ra, dither.dithered_dec = float(longitude), float(latitude)
