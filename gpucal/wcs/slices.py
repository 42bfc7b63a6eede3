"""The slices of an integral field: which pixels each has, and their coordinates, all slices in one launch.

An image of labels tells the slice of each pixel, and each slice has transforms of its own. They stand in the WCS of the
exposure, as regions of a selector, or the WCS takes the number of the slice as a further input and the exposure has the
image.
"""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.errors import GpucalError
from gpucal.kernels.wcs.instructions import CONSTANTS
from gpucal.kernels.wcs.labels import STRIP, evaluate_by_label
from gpucal.wcs.modes.nirspec.slice_map import labels_of, slice_wcs, takes_slice
from gpucal.wcs.nodes import beside, chain, kind_of, shift, with_names
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs

_EVERYWHERE = (-np.inf, np.inf, -np.inf, np.inf)


class NoSlicesError(GpucalError):
    """World coordinates are not those of an integral field."""


class _Packed(NamedTuple):
    """The programs of all slices, on the backend; see `gpucal.kernels.wcs.labels`."""

    tables: tuple
    nregisters: int
    nresults: int


class Moved(NamedTuple):
    """By how much coordinates are moved in a frame on the way.

    Attributes
    ----------
    frame : str
        The frame.
    shifts : tuple of float
        What is added to each of its coordinates.
    """

    frame: str
    shifts: tuple[float, ...]


class Slices:
    """The slices of an exposure.

    Parameters
    ----------
    labels : (ny, nx) integer array
        The number of the slice of each pixel; 0 where there is none. On the host or the backend.
    wcs_of : callable
        ``wcs_of(number)`` gives the WCS of one slice, from pixels (x and y) on; None where there is none for a number.

    Attributes
    ----------
    labels : (ny, nx) int32 array
        On the backend; 0 also where there are no transforms.
    numbers : tuple of int
        The slices that have pixels, ascending.
    """

    def __init__(self, labels, wcs_of: Callable[[int], Wcs | None]):
        backend = current_backend()
        host = np.ascontiguousarray(backend.asnumpy(labels, TABLES), np.int32)
        counts = np.bincount(np.maximum(host.ravel(), 0))
        found = {int(number): wcs_of(int(number)) for number in np.flatnonzero(counts) if number}
        self._wcs = {number: wcs for number, wcs in found.items() if wcs is not None}
        self.numbers = tuple(self._wcs)
        known = np.isin(np.arange(len(counts)), self.numbers)
        host = np.where(known[np.maximum(host, 0)], host, 0)
        self.shape = host.shape
        self.labels = backend.asarray(host, TABLES)
        self._ends = np.cumsum(np.bincount(host.ravel())[1:])
        self._lists = tuple(backend.asarray(table, TABLES) for table in _lists_of(host, counts, self.numbers))
        self._programs: dict[tuple[str | None, str | None, Moved | None], _Packed] = {}

    def slice_wcs(self, number: int) -> Wcs:
        """The WCS of one slice: from pixels of the detector, x and y, on."""
        return self._wcs[number]

    def program(self, number: int, start: str | None = None, end: str | None = None) -> Program:
        """The program of one slice, from a frame to another; see `gpucal.wcs.world.Wcs.program`."""
        return self._wcs[number].program(start, end)

    def pixels_of(self, first: int, last: int | None = None):
        """The pixels of a slice, or of those from one number to another, one slice after another.

        Returns
        -------
        (n,) int32 array
            Counted row by row; on the backend.
        """
        ends = np.concatenate([[0], self._ends])
        return self._lists[1][slice(*ends[np.minimum((first - 1, last or first), len(ends) - 1)])]

    def box_of(self, number: int) -> tuple[tuple[float, float], ...]:
        """Where a slice is on the detector: least and greatest x, and y, by its WCS or about its pixels."""
        if (box := self._wcs[number].bounding_box) is not None:
            return box
        y, x = np.divmod(current_backend().asnumpy(self.pixels_of(number), TABLES), self.shape[1])
        return (x.min() - 0.5, x.max() + 0.5), (y.min() - 0.5, y.max() + 0.5)

    def on_pixels(self, start: str | None = None, end: str | None = None):
        """The coordinates of all pixels.

        Parameters
        ----------
        start, end : str, optional
            Frames; by default the first and the last one. The first of the coordinates are pixels.

        Returns
        -------
        (noutputs, ny, nx) float64 array
            On the backend; NaN where there is no slice, and outside of the bounding boxes.
        """
        return self._at((0.0, 0.0), start, end)

    def at_offsets(self, dx: float, dy: float, end: str | None = None, moved: Moved | None = None):
        """The coordinates at places beside the centers of the pixels, each by the slice of its own pixel.

        Parameters
        ----------
        dx, dy : float
            How far, pixels.
        end : str, optional
            As for `on_pixels`.
        moved : Moved, optional
            By how much coordinates are moved on the way.

        Returns
        -------
        (noutputs, ny, nx) float64 array
            As for `on_pixels`.
        """
        return self._at((dx, dy), None, end, moved)

    @cached_property
    def world(self):
        """Right ascension, declination (degrees) and wavelength of the pixels: `on_pixels`, evaluated once.

        Returns
        -------
        (3, ny, nx) float64 array
            On the backend. It is not to be changed.
        """
        return self.on_pixels()

    def _at(self, offset: tuple[float, float], start: str | None, end: str | None, moved: Moved | None = None):
        if (start, end, moved) not in self._programs:
            self._programs[start, end, moved] = self._packed(start, end, moved)
        packed = self._programs[start, end, moved]
        out = current_backend().xp.full((packed.nresults, *self.shape), np.nan)
        evaluate_by_label(*packed.tables, packed.nregisters, *self._lists, offset, out)
        return out

    def _packed(self, start: str | None, end: str | None, moved: Moved | None) -> _Packed:
        """Put the programs of all slices into one."""
        if not self.numbers:
            raise NoSlicesError("no pixel of the exposure is in a slice that has coordinates")
        wcses = [self._wcs[number] for number in self.numbers]
        made = [(wcs if moved is None else _with_shift(wcs, moved)).program(start, end) for wcs in wcses]
        ends = np.cumsum([len(one.code) for one in made])
        first_constants = np.cumsum([0] + [len(one.constants) for one in made])
        code = [one.code.copy() for one in made]
        for rows, first in zip(code, first_constants, strict=False):
            rows[:, CONSTANTS] += first
        tables = (
            np.concatenate(code),
            np.concatenate([one.constants for one in made]),
            np.column_stack([ends - [len(rows) for rows in code], ends]),
            np.array([one.results for one in made]),
            np.array([_box_of(self._wcs[number]) for number in self.numbers]),
        )
        backend = current_backend()
        on_backend = tuple(backend.asarray(np.ascontiguousarray(table), TABLES) for table in tables)
        return _Packed(on_backend, max(one.nregisters for one in made), len(made[0].results))


def _with_shift(wcs: Wcs, moved: Moved) -> Wcs:
    """A WCS whose coordinates are moved in one of its frames."""
    place = wcs.index_of(moved.frame)
    shifted = chain(beside(*map(shift, moved.shifts)), wcs.transforms[place])
    return Wcs(wcs.frames, (*wcs.transforms[:place], shifted, *wcs.transforms[place + 1 :]), wcs.name)


def slices_of(wcs: Wcs) -> Slices:
    """The slices of a WCS that has the image of labels in it, or takes the number of a slice of NIRSpec.

    Raises
    ------
    NoSlicesError
        If it has none.
    """
    if takes_slice(wcs):
        return Slices(labels_of(wcs), lambda label: slice_wcs(wcs, label - 1))
    selectors = [number for number, transform in enumerate(wcs.transforms) if _selects_by_image(transform)]
    if not selectors:
        raise NoSlicesError("the world coordinates are not those of an integral field: they have no image of slices")
    place = selectors[0]
    selector = wcs.transforms[place]
    regions = dict(zip(selector["selector"]["labels"], selector["selector"]["transforms"], strict=True))

    def wcs_of(number: int) -> Wcs | None:
        region = regions.get(number)
        if region is None:
            return None
        region = with_names(region, selector["inputs"], selector["outputs"])
        region.pop("bounding_box", None)
        if "bounding_box" in selector:
            region["bounding_box"] = selector["bounding_box"]
        return Wcs(wcs.frames, (*wcs.transforms[:place], region, *wcs.transforms[place + 1 :]), wcs.name)

    return Slices(selector["label_mapper"]["mapper"], wcs_of)


def has_slices(wcs: Wcs) -> bool:
    """Whether a WCS is that of an integral field."""
    return takes_slice(wcs) or any(map(_selects_by_image, wcs.transforms))


def world(exposure):
    """Right ascension, declination (degrees) and wavelength of the pixels of an exposure of an integral field.

    Parameters
    ----------
    exposure : Exposure
        With world coordinates.

    Returns
    -------
    (3, ny, nx) float64 array
        On the backend, kept with the exposure until its WCS is set anew; see `Slices.world`.
    """
    return exposure.ifu_slices.world


def _selects_by_image(transform) -> bool:
    return kind_of(transform) == "regions_selector" and isinstance(transform["label_mapper"]["mapper"], np.ndarray)


def _box_of(wcs: Wcs) -> tuple[float, ...]:
    """Least and greatest x, least and greatest y of a bounding box."""
    box = wcs.bounding_box
    return _EVERYWHERE if box is None else (*box[0], *box[1])


def _lists_of(labels: np.ndarray, counts: np.ndarray, numbers: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Strips, and the pixels of all slices, those of a slice one after another; see `gpucal.kernels.wcs.labels`."""
    flat = labels.ravel()
    within = np.flatnonzero(flat)
    small = flat[within].astype(np.uint16)  # integers of this size are sorted by their digits, which is fast
    pixels = within[np.argsort(small, kind="stable")].astype(np.int32)
    strips, first = [], 0
    for program, number in enumerate(numbers):
        begins = np.arange(0, counts[number], STRIP)
        strips.append(
            np.column_stack(
                [np.full(len(begins), program), first + begins, np.minimum(counts[number] - begins, STRIP)]
            )
        )
        first += counts[number]
    return np.concatenate([*strips, np.empty((0, 3))]).astype(np.int64), pixels
