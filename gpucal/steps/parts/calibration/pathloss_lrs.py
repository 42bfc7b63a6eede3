"""Light that a slit of MIRI keeps out, for a point source at a place in it.

Source: the ``pathloss`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pathloss/description.html.
"""

import logging

import numpy as np

from gpucal.errors import GpucalError, SkipStep
from gpucal.kernels.spectra.lookup import look_up, pack_tables
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.calibration.spectral_rates import (
    first_table,
    multiply,
    packing_of_image,
    wavelengths_of,
)
from gpucal.wcs.modes.lrs import reference_point
from gpucal.wcs.sphere import separation

log = logging.getLogger(__name__)


def correct_lrs(exposure, reference, step) -> None:
    """Make up for the light of a point source that the slit keeps out, in place.

    Parameters
    ----------
    exposure : Exposure
        With world coordinates.
    reference : Reference
        By place in the slit and wavelength, what rates have to be multiplied by.
    step : Step
        Its ``inverse`` divides, to undo the correction; its ``source_type`` counts in place of that of the header; its
        ``user_slit_loc`` moves the source across the slit, arcsec.

    Raises
    ------
    SkipStep
        If the source is not a point.
    GpucalError
        If the header does not say where the target is.
    """
    source_type = step.source_type or exposure.meta.target.source_type
    if str(source_type).upper() != "POINT":
        raise SkipStep(f"the source is {source_type or 'of no known type'}; the slit is corrected for points alone")
    wcs = exposure.get_wcs()
    center = reference_point(wcs)
    place = source_place(exposure, wcs, center)
    if step.user_slit_loc is not None:
        place = place[0], place[1] + step.user_slit_loc / _pixel_arcsec(wcs, center)
    log.info("The source is %.3f pixels along the slit and %.3f across it from its center", *place)
    correction = correction_by_pixel(exposure, reference, place)
    exposure.pathloss_point = correction
    multiply(exposure, correction.reshape(-1), step.inverse)


def source_place(exposure, wcs, center) -> tuple[float, float]:
    """Where the source is, pixels from the center of the slit: as was measured, or where the target is."""
    place = [exposure.model._instance.get(name) for name in ("source_xpos", "source_ypos")]
    if None in place:
        target = exposure.meta.target
        if target.ra is None or target.dec is None:
            raise GpucalError(f"{exposure.source}: the header lacks TARG_RA or TARG_DEC: where is the source?")
        wavelength = wcs.program().at(*center)[2]
        place = wcs.program("world", "detector").at(target.ra, target.dec, wavelength)
    return float(place[0] - center[0]), float(place[1] - center[1])


def correction_by_pixel(exposure, reference, place):
    """The factor of each pixel, (ny, nx) float32; that of the slit's center for a source beyond the reference."""
    table = reference.table("pathloss_table")
    if table is None:
        raise ReferenceFileError(f"{reference.label}: holds no table of path losses for the slit of MIRI")
    found = factors_at(table["pathloss"], reference.meta.wcsinfo, place)
    if found is None:
        log.warning(
            "%s: the source is outside of the slit that %s tells of; it is corrected as one at the center",
            exposure.source,
            reference.label,
        )
        found = factors_at(table["pathloss"], reference.meta.wcsinfo, (0.0, 0.0))
    if found is None:
        raise ReferenceFileError(f"{reference.label}: its table does not hold the center of the slit")
    tables = pack_tables([(table["wavelength"][::-1], found[::-1])])  # from the longest wavelength in the reference
    wavelength = wavelengths_of(exposure)
    factors = look_up(wavelength.reshape(-1), tables, first_table(), packing_of_image(exposure))
    return factors.astype(np.float32).reshape(wavelength.shape)


def factors_at(factors: np.ndarray, wcsinfo, place) -> np.ndarray | None:
    """The factors by wavelength at a place, between those of its four neighbours; None where there are not four.

    Parameters
    ----------
    factors : (nwavelengths, ny, nx) array
        By wavelength and place.
    wcsinfo : node
        Metadata of the reference: ``crpix1`` (from 1), ``crval1``, ``cdelt1`` and those of the second axis.
    place : tuple of float
        Along and across the slit, in the unit of these.
    """
    x, y = (
        getattr(wcsinfo, f"crpix{axis}")
        + (value - getattr(wcsinfo, f"crval{axis}")) / getattr(wcsinfo, f"cdelt{axis}")
        - 1
        for axis, value in zip((1, 2), place, strict=True)
    )
    _, ny, nx = factors.shape
    if not (0 <= x < nx - 1 and 0 <= y < ny - 1):
        return None
    column, row = int(x), int(y)
    right, upper = x - column, y - row
    lower_left, lower_right = factors[:, row, column], factors[:, row, column + 1]
    upper_left, upper_right = factors[:, row + 1, column], factors[:, row + 1, column + 1]
    return (
        (1 - right) * (1 - upper) * lower_left
        + (1 - right) * upper * upper_left
        + right * (1 - upper) * lower_right
        + right * upper * upper_right
    )


def _pixel_arcsec(wcs, center) -> float:
    """Arcsec from the center of the slit to the next pixel along it."""
    (longitudes, latitudes, _) = wcs.program().at([center[0], center[0] + 1], [center[1]] * 2)
    first, second = np.stack([longitudes, latitudes], axis=1)
    return float(separation(first, second)) * 3600.0
