"""Where exposures lie on the sky, as far as the grid of a cube depends on it, and how their slices are turned.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

import math
from collections.abc import Sequence

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.errors import GpucalError
from gpucal.steps.parts.cubes.grid import one_side_of_zero
from gpucal.steps.parts.cubes.points import in_band, slices_of_band
from gpucal.steps.parts.cubes.units import UNITS, Band
from gpucal.wcs.footprint import polygons_of

CORNERS = 4


def corners_by_keyword(exposure) -> np.ndarray | None:
    """The corners of an exposure by its keyword S_REGION, (4, 2), degrees; None where it has no such polygon."""
    region = exposure.meta.wcsinfo.s_region
    try:
        polygons = polygons_of(region) if region else []
    except ValueError:
        return None
    return polygons[0][:CORNERS] if polygons and len(polygons[0]) >= CORNERS else None


def keyword_tells(exposure, instrument: str, bands: Sequence[Band], is_multi: bool, is_turned: bool) -> bool:
    """Whether S_REGION tells the field of an exposure in a cube.

    It does not if the cube is turned, the target moves, or the cube has the channel of a smaller field alone.
    """
    if is_turned or str(exposure.meta.target.type).upper() == "MOVING":
        return False
    is_smaller = not UNITS[instrument].smaller_fields.isdisjoint(band.disperser for band in bands)
    return is_multi or not is_smaller


def corners_by_pixels(exposure, instrument: str, band: Band) -> np.ndarray:
    """The outermost pixels of an exposure to the west, east, south and north, (4, 2), degrees.

    Raises
    ------
    GpucalError
        If none of its pixels has a place on the sky.
    """
    backend, slices = current_backend(), exposure.ifu_slices
    xp = backend.xp
    ra, dec, _ = slices.world
    inside = xp.flatnonzero((in_band(slices, instrument, band) & xp.isfinite(ra) & xp.isfinite(dec)).reshape(-1))
    if not len(inside):
        raise GpucalError(f"{exposure.source}: no pixel of {band} has a place on the sky; run assign_wcs on it")
    ra, dec = ra.reshape(-1)[inside], dec.reshape(-1)[inside]
    near = (ra - ra[0] + 180) % 360 - 180  # on one side of zero
    ends = xp.stack([near.argmin(), near.argmax(), dec.argmin(), dec.argmax()])
    return backend.asnumpy(xp.stack([ra[ends], dec[ends]], axis=1), TABLES)


def moved(corners: np.ndarray, offset: tuple[float, float]) -> np.ndarray:
    """Places on the sky, (n, 2), degrees, moved to the east and north by so many arcsec, as seen from each."""
    east, north = np.deg2rad(np.array(offset) / 3600)
    ra, dec = np.deg2rad(corners).T
    x, y, z = np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)
    x, z = np.cos(dec) * x - np.sin(dec) * z, np.sin(dec) * x + np.cos(dec) * z
    return np.rad2deg(np.column_stack([ra + np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))]))


def joined(corners: Sequence[np.ndarray]) -> np.ndarray:
    """The corners of all exposures, with right ascensions on one side of zero."""
    made = np.concatenate(corners)
    made[:, 0] = one_side_of_zero(made[:, 0])
    return made


def turn_of_slices(exposure, instrument: str, band: Band) -> float:
    """By how much the axes of a cube have to be turned against north to be those of the slicer, degrees."""
    backend, slices = current_backend(), exposure.ifu_slices
    frame, second = UNITS[instrument].outline.frame, UNITS[instrument].along
    number = next(one for one in slices.numbers if one >= slices_of_band(instrument, band)[0])
    third = _third_coordinate(slices, instrument, band, frame)
    there = slices.program(number, frame, None).at(*np.array([(0.0, 0.0, third), (*second, third)]).T)
    ra, dec = backend.asnumpy(there)[:2]
    east = (ra[1] - ra[0]) * math.cos(math.radians(dec[0]))
    return 90.0 + math.degrees(math.atan2(east, dec[1] - dec[0]))


def _third_coordinate(slices, instrument: str, band: Band, frame: str) -> float:
    """The median wavelength, in the frame of slices."""
    if instrument == "MIRI":
        return float(np.nanmedian(current_backend().asnumpy(slices.world[2][in_band(slices, instrument, band)])))
    own = slices.labels == slices_of_band(instrument, band)[0]
    return float(np.nanmedian(current_backend().asnumpy(slices.on_pixels(None, frame)[2][own])))
