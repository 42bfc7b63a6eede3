"""Drizzling of slit spectra onto an output grid: their coordinates are known for each pixel."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.resample.drops import drop_of
from gpucal.kernels.resample.exposures import BAD
from gpucal.kernels.resample.scan import known_section
from gpucal.steps.parts.mosaics.drizzling import Drizzling
from gpucal.wcs.pixel_map import RowReach
from gpucal.wcs.slit_grids import Spectrum
from gpucal.wcs.world import Wcs

# Units of flux: what is spread over more pixels is less in each of them.
FLUXES = ("Jy", "mJy", "uJy", "nJy", "kJy", "MJy")


class SlitImage:
    """A slit as an image that can be drizzled.

    Parameters
    ----------
    slit : Slit
        Its arrays and values; not changed.
    exposure : Exposure
        That it is of: it tells the times and the name.
    """

    def __init__(self, slit, exposure):
        self.slit, self.exposure = slit, exposure
        self.source = exposure.source if slit["name"] is None else f"{exposure.source}, slit {slit.name}"

    @property
    def meta(self):
        """The metadata of the exposure."""
        return self.exposure.meta

    @property
    def dispersion_axis(self) -> int:
        """The axis of wavelength: 0 for x, 1 for y."""
        return (self.slit["meta.wcsinfo.dispersion_direction"] or 1) - 1

    def has(self, name: str) -> bool:
        """Whether the slit holds this array."""
        return self.slit.has(name)

    def shape_of(self, name: str):
        """The shape of an array of the slit."""
        return self.slit.shape_of(name)

    def __getattr__(self, name: str):
        return getattr(self.slit, name)

    def spectrum(self) -> Spectrum:
        """What a grid is made of, on the host: the pixels in the bounding box."""
        backend, wcs = current_backend(), self.slit.get_wcs()
        place = pixels_in(wcs, self.shape_of("data"))
        return Spectrum(backend.asnumpy(self.slit.world)[:, *place], wcs, backend.asnumpy(self._usable_light())[place])

    def _usable_light(self):
        xp, data = current_backend().xp, self.slit.data
        unusable = xp.zeros(data.shape, bool)
        if self.has("dq"):
            unusable |= self.slit.dq & np.uint32(DO_NOT_USE) != 0
        for name in ("err", "var_poisson", "var_rnoise", "var_flat"):
            if self.shape_of(name) == data.shape:
                unusable |= xp.isnan(getattr(self.slit, name))
        return xp.where(unusable, np.float32(np.nan), data)


def pixels_in(wcs: Wcs, shape: tuple[int, int]) -> tuple[slice, slice]:
    """The rows and columns of an image whose centres are in the bounding box of its WCS."""
    if wcs.bounding_box is None:
        return slice(0, shape[0]), slice(0, shape[1])
    x, y = (
        slice(max(int(np.floor(low + 0.5)), 0), int(np.ceil(high - 0.5)) + 1) for low, high in wcs.bounding_box
    )
    return y, x


class PlacedPixels(NamedTuple):
    """Where each pixel of a slit is on an output grid; see `gpucal.wcs.pixel_map.PixelMap`.

    Attributes
    ----------
    places : (2, ny, nx) float64 array
        x and y; NaN where a pixel has no coordinates. On the backend.
    host : (2, ny, nx) float64 array
        The same on the host.
    section : tuple of int
        First and last column, first and last row of those that have.
    """

    places: object
    host: np.ndarray
    section: tuple[int, int, int, int]

    def on_grid(self, shape: tuple[int, int], origin: tuple[float, float] = (0.0, 0.0)):
        """The places of the pixels of a rectangle."""
        (rows, columns), (x, y) = shape, map(int, origin)
        return self.places[:, y : y + rows, x : x + columns]

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The places of some pixels, on the host; NaN outside of the section."""
        first_x, last_x, first_y, last_y = self.section
        known = (x >= first_x) & (x <= last_x) & (y >= first_y) & (y <= last_y)
        found = self.host[:, np.clip(y, 0, self.host.shape[1] - 1), np.clip(x, 0, self.host.shape[2] - 1)]
        return np.where(known, found, np.nan)

    def reach(self, margin: float, shape: tuple[int, int]) -> tuple[slice, slice]:
        """All of the grid: it is made for these spectra."""
        return slice(0, shape[0]), slice(0, shape[1])

    def reach_of_rows(self, margin: float) -> RowReach:
        """All of the grid, whatever the rows are."""
        return RowReach(np.array([0, self.host.shape[1]]), np.array([-np.inf]), np.array([np.inf]), 0.0)


class OutputPixels(NamedTuple):
    """The pixels of an output grid of spectra.

    Attributes
    ----------
    wcs : Wcs
        From these pixels to the last frame of the spectra.
    shape : tuple of int
        Rows and columns.
    ratio : float
        The side of an input pixel along the slit over that of an output pixel.
    """

    wcs: Wcs
    shape: tuple[int, int]
    ratio: float = 1.0

    def world(self):
        """The coordinates of the pixels, (3, rows, columns) float64 array on the backend; NaN outside of the box."""
        world = self.wcs.program(self.wcs.frame_names[0]).on_grid(self.shape)
        rows, columns = pixels_in(self.wcs, self.shape)
        for place in (slice(0, rows.start), slice(rows.stop, None)):
            world[:, place] = np.nan
        for place in (slice(0, columns.start), slice(columns.stop, None)):
            world[:, :, place] = np.nan
        return world


class SlitDrizzling(Drizzling):
    """How slit spectra are drizzled; see `Drizzling`. The grid is an `OutputPixels`."""

    __slots__ = ()

    @classmethod
    def onto(
        cls, grid: OutputPixels, kernel: str, pixfrac: float, weight_type: str | None, bad: int = BAD
    ) -> "SlitDrizzling":
        """See `gpucal.kernels.resample.drops.drop_of`."""
        return cls(grid, drop_of(kernel, pixfrac), weight_type, bad)

    @property
    def error_ratio(self) -> float:
        """By what errors are divided: one axis alone has pixels of another size."""
        return 1 / self.grid.ratio**0.5

    def places_of(self, image: SlitImage):
        """Where the pixels of a slit are on the grid, x and y, (2, ny, nx) float64 array on the backend."""
        frames = self.grid.wcs.frame_names
        return self.grid.wcs.program(frames[-1], frames[0]).at_places(image.slit.world)

    def _map(self, image: SlitImage, wcs: Wcs) -> PlacedPixels:
        places = self.places_of(image)
        host = current_backend().asnumpy(places)
        return PlacedPixels(places, host, known_section(host))

    def _scale_of(self, image: SlitImage) -> float:
        is_flux = image.slit["meta.bunit_data"] in FLUXES and image.slit["meta.photometry.pixelarea_steradians"]
        return 1 / self.grid.ratio if is_flux else 1.0
