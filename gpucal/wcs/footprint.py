"""The footprint of an exposure on the sky."""

import re
from collections.abc import Sequence

import numpy as np

from gpucal.wcs.world import Wcs


def footprint(wcs: Wcs) -> np.ndarray:
    """The corners of the bounding box on the sky, in the last frame.

    Parameters
    ----------
    wcs : Wcs
        With a bounding box.

    Returns
    -------
    (4, 2) float64 array
        Right ascension and declination, degrees, from the lower left corner by the upper left one.
    """
    (left, right), (bottom, top) = wcs.bounding_box
    program = wcs.program(end=wcs.frame_names[-1])
    longitude, latitude = program.at([left, left, right, right], [bottom, top, top, bottom])
    return np.stack([longitude % 360, latitude], axis=1)


def s_region(*polygons: np.ndarray) -> str:
    """The keyword S_REGION for polygons on the sky, each (n, 2)."""
    return "  ".join("POLYGON ICRS  " + " ".join(f"{value:.9f}" for value in np.ravel(one)) for one in polygons)


def polygons_of(region: str) -> Sequence[np.ndarray]:
    """The polygons of a keyword S_REGION.

    Parameters
    ----------
    region : str
        Such as ``POLYGON ICRS 10.1 -3.5 ...``, once or more.

    Returns
    -------
    sequence of (n, 2) float64 array
        Right ascension and declination of their corners, degrees.

    Raises
    ------
    ValueError
        If it is not made of numbers in pairs.
    """
    parts = (part for part in re.split(r"[A-Za-z]+(?:\s+[A-Za-z]+)*", region) if part.strip())
    return [np.array(part.split(), float).reshape(-1, 2) for part in parts]
