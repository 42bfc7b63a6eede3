"""A background by wavelength, for the pixels of spectra.

Source: the ``master_background`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/master_background/description.html.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.data import Exposure, InputError, open_exposure
from gpucal.data.reading import expand
from gpucal.data.slits import Slits
from gpucal.data.spectra import Spectra
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.spectra.lookup import look_up, pack_tables
from gpucal.kernels.spectra.windows import packing_of
from gpucal.steps.parts.calibration.slit_corrections import on_backend
from gpucal.steps.parts.calibration.slit_wavelengths import is_point, packed_wavelengths

log = logging.getLogger(__name__)


class BackgroundSpectrum(NamedTuple):
    """A background.

    Attributes
    ----------
    wavelength : (n,) float64 array
        Micron, increasing.
    values : (n,) float64 array
        Surface brightness, MJy/sr.
    """

    wavelength: np.ndarray
    values: np.ndarray

    @classmethod
    def of_table(cls, table: np.ndarray) -> "BackgroundSpectrum":
        """The background of the columns of a spectrum."""
        wavelength, values = (np.asarray(table[name], np.float64) for name in ("WAVELENGTH", "SURF_BRIGHT"))
        order = np.argsort(wavelength, kind="stable")
        return cls(wavelength[order], values[order])

    def smoothed(self, width: int) -> "BackgroundSpectrum":
        """The same with the medians of so many neighbours; beyond the ends there are zeros."""
        return self._replace(values=running_medians(self.values, width))


def running_medians(values: np.ndarray, width: int) -> np.ndarray:
    """The median of each value and its neighbours, an odd number of them; beyond the ends there are zeros."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(values, width // 2), width)
    return np.median(around, axis=-1)


def odd_width(width: int) -> int:
    """The width of a running median: an even one is made smaller by one."""
    if width % 2 == 0:
        log.info("A running median has an odd width: %d is taken for %d", width - 1, width)
        return width - 1
    return width


def background_of_file(path: str | Path) -> BackgroundSpectrum:
    """The background that a user gives as a spectrum, the first one of its file.

    Raises
    ------
    InputError
        If the file holds none.
    """
    given = open_exposure(expand(str(path)))
    tables = [spectrum.table for spectrum in given.spectra] if isinstance(given, Spectra) else []
    single = getattr(given.model, "spec_table", None) if not tables else None
    tables = tables if single is None else [np.asarray(single)]
    if not tables:
        raise InputError(f"{path}: holds no spectrum that could be a background")
    if len(tables) > 1:
        log.warning("%s: holds %d spectra; the first one is the background", path, len(tables))
    table = tables[0]
    named = table.view(np.dtype([(name.upper(), table.dtype[name]) for name in table.dtype.names]))
    return BackgroundSpectrum.of_table(named)


class ExpandedBackground(NamedTuple):
    """A background on the pixels of slits, packed.

    Attributes
    ----------
    values : (npixels,) float32 array
        Zero where a pixel has no wavelength, or one beyond those of the background.
    is_outside : (npixels,) bool array
        Where that is.
    """

    values: np.ndarray
    is_outside: np.ndarray


def expand_to_2d(slits: Slits, background: BackgroundSpectrum) -> ExpandedBackground:
    """The background at the wavelengths of pixels."""
    return _at_wavelengths(packed_wavelengths(slits), slits.windows, background)


def _at_wavelengths(wavelength, windows, background: BackgroundSpectrum) -> ExpandedBackground:
    which = on_backend(np.zeros(len(windows)), np.int64)
    values = look_up(wavelength, pack_tables([background]), which, packing_of(windows))
    lowest, highest = background.wavelength[0], background.wavelength[-1]
    is_outside = ~((wavelength >= lowest) & (wavelength <= highest))
    values[is_outside] = 0
    return ExpandedBackground(values.astype(np.float32), is_outside)


def expand_to_slices(exposure: Exposure, background: BackgroundSpectrum) -> ExpandedBackground:
    """The background at the wavelengths of the pixels of an integral field; that of a point of NIRSpec as seen by it.

    Pixels beyond its wavelengths may be used afterwards: they do not count as outside.
    """
    wavelength = exposure.ifu_slices.world[2]
    expanded = _at_wavelengths(wavelength.reshape(-1), np.array([[0, *wavelength.shape]]), background)
    expanded.is_outside[:] = False
    if str(exposure.meta.instrument.name).upper() == "NIRSPEC" and is_point(exposure.meta.target.source_type):
        above, below = RATIOS[0]
        if exposure.has(above) and exposure.has(below):
            expanded.values[:] *= (getattr(exposure, above) / getattr(exposure, below)).reshape(-1)
        else:
            log.warning("%s lacks %s or %s: its background is that of a source that fills the field",
                        exposure.source, above, below)  # fmt: skip
    return expanded


def subtract_from_slits(slits: Slits, expanded: ExpandedBackground) -> None:
    """Subtract a background from slits, in place; pixels beyond its wavelengths are not to be used afterwards."""
    data, dq = slits.packed("data"), slits.packed("dq")
    data -= expanded.values
    dq[expanded.is_outside] |= np.uint32(DO_NOT_USE)


RATIOS = (
    ("pathloss_uniform", "pathloss_point"),
    ("flatfield_uniform", "flatfield_point"),
    ("photom_point", "photom_uniform"),
)


def as_seen_by_point(slits: Slits, expanded: ExpandedBackground, places: Sequence[int]) -> None:
    """Calibrate the background in the slits of point sources as these were, in place.

    Parameters
    ----------
    slits : Slits
        All slits.
    expanded : ExpandedBackground
        Edited.
    places : sequence of int
        Which of them have a point source. One that does not keep both corrections is told in the log.
    """
    for place in places:
        slit, (begin, ny, nx) = slits[place], slits.windows[place]
        missing = [name for pair in RATIOS for name in pair if not slit.has(name)]
        if missing:
            told = ", ".join(missing)
            log.warning("Slit %s lacks %s: its background is that of a source that fills it", slit.name, told)
            continue
        own = expanded.values[begin : begin + ny * nx].reshape(ny, nx)
        product = 1
        for above, below in RATIOS:
            product = product * (getattr(slit, above) / getattr(slit, below))
        own *= product


def background_product(exposure: Exposure, slits: Slits, expanded: ExpandedBackground) -> Exposure:
    """The background as a product like the exposure."""
    flags = slits.packed("dq") | expanded.is_outside * np.uint32(DO_NOT_USE)
    if exposure.model_type != "MultiSlitModel":
        shape = exposure.shape_of("data")
        planes = {"data": expanded.values.reshape(shape), "dq": flags.reshape(shape)}
        return exposure.blank(exposure.model_type, **planes)
    made = Slits.of_trees([dict(slit.values) for slit in slits])
    for one, (begin, ny, nx) in zip(made, slits.windows, strict=True):
        one.data = expanded.values[begin : begin + ny * nx].reshape(ny, nx).copy()
        one.dq = flags[begin : begin + ny * nx].reshape(ny, nx).copy()
    return exposure.with_slits(made)
