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
from gpucal.wcs.nodes import number_of_outputs
from gpucal.wcs.world import Wcs

FRAME = "moving_target"


class MeanPlace(NamedTuple):
    """The mean of places on the sky.

    Attributes
    ----------
    longitude, latitude : float
        Degrees; the longitude is from 0 to 360.
    """

    longitude: float
    latitude: float

    @classmethod
    def of(cls, longitudes: Sequence[float], latitudes: Sequence[float]) -> "MeanPlace":
        """The mean of places that are close together, on whichever side of longitude 0 they are."""
        longitudes = np.array(longitudes, float)
        if not as_peer():
            longitudes -= 360 * np.rint((longitudes - longitudes[0]) / 360)
        return cls(float(longitudes.mean() % 360), float(np.mean(latitudes)))

    def shift_from(self, longitude: float, latitude: float) -> tuple[float, float]:
        """How far it is from a place, degrees of longitude and latitude."""
        along = self.longitude - longitude
        turns = 0 if as_peer() else np.rint(along / 360)
        return float(along - 360 * turns), self.latitude - latitude


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
    others = number_of_outputs(wcs.transforms[count - 2]) - len(shift)  # wavelengths, and numbers of slits
    shifts = nodes.beside(*(nodes.shift(offset) for offset in shift), *([nodes.identity(others)] if others else []))
    return Wcs((*wcs.frames[:count], frame), (*wcs.transforms[: count - 1], shifts))
