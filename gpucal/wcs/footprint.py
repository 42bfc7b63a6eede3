"""The footprint of an exposure on the sky."""

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


def s_region(corners: np.ndarray) -> str:
    """The keyword S_REGION for corners on the sky."""
    return "POLYGON ICRS  " + " ".join(f"{value:.9f}" for value in np.ravel(corners))
