"""Where the pixels of spectra are along their slits, or along the slices of an integral field."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.steps.parts.traces.settings import TraceSettings


class Places(NamedTuple):
    """Of an image, turned so that its columns are wavelengths; on the host.

    Attributes
    ----------
    labels : (nacross, nlines) int32 array
        The slice of each pixel, 1 inside of a slit; 0 where there is none.
    place : (nacross, nlines) float32 array
        Along the slit, growing from row to row; NaN outside of it.
    is_field : bool
        Whether it is an integral field.
    """

    labels: np.ndarray
    place: np.ndarray
    is_field: bool

    @property
    def numbers(self) -> list[int]:
        """The slices that have pixels."""
        return [int(number) for number in np.unique(self.labels) if number > 0]


def places_of(spectra, settings: TraceSettings) -> Places:
    """The places of a slit, or of an exposure of an integral field."""
    if is_field(spectra):
        slices = spectra.ifu_slices
        place = slices.on_pixels(end=settings.frame)[settings.axis]
        labels = current_backend().asnumpy(slices.labels, TABLES)
        return Places(*_turned(labels, settings.sign * current_backend().asnumpy(place), settings), True)
    shape = spectra.shape_of("data")[-2:]
    wcs = spectra.get_wcs()
    place = current_backend().asnumpy(wcs.program(end=settings.frame).on_grid(shape)[settings.axis])
    if wcs.bounding_box is not None:
        (left, right), (low, high) = wcs.bounding_box
        y, x = np.arange(shape[0])[:, None], np.arange(shape[1])
        place = np.where((x < left) | (x > right) | (y < low) | (y > high), np.nan, place)
    return Places(*_turned(np.isfinite(place), settings.sign * place, settings), False)


def is_field(spectra) -> bool:
    """Whether it is an exposure of an integral field, and no slit."""
    return getattr(spectra, "model_type", None) == "IFUImageModel"


def along_columns(image, settings: TraceSettings) -> np.ndarray:
    """An image of the detector on the host, turned so that its columns are wavelengths."""
    image = current_backend().asnumpy(image)
    return np.rot90(image) if settings.is_upright else image


def on_detector(image: np.ndarray, settings: TraceSettings):
    """An image whose columns are wavelengths, as the detector has it, on the backend."""
    turned = np.rot90(image, k=-1) if settings.is_upright else image
    return current_backend().asarray(np.ascontiguousarray(turned))


def _turned(labels, place, settings: TraceSettings):
    turned = (np.rot90(one) if settings.is_upright else one for one in (labels, place))
    return tuple(one.astype(kind) for one, kind in zip(turned, (np.int32, np.float32), strict=True))
