"""The side of a pixel along a slit, and the outline of a spectrum on the sky."""

import numpy as np

from gpucal.wcs.nodes import kind_of
from gpucal.wcs.spectral_sampling import unwrapped
from gpucal.wcs.sphere import directions, separation
from gpucal.wcs.world import Wcs


def is_on_sky(wcs: Wcs) -> bool:
    """Whether coordinates end on the sky, and not, say, in the plane of the shutters."""
    last = wcs.frames[-1]
    parts = [last, *(last.get("frames", ()) if isinstance(last, dict) else ())]
    return any(kind_of(part) == "celestial_frame" for part in parts)


def scale_along_slit(wcs: Wcs, axis: int) -> float | None:
    """The side of a pixel along the slit, arcsec, in the middle of the bounding box.

    Parameters
    ----------
    wcs : Wcs
        Of a spectrum.
    axis : int
        That of wavelength: 0 for x, 1 for y.

    Returns
    -------
    float or None
        None where there are no coordinates on the sky.
    """
    if not is_on_sky(wcs) or wcs.bounding_box is None:
        return None
    x, y = np.mean(wcs.bounding_box, axis=1)
    step = (0.0, 1.0) if axis == 0 else (1.0, 0.0)
    ra, dec, _ = wcs.program(wcs.frame_names[0]).at([x, x + step[0]], [y, y + step[1]])
    scale = 3600.0 * float(separation((ra[0], dec[0]), (ra[1], dec[1])))
    return scale if np.isfinite(scale) else None


def box_on_sky(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """The box between the extremes of right ascension and declination, (4, 2), degrees; NaN are left out."""
    known = unwrapped(ra)
    low, high = known.min() % 360.0, known.max() % 360.0
    south, north = np.nanmin(dec), np.nanmax(dec)
    return np.array([(low, south), (high, south), (high, north), (low, north)])


def slit_on_sky(width: float, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """The corners of a slit of a width about the line from its first to its last pixel.

    Parameters
    ----------
    width : float
        Degrees.
    ra, dec : (2,) float64 array
        Of the first and the last pixel, degrees.

    Returns
    -------
    (4, 2) float64 array
        Degrees.
    """
    first, last = directions(np.stack([ra, dec], 1))
    across = np.cross(first, last)
    across /= np.linalg.norm(across)
    half = np.deg2rad(width / 2)
    corners = [(first, 1), (last, 1), (last, -1), (first, -1)]
    vectors = np.array([np.cos(half) * end + side * np.sin(half) * across for end, side in corners])
    x, y, z = vectors.T
    return np.stack([np.rad2deg(np.arctan2(y, x)) % 360.0, np.rad2deg(np.arctan2(z, np.hypot(x, y)))], 1)


def narrowest_side(corners: np.ndarray) -> float:
    """The shortest side of a quadrilateral on the sky, (4, 2), degrees."""
    return float(separation(corners, np.roll(corners, -1, 0)).min())
