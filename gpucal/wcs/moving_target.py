"""The frame of a moving target: the sky of each exposure shifted so that the target stands still.

Source: the ``assign_mtwcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_mtwcs/main.html.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.startup.lazy import asdf
from gpucal.wcs import nodes
from gpucal.wcs.world import Wcs

FRAME = "moving_target"


class MeanPlace(NamedTuple):
    """The mean of places on the sky, and how far it is from each of them.

    Attributes
    ----------
    longitude, latitude : float
        The mean, degrees; the longitude is from 0 to 360.
    shifts : (n, 2) float64 array
        From each place to the mean, degrees of longitude and latitude.
    """

    longitude: float
    latitude: float
    shifts: np.ndarray

    @classmethod
    def of(cls, longitudes: Sequence[float], latitudes: Sequence[float]) -> "MeanPlace":
        """The mean of places that are close together, on whichever side of longitude 0 they are."""
        places = np.array([longitudes, latitudes], float).T
        if not as_peer():
            turns = np.rint((places[:, 0] - places[0, 0]) / 360)
            places[:, 0] -= 360 * turns
        mean = places.mean(axis=0)
        return cls(float(mean[0] % 360), float(mean[1]), mean - places)


def with_moving_target(wcs: Wcs, shift: Sequence[float]) -> Wcs:
    """A WCS whose last frame is that of the moving target.

    Parameters
    ----------
    wcs : Wcs
        From pixels to the sky. Where it has that frame already, it is replaced.
    shift : sequence of float
        What is added to right ascension and declination, degrees.
    """
    count = len(wcs.frames) - (wcs.frame_names[-1] == FRAME)
    world = wcs.frames[count - 1]
    frame = asdf.tagged.TaggedDict({**world, "name": FRAME}, world._tag)
    shifts = nodes.beside(*(nodes.shift(offset) for offset in shift))
    return Wcs((*wcs.frames[:count], frame), (*wcs.transforms[: count - 1], shifts))
