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
from gpucal.wcs.nodes import kind_of, with_names
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
        self._lists = tuple(backend.asarray(table, TABLES) for table in _lists_of(host, counts, self.numbers))
        self._programs: dict[tuple[str | None, str | None], _Packed] = {}

    def slice_wcs(self, number: int) -> Wcs:
        """The WCS of one slice: from pixels of the detector, x and y, on."""
        return self._wcs[number]

    def program(self, number: int, start: str | None = None, end: str | None = None) -> Program:
        """The program of one slice, from a frame to another; see `gpucal.wcs.world.Wcs.program`."""
        return self._wcs[number].program(start, end)

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

    def at_offsets(self, dx: float, dy: float, end: str | None = None):
        """The coordinates at places beside the centers of the pixels, each by the slice of its own pixel.

        Parameters
        ----------
        dx, dy : float
            How far, pixels.
        end : str, optional
            As for `on_pixels`.

        Returns
        -------
        (noutputs, ny, nx) float64 array
            As for `on_pixels`.
        """
        return self._at((dx, dy), None, end)

    @cached_property
    def world(self):
        """Right ascension, declination (degrees) and wavelength of the pixels: `on_pixels`, evaluated once.

        Returns
        -------
        (3, ny, nx) float64 array
            On the backend. It is not to be changed.
        """
        return self.on_pixels()

    def _at(self, offset: tuple[float, float], start: str | None, end: str | None):
        if (start, end) not in self._programs:
            self._programs[start, end] = self._packed(start, end)
        packed = self._programs[start, end]
        out = current_backend().xp.full((packed.nresults, *self.shape), np.nan)
        evaluate_by_label(*packed.tables, packed.nregisters, *self._lists, offset, out)
        return out

    def _packed(self, start: str | None, end: str | None) -> _Packed:
        """Put the programs of all slices into one."""
        if not self.numbers:
            raise NoSlicesError("no pixel of the exposure is in a slice that has coordinates")
        made = [self.program(number, start, end) for number in self.numbers]
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


def slices_of(wcs: Wcs) -> Slices:
    """The slices of a WCS that has the image of labels in it.

    Raises
    ------
    NoSlicesError
        If it has none.
    """
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
    """Whether a WCS has the image of labels of an integral field in it."""
    return any(map(_selects_by_image, wcs.transforms))


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
