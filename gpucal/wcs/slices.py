"""The slices of an integral field: which pixels each has, and their coordinates, all slices in one launch.

An image of labels tells the slice of each pixel, and each slice has transforms of its own. They stand in the WCS of the
exposure, as regions of a selector, or the WCS takes the number of the slice as a further input and the exposure has the
image.
"""

import math
from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.errors import GpucalError
from gpucal.kernels.wcs.labels import evaluate_by_label
from gpucal.wcs.label_programs import LabelPrograms, packed, strips_of
from gpucal.wcs.modes.nirspec.slice_map import labels_of, slice_wcs, takes_slice
from gpucal.wcs.nodes import kind_of, with_names
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs

_EVERYWHERE = (-np.inf, np.inf, -np.inf, np.inf)


class NoSlicesError(GpucalError):
    """World coordinates are not those of an integral field."""


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
        counts = counts[list(self.numbers)]
        self._counts = dict(zip(self.numbers, counts.tolist(), strict=True))
        self._firsts = dict(zip(self.numbers, (np.cumsum(counts) - counts).tolist(), strict=True))
        self._pixels = backend.asarray(_sorted_pixels(host), TABLES)
        self._programs: dict[tuple[str | None, str | None], LabelPrograms] = {}

    def slice_wcs(self, number: int) -> Wcs:
        """The WCS of one slice: from pixels of the detector, x and y, on."""
        return self._wcs[number]

    def program(self, number: int, start: str | None = None, end: str | None = None) -> Program:
        """The program of one slice, from a frame to another; see `gpucal.wcs.world.Wcs.program`."""
        return self._wcs[number].program(start, end)

    def pixels_of(self, number: int):
        """The pixels of a slice.

        Returns
        -------
        (n,) int32 array
            Counted row by row; on the backend.
        """
        first = self._firsts[number]
        return self._pixels[first : first + self._counts[number]]

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

    def packed(self, programs: Mapping[int, Program]) -> LabelPrograms:
        """Programs of some slices, put into one.

        Raises
        ------
        NoSlicesError
            If there are none.
        """
        if not programs:
            raise NoSlicesError("no pixel of the exposure is in a slice that has coordinates")
        return packed(programs, {number: _box_of(self._wcs[number]) for number in programs})

    def evaluate(self, programs: LabelPrograms, offset: tuple[float, float] = (0.0, 0.0)):
        """Run the programs of some slices at all of their pixels.

        Parameters
        ----------
        programs : LabelPrograms
            As `packed` gives them.
        offset : tuple of float
            How far from the centers of pixels, along x and y.

        Returns
        -------
        (nresults, ny, nx) float64 array
            On the backend; NaN at other pixels.
        """
        strips = strips_of(*([table[number] for number in programs.numbers] for table in (self._firsts, self._counts)))
        out = current_backend().xp.full((programs.nresults, math.prod(self.shape)), np.nan)
        self._run(programs, strips, self._pixels, self._pixels, offset, out)
        return out.reshape(-1, *self.shape)

    def evaluate_at(self, programs: LabelPrograms, pixels):
        """Run the programs of some slices at some pixels.

        Parameters
        ----------
        programs : LabelPrograms
            As `packed` gives them.
        pixels : (npixels,) integer array
            Of these slices, counted row by row; on the backend.

        Returns
        -------
        (nresults, npixels) float64 array
            On the backend.
        """
        backend = current_backend()
        xp = backend.xp
        labels = self.labels.reshape(-1)[pixels]
        order = xp.argsort(labels.astype(np.uint16), kind="stable").astype(np.int32)  # short integers are sorted faster
        counts = backend.asnumpy(xp.bincount(labels, minlength=max(programs.numbers) + 1), TABLES)
        counts = counts[list(programs.numbers)]
        if counts.sum() != len(pixels):
            raise ValueError("pixels are in slices of which no program is given")
        strips = strips_of(np.cumsum(counts) - counts, counts)
        out = xp.empty((programs.nresults, len(pixels)), np.float64)
        self._run(programs, strips, pixels[order].astype(np.int32), order, (0.0, 0.0), out)
        return out

    def _run(self, programs: LabelPrograms, strips, pixels, targets, offset: tuple[float, float], out) -> None:
        tables, nregisters = programs.tables, programs.nregisters
        evaluate_by_label(*tables, nregisters, strips, pixels, targets, self.shape[1], offset, out)

    def _at(self, offset: tuple[float, float], start: str | None, end: str | None):
        if (start, end) not in self._programs:
            own = {number: self.program(number, start, end) for number in self.numbers}
            self._programs[start, end] = self.packed(own)
        return self.evaluate(self._programs[start, end], offset)


def slices_of(wcs: Wcs, labels=None) -> Slices:
    """The slices of a WCS that has the image of labels in it, or takes the number of a slice of NIRSpec.

    Parameters
    ----------
    wcs : Wcs
        Of an integral field.
    labels : (ny, nx) integer array, optional
        The slice of each pixel, where pixels are not those of the detector; by default as the WCS tells.

    Raises
    ------
    NoSlicesError
        If it has none.
    """
    if takes_slice(wcs):
        return Slices(labels_of(wcs) if labels is None else labels, lambda label: slice_wcs(wcs, label - 1))
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

    return Slices(selector["label_mapper"]["mapper"] if labels is None else labels, wcs_of)


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


def _sorted_pixels(labels: np.ndarray) -> np.ndarray:
    """The pixels of all slices, counted row by row: those of a slice one after another."""
    flat = labels.ravel()
    within = np.flatnonzero(flat)
    return within[np.argsort(flat[within].astype(np.uint16), kind="stable")].astype(np.int32)
