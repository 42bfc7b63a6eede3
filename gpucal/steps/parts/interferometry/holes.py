"""The holes of a mask, and the baselines, triangles and quadrangles that they make."""

import re
from itertools import combinations
from typing import NamedTuple

import numpy as np

from gpucal.core import GpucalError
from gpucal.kernels.interferometry.fringes import Mask
from gpucal.reference import ReferenceFileError

# The holes of NIRISS's mask by the segment of the primary mirror that each looks at, in the order of the reference.
SEGMENTS = ("B4", "C2", "B5", "B2", "C1", "B6", "C6")

# Fewer make no triangle.
FEWEST = 3


class Holes(NamedTuple):
    """Holes of a mask.

    Attributes
    ----------
    numbers : (nholes,) int array
        Their places in the mask, from 1.
    centres : (nholes, 2) float64 array
        Metres; the first coordinate goes with the rows of images.
    size : float
        From flat to flat, metres.
    """

    numbers: np.ndarray
    centres: np.ndarray
    size: float

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def mask(self) -> Mask:
        """What the model of an image takes."""
        return Mask(self.centres, self.size)

    def tuples(self, size: int) -> np.ndarray:
        """All baselines (2), triangles (3) or quadrangles (4): places of holes, in order; (ntuples, size) int array."""
        return np.array(list(combinations(range(len(self.numbers)), size)), int).reshape(-1, size)


def holes_of(reference, chosen: str | None) -> Holes:
    """The holes that a reference tells of.

    Parameters
    ----------
    reference : Reference
        Of type ``nrm``.
    chosen : str, optional
        Names of those to take, such as ``B4, B5, B6, C2``; brackets and quotes may stand around them. By default all.

    Returns
    -------
    Holes

    Raises
    ------
    GpucalError
        If a name is none of a hole or stands there twice, or there are fewer than three.
    ReferenceFileError
        If the reference lacks a number.
    """
    told = reference.outline.model
    names = [
        *(f"{axis}_a{number}" for axis in "xy" for number in range(1, len(SEGMENTS) + 1)),
        "flat_to_flat",
    ]
    values = [getattr(told, name, None) for name in names]
    if None in values:
        raise ReferenceFileError(
            f"nrm reference {reference.label}: does not tell {names[values.index(None)]}"
        )
    x, y = np.array(values[:-1], np.float64).reshape(2, -1)
    places = places_of(chosen)
    # In images rows fall with y of the design, and columns with x.
    return Holes(places + 1, np.stack([-y, -x], axis=1)[places], float(values[-1]))


def places_of(chosen: str | None) -> np.ndarray:
    """The places of holes in `SEGMENTS`, by their names."""
    if chosen is None or chosen.strip().lower() in ("", "none"):
        return np.arange(len(SEGMENTS))
    names = [name.upper() for name in re.findall(r"\w+", chosen)]
    unknown = [name for name in names if name not in SEGMENTS]
    if unknown:
        raise GpucalError(f"chooseholes: there is no hole {unknown[0]}; the holes are {', '.join(SEGMENTS)}")
    if len(set(names)) < len(names) or len(names) < FEWEST:
        raise GpucalError(
            f"chooseholes: {FEWEST} different holes are needed at least, and {chosen!r} names others"
        )
    return np.array([SEGMENTS.index(name) for name in names])


def baselines_on_sky(centres, angle: float, parity: int) -> np.ndarray:
    """Holes as seen from the sky: metres towards east and north.

    Parameters
    ----------
    centres : (nholes, 2) float64 array
        As in `Holes`.
    angle : float
        From north to the y axis of the aperture, eastward, degrees.
    parity : int
        -1 where the x axis of the aperture and V2 run in opposite directions, else 1.

    Returns
    -------
    (nholes, 2) float64 array
    """
    turn = np.deg2rad(angle) * (-1.0 if parity == -1 else 1.0)
    x, y = -centres[:, 1], centres[:, 0]
    return -np.stack([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y], axis=1)


def coordinates_of(points, tuples) -> np.ndarray:
    """The sides of each tuple of holes: from each hole to the next, and for more than two from the last to the first.

    Parameters
    ----------
    points : (nholes, 2) float64 array
    tuples : (ntuples, size) int array

    Returns
    -------
    (ntuples, nsides, 2) float64 array
        One side of a baseline, else as many as there are holes; the sum of these is 0.
    """
    corners = points[tuples]
    sides = corners - np.roll(corners, -1, axis=1)
    return sides[:, :1] if tuples.shape[1] == 2 else sides
