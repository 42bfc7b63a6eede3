"""The areas of the pixels of slits of NIRSpec.

Source: the area reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/reference_files.html.
"""

import math

import numpy as np

from gpucal.core.log.uncorrected import tell_uncorrected
from gpucal.data import Exposure
from gpucal.data.slits import Slit, Slits
from gpucal.reference import Reference, ReferenceFileError

SQUARE_ARCSEC = (math.pi / (180.0 * 3600.0)) ** 2  # steradian

SHUTTERS = "NRS_MSASPEC"

# The columns by which the row of a slit is found, and what the slit calls these.
SHUTTER_COLUMNS = {"quadrant": "quadrant", "shutter_x": "xcen", "shutter_y": "ycen"}


def keep_pixel_areas(slits: Slits, exposure: Exposure, reference: Reference) -> None:
    """Keep with each slit the area of its pixels: 1, in both units, where the reference does not tell it.

    Raises
    ------
    ReferenceFileError
        If it is no reference of slits.
    """
    table = reference.table("area_table")
    uses_shutters = str(exposure.meta.exposure.type).upper() == SHUTTERS
    needed = {"pixarea", *(SHUTTER_COLUMNS if uses_shutters else ("slit_id",))}
    if table is None or not needed <= set(table.dtype.names):
        raise ReferenceFileError(f"{reference.label}: lacks the columns {', '.join(sorted(needed))} of areas of pixels")
    reasons = {}
    for slit in slits:
        rows = rows_of_shutter(table, slit) if uses_shutters else rows_of_slit(table, slit)
        is_known = len(rows) == 1 or (len(rows) > 1 and not uses_shutters)
        if not is_known:
            reasons[slit.name] = f"it has {len(rows)} rows in {reference.label}; it is taken to be 1 sr"
        area = float(table["pixarea"][rows[0]]) if is_known else 1.0
        slit["meta.photometry.pixelarea_arcsecsq"] = area
        slit["meta.photometry.pixelarea_steradians"] = area * SQUARE_ARCSEC if is_known else 1.0
    tell_uncorrected("the area of its pixels", reasons)


def rows_of_shutter(table: np.ndarray, slit: Slit) -> np.ndarray:
    """The rows of the main shutter of a slitlet."""
    alike = [table[column] == slit[place] for column, place in SHUTTER_COLUMNS.items()]
    return np.flatnonzero(np.logical_and.reduce(alike))


def rows_of_slit(table: np.ndarray, slit: Slit) -> np.ndarray:
    """The rows of a slit by its name."""
    return np.flatnonzero(np.char.strip(table["slit_id"].astype(str)) == slit.name)
