"""What is aligned: images with their sources, and groups of images that move together."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gpucal.wcs.correction import ARCSEC, TangentPlane, corrected, directions, tangent_plane
from gpucal.wcs.footprint import footprint
from gpucal.wcs.inverses import NoInverseError
from gpucal.wcs.telescope import Pointing
from gpucal.wcs.world import Wcs


class Sources(NamedTuple):
    """Sources on an image.

    Attributes
    ----------
    x, y : (n,) float64 array
        Pixels.
    weights : (n,) float64 array or None
        How much each counts in a fit; None: all alike.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None

    def inside(self, box: tuple[tuple[float, float], ...] | None) -> np.ndarray:
        """Which of them are inside a bounding box, not at its edges."""
        inside = np.isfinite(self.x) & np.isfinite(self.y)
        if box is not None:
            (left, right), (bottom, top) = box
            inside &= (self.x > left) & (self.x < right) & (self.y > bottom) & (self.y < top)
        return inside

    def within(self, box: tuple[tuple[float, float], ...] | None) -> "Sources":
        """Those inside a bounding box."""
        inside = self.inside(box)
        return Sources(*(None if column is None else column[inside] for column in self))


class Reference(NamedTuple):
    """Sources with known places on the sky.

    Attributes
    ----------
    directions : (n, 3) float64 array
        Unit vectors.
    weights : (n,) float64 array or None
        How much each counts in a fit; None: all alike.
    """

    directions: np.ndarray
    weights: np.ndarray | None = None

    def with_more(self, more: "Reference") -> "Reference":
        """These sources and others; those without a weight count once where others have one."""
        weights = None
        if self.weights is not None or more.weights is not None:
            weights = np.concatenate(
                [np.ones(len(one.directions)) if one.weights is None else one.weights for one in (self, more)]
            )
        return Reference(np.concatenate([self.directions, more.directions]), weights)

    def part(self, chosen) -> "Reference":
        """Some of these sources."""
        return Reference(self.directions[chosen], None if self.weights is None else self.weights[chosen])


class AlignedImage:
    """An image that is to be aligned.

    Parameters
    ----------
    name : str
        For messages.
    wcs : Wcs
        Its coordinates.
    pointing : Pointing
        Where the telescope looked.
    sources : Sources
        What was found on it.

    Attributes
    ----------
    wcs : Wcs
        Its coordinates as they are corrected so far.
    original : Wcs
        Those that it came with.
    """

    def __init__(self, name: str, wcs: Wcs, pointing: Pointing, sources: Sources):
        self.name, self.pointing = name, pointing
        self.wcs = self.original = wcs
        self.sources = sources.within(wcs.bounding_box)

    @property
    def plane(self) -> TangentPlane:
        """The plane in which it is corrected."""
        return tangent_plane(self.wcs, self.pointing)

    def on_sky(self) -> Reference:
        """Its sources, where its coordinates put them."""
        sky = self.wcs.program().at(self.sources.x, self.sources.y)
        return Reference(directions(*sky), self.sources.weights)

    def corners(self) -> np.ndarray:
        """Directions of the corners of its bounding box, (4, 3)."""
        return directions(*footprint(self.wcs).T)

    def move(self, plane: TangentPlane, matrix: np.ndarray, shift: np.ndarray) -> None:
        """Correct its coordinates by a change that is told in a plane, which may be another image's; arcsec."""
        turn, offset = plane.linear_map_to(self.plane)
        own = turn @ matrix @ np.linalg.inv(turn)
        self.wcs = corrected(self.wcs, self.pointing, own, turn @ shift - own @ offset + offset)

    def pixel_size(self) -> float:
        """The side of a pixel, arcsec, where the plane touches the sky; one where pixels cannot be found there."""
        plane = self.plane
        origin = np.linalg.inv(plane.matrix)[:, 0]
        longitude, latitude = np.arctan2(origin[1], origin[0]), np.arctan2(origin[2], np.hypot(*origin[:2]))
        try:
            x, y = self.wcs.program(self.wcs.frame_names[-1], "detector").at(*np.rad2deg([longitude, latitude]))
        except NoInverseError:
            return 1.0
        around = self.wcs.program().at(x + [-0.5, -0.5, 0.5, 0.5], y + [-0.5, 0.5, 0.5, -0.5])
        u, v = plane.at(directions(*around)).T
        return float(np.sqrt(abs(u @ np.roll(v, -1) - v @ np.roll(u, -1)) / 2))


class Group:
    """Images that move together: those that were taken at the same time.

    Parameters
    ----------
    images : sequence of AlignedImage
        At least one. Changes are told in the plane of the first.
    """

    def __init__(self, images: Sequence[AlignedImage]):
        self.images = list(images)

    def __iter__(self) -> Iterator[AlignedImage]:
        return iter(self.images)

    @property
    def name(self) -> str:
        """For messages."""
        return self.images[0].name

    @property
    def number_of_sources(self) -> int:
        """Of all its images."""
        return sum(len(image.sources.x) for image in self)

    def on_sky(self) -> Reference:
        """The sources of all its images, one image after another."""
        found, *others = (image.on_sky() for image in self)
        for other in others:
            found = found.with_more(other)
        return found

    def coordinates(self) -> list[Wcs]:
        """The coordinates of its images as they are now."""
        return [image.wcs for image in self]

    def restore(self, coordinates: Sequence[Wcs]) -> None:
        """Give its images coordinates back."""
        for image, wcs in zip(self, coordinates, strict=True):
            image.wcs = wcs

    def moved(self, before: Sequence[Wcs]) -> float:
        """How far the corner that moved most is from where earlier coordinates put it, arcsec."""
        return max(_largest_distance(image.corners(), footprint(wcs)) for image, wcs in zip(self, before, strict=True))


def _largest_distance(corners: np.ndarray, sky: np.ndarray) -> float:
    distances = np.linalg.norm(corners - directions(*sky.T), axis=1)
    return float(2 * np.arcsin(distances / 2).max() * ARCSEC)
