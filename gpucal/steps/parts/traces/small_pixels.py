"""Small pixels of spectra: where they are, and their coordinates."""

from typing import NamedTuple

import numpy as np

from gpucal.steps.parts.traces.places import along_columns, is_field, on_detector
from gpucal.steps.parts.traces.settings import TraceSettings
from gpucal.wcs.modes.nirspec.slice_map import takes_slice
from gpucal.wcs.slices import Slices
from gpucal.wcs.small_pixels import with_small_pixels
from gpucal.wcs.world import Wcs

_MICRONS = 1e6


class Small(NamedTuple):
    """Small pixels of an image of spectra; arrays on the host, wavelength along their columns.

    Attributes
    ----------
    row : (nsmall,) float64 array
        Where they are, pixels.
    place, wavelength : (nsmall, nlines) float64 array
        Along the slit, and in micron.
    wcs : Wcs
        Their coordinates.
    labels : (nsmall, nlines) int32 array or None
        Of an integral field, the slice of the nearest pixel.
    """

    row: np.ndarray
    place: np.ndarray
    wavelength: np.ndarray
    wcs: Wcs
    labels: np.ndarray | None = None

    def nearest(self, count: int) -> np.ndarray:
        """The nearest of so many rows of pixels, (nsmall,) integers."""
        return np.clip(np.rint(self.row).astype(int), 0, count - 1)

    def give(self, spectra, settings: TraceSettings) -> None:
        """Give spectra the coordinates of small pixels."""
        spectra.wavelength = on_detector(self.wavelength.astype(np.float32), settings)
        if self.labels is not None:
            spectra.regions = on_detector(self.labels, settings)
        spectra.set_wcs(self.wcs.to_tree())


def small_pixels(spectra, settings: TraceSettings, factor: float, shape: tuple[int, int]) -> Small:
    """The small pixels of an image of this shape, wavelength along its columns."""
    nacross, nlines = shape
    row = np.arange(int(np.ceil(nacross * factor))) / factor - (factor - 1) / (factor * 2)
    wcs = with_small_pixels(spectra.get_wcs(), factor, 0 if settings.is_upright else 1)
    if is_field(spectra):
        return _of_field(Small(row, None, None, wcs), spectra.ifu_slices, settings, factor, takes_slice(wcs))
    y, x = np.meshgrid(row, np.arange(nlines, dtype=float), indexing="ij")
    own = spectra.get_wcs()
    if settings.is_upright:
        x, y = nacross - y - 1, x
    along = own.program(end=settings.frame).at(x, y)
    place = settings.sign * along[settings.axis]
    if not settings.is_upright:
        return Small(row, place, _MICRONS * along[2], wcs)
    wavelength = own.program().at(x, y)[2]
    if own.bounding_box is not None:
        (left, right), (low, high) = own.bounding_box
        wavelength[(x < left) | (x > right) | (y < low) | (y > high)] = np.nan
    return Small(row, place, wavelength, wcs)


def _of_field(small: Small, slices: Slices, settings: TraceSettings, factor: float, by_boxes: bool) -> Small:
    """The small pixels of an integral field: of slices by their image, or by their boxes where the WCS has none."""
    labels = along_columns(slices.labels, settings)
    labels = labels[small.nearest(len(labels))]
    reached = _within_boxes(slices, small.row, labels.shape) if by_boxes else labels
    axis = 0 if settings.is_upright else 1
    of_small = Slices(
        on_detector(reached, settings),
        lambda number: with_small_pixels(slices.slice_wcs(number), factor, axis) if number in slices.numbers else None,
    )
    place = of_small.on_pixels(end=settings.frame)
    wavelength = of_small.world[2] if settings.is_upright else _MICRONS * place[2]
    place = settings.sign * along_columns(place[settings.axis], settings)
    return small._replace(place=place, wavelength=along_columns(wavelength, settings), labels=labels.astype(np.int32))


def _within_boxes(slices: Slices, row: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The number of the slice in whose box each small pixel is; of several, the last one."""
    labels = np.zeros(shape, np.int32)
    for number in slices.numbers:
        (left, right), (low, high) = slices.box_of(number)
        rows = (row >= low) & (row <= high)
        columns = (np.arange(shape[1]) >= left) & (np.arange(shape[1]) <= right)
        labels[np.ix_(rows, columns)] = number
    return labels
