"""The wavelengths of slits: those kept with their pixels, and those without correction for the place of the source."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.data.slits import Slit, Slits
from gpucal.wcs.wavelength_correction import CORRECTED_FRAME, without_correction

POINT = "POINT"


def is_point(source_type: str | None) -> bool:
    """Whether a type of source is that of a point."""
    return str(source_type).strip().upper() == POINT


def packed_wavelengths(slits: Slits):
    """The wavelengths that are kept with the pixels of slits, packed; of a slit that keeps none, those of its WCS.

    Returns
    -------
    (npixels,) float32 or float64 array
        Micron; NaN where a pixel has none.
    """
    if all(_has_wavelengths(slit) for slit in slits):
        return slits.packed("wavelength")
    planes = [slit.wavelength if _has_wavelengths(slit) else slit.world[2] for slit in slits]
    return current_backend().xp.concatenate([plane.reshape(-1).astype(np.float64) for plane in planes])


def _has_wavelengths(slit: Slit) -> bool:
    return slit.has("wavelength") and bool(slit.wavelength.any())


def packed_uncorrected_wavelengths(slits: Slits):
    """The wavelengths of slits as they are for a source that fills them, packed.

    Returns
    -------
    (npixels,) float64 array
        Micron: those of the WCS without its correction; where the WCS has none, those that are kept with the pixels.
    """
    return current_backend().xp.concatenate([_uncorrected(slit).reshape(-1) for slit in slits])


def _uncorrected(slit: Slit):
    wcs = slit.get_wcs()
    if CORRECTED_FRAME not in wcs.frame_names:
        return packed_wavelengths(Slits([slit])).astype(np.float64)
    return without_correction(wcs).program().on_grid(slit.shape_of("data")[-2:])[2]
