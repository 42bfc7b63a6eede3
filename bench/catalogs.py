"""Whether two catalogs of sources are the same."""

from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import QTable

FLUX_TOLERANCE = 1e-4  # relative
PLACE_TOLERANCE = 1e-3 / 3600  # degrees


def differing_values(ours: Path, theirs: Path) -> int:
    """Values that differ by more than fluxes and positions may; all of them if sources or columns are not the same.

    Parameters
    ----------
    ours, theirs : Path
        ECSV files.
    """
    expected = QTable.read(theirs)
    found = QTable.read(ours) if ours.exists() else QTable()
    if found.colnames != expected.colnames or len(found) != len(expected):
        return max(1, len(expected) * len(expected.colnames))
    return sum(int(_differ(found[name], expected[name]).sum()) for name in expected.colnames)


def _differ(ours, theirs) -> np.ndarray:
    """Where the values of a column differ."""
    if isinstance(theirs, SkyCoord):
        unknown = [np.isnan(place.spherical.lon) for place in (ours, theirs)]
        return ~(ours.separation(theirs).deg <= PLACE_TOLERANCE) & ~(unknown[0] & unknown[1])
    ours, theirs = (np.asarray(getattr(column, "value", column)) for column in (ours, theirs))
    if theirs.dtype.kind != "f":
        return ours != theirs
    return ~np.isclose(ours, theirs, rtol=FLUX_TOLERANCE, atol=1e-8, equal_nan=True)
