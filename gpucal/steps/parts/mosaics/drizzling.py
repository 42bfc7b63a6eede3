"""Drizzling of exposures onto the grid of a mosaic: what its steps share."""

import logging
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.errors import GpucalError
from gpucal.kernels.resample.drizzle import add_image
from gpucal.kernels.resample.drops import SQUARE, Drop, drop_of
from gpucal.kernels.resample.exposures import BAD, INVERSE_VARIANCE, SAME, Pixels, values_and_weights
from gpucal.kernels.resample.noise import scatter_over_error
from gpucal.kernels.resample.scan import scan_limits
from gpucal.kernels.resample.sums import Sums, emptied, no_sums
from gpucal.wcs.output_grid import OutputGrid
from gpucal.wcs.pixel_map import PixelMap, RowReach
from gpucal.wcs.world import Wcs

# Pixels along each axis of an exposure at which it is asked how noise is spread.
SAMPLES = 40

# The rows of a band are at least so many times those that a single row of an exposure reaches.
LEAST_SLANTS = 4

log = logging.getLogger(__name__)


class Drizzling(NamedTuple):
    """How exposures are drizzled.

    Attributes
    ----------
    grid : OutputGrid
        Of the mosaic.
    drop : Drop
        What a pixel is spread over.
    weight_type : str or None
        ``ivm``: by the reciprocal of the variance of the read noise; ``exptime``: by the time of the exposure; None:
        all alike.
    bad : int
        Flags that pixels with weight do not have.
    """

    grid: OutputGrid
    drop: Drop
    weight_type: str | None
    bad: int = BAD

    @classmethod
    def onto(
        cls, grid: OutputGrid, kernel: str, pixfrac: float, weight_type: str | None, bad: int = BAD
    ) -> "Drizzling":
        """See `gpucal.kernels.resample.drops.drop_of`."""
        return cls(grid, drop_of(kernel, pixfrac, grid.pixel_scale_ratio), weight_type, bad)

    @property
    def error_ratio(self) -> float:
        """By what errors are divided: the side of an output pixel over that of an input pixel."""
        return self.grid.pixel_scale_ratio

    def reach(self, exposure, wcs: Wcs) -> tuple[slice, slice]:
        """The rows and columns of the mosaic that an exposure may reach; its pixels are not read."""
        return self._reach(self._map(exposure, wcs))

    def no_sums(self, nplanes: int, place: tuple[slice, slice] | None = None, with_flags: bool = False) -> Sums:
        """Sums of nothing, for a part of the mosaic; for all of it, if not given."""
        rows, columns = place or (slice(0, self.grid.shape[0]), slice(0, self.grid.shape[1]))
        shape = rows.stop - rows.start, columns.stop - columns.start
        return no_sums(shape, nplanes, self.drop, (rows.start, columns.start), with_flags)

    def alone(self, exposure, wcs: Wcs, planes=(), roots=(), with_flags: bool = False) -> Iterator[Sums]:
        """Drizzle an exposure by itself, onto that part of the mosaic that it reaches, some rows at a time.

        Parameters
        ----------
        exposure : Exposure
            An image; not changed.
        wcs : Wcs
            Its own.
        planes, roots : sequence of str
            Arrays that are drizzled after the data, as they are and then as their square roots. They are NaN where the
            exposure lacks one.
        with_flags : bool
            Whether its flags are drizzled too.

        Yields
        ------
        Sums
            Of some rows; valid until the next ones are asked for.
        """
        image = self._image(exposure, wcs, (*planes, *roots))
        rows, columns = self._reach(image.pixel_map)
        bands = self._bands(image.reach.slant, rows, columns, 1 + len(image.planes))
        sums = self.no_sums(len(image.planes), (bands[0], columns), with_flags) if bands else None
        flags = exposure.dq if with_flags else None
        for band in bands:
            sums_of_band = emptied(sums, band.stop - band.start, (band.start, columns.start))
            image.add_to(sums_of_band, self.drop, flags, len(roots))
            yield sums_of_band

    def add(self, sums: Sums, exposure, wcs: Wcs, planes=()) -> None:
        """Drizzle the data of an exposure, and arrays as they are, into sums that may hold others.

        Parameters
        ----------
        sums : Sums
            Edited; one plane for the data, and one for each array.
        exposure : Exposure
            An image; not changed.
        wcs : Wcs
            Its own.
        planes : sequence of str
            Names of arrays.
        """
        flags = None if sums.flags is None else exposure.dq
        self._image(exposure, wcs, planes).add_to(sums, self.drop, flags)

    def scatter_over_error(self, exposure, wcs: Wcs) -> float:
        """By which factor single pixels scatter less than their errors say: see `gpucal.kernels.resample.noise`."""
        pixel_map = self._map(exposure, wcs)
        first_x, last_x, first_y, last_y = pixel_map.section
        x, y = np.meshgrid(np.linspace(first_x, last_x, SAMPLES), np.linspace(first_y, last_y, SAMPLES))
        x, y = x.ravel(), y.ravel()
        place, along_x, along_y = (pixel_map.program.at(x + i, y + j) for i, j in ((0, 0), (1, 0), (0, 1)))
        return scatter_over_error(place, np.stack([along_x - place, along_y - place], 1), self.drop)

    def _map(self, exposure, wcs: Wcs) -> PixelMap:
        shape = exposure.shape_of("data")
        if len(shape) != 2:
            raise GpucalError(f"{exposure.source}: its data of shape {shape} are no image")
        return PixelMap.between(wcs, self.grid.wcs, shape)

    def _reach(self, pixel_map: PixelMap) -> tuple[slice, slice]:
        return pixel_map.reach(self._margin, self.grid.shape)

    @property
    def _margin(self) -> float:
        """How far a pixel reaches beyond its centre, output pixels."""
        return 1 + (0 if self.drop.kind == SQUARE else self.drop.half)

    def _image(self, exposure, wcs: Wcs, planes) -> "_Image":
        pixel_map = self._map(exposure, wcs)
        data, weight = weighted(exposure, self.weight_type, self.bad)
        limits = scan_limits(pixel_map.at, weight.shape, self.grid.shape, pixel_map.section)
        arrays = [data, *(_array(exposure, name) for name in planes)]
        reach = pixel_map.reach_of_rows(self._margin)
        return _Image(arrays, weight, limits, pixel_map, reach, self._scale_of(exposure))

    def _scale_of(self, exposure) -> float:
        """What values are multiplied by."""
        return 1.0

    def _bands(self, slant: float, rows: slice, columns: slice, nsums: int) -> list[slice]:
        """Rows whose sums fit in a part of the scratch memory; rows of an exposure are to reach few of these bands."""
        row_bytes = (columns.stop - columns.start) * nsums * np.dtype(np.float64).itemsize
        budget = max(current_backend().scratch_bytes // 4, int(LEAST_SLANTS * slant) * row_bytes)
        tiles = row_tiles(rows.stop - rows.start, row_bytes, budget)
        return [slice(rows.start + tile.start, rows.start + tile.stop) for tile in tiles]


class _Image(NamedTuple):
    """An exposure, ready to be drizzled: planes, weights, columns that are used, and the way to the mosaic."""

    planes: list
    weight: object
    limits: np.ndarray
    pixel_map: PixelMap
    reach: RowReach
    scale: float

    def add_to(self, sums: Sums, drop: Drop, flags, nroots: int = 0) -> None:
        """Drizzle it into sums; see `gpucal.kernels.resample.drizzle.add_image`."""
        first = sums.corner[0]
        rows = self.reach.to(slice(first, first + sums.totals.shape[0]))
        given = self.planes, self.weight, self.pixel_map.on_grid, self.limits, drop, self.scale
        add_image(sums, *given, flags=flags, nroots=nroots, rows=rows)


def _array(exposure, name: str):
    if exposure.has(name):
        return getattr(exposure, name)
    return current_backend().xp.full(exposure.shape_of("data"), np.nan, np.float32)


def weighted(exposure, weight_type: str | None, bad: int = BAD):
    """The data of an exposure above its sky, and the weights of its pixels, (ny, nx) float32 arrays.

    Raises
    ------
    GpucalError
        If it is weighted by time, and its header has none.
    """
    held = (getattr(exposure, name) if exposure.has(name) else None for name in Pixels._fields)
    pixels, background = Pixels(*held), exposure.meta.background
    if pixels.dq is None:
        pixels = pixels._replace(dq=current_backend().xp.zeros(pixels.data.shape, np.uint32))
    sky = 0.0 if background.level is None or background.subtracted else background.level
    weighting = SAME
    if weight_type == "ivm" and pixels.var_rnoise is None:
        log.warning("%s has no VAR_RNOISE: all its good pixels have the same weight", exposure.source)
    elif weight_type == "ivm":
        weighting = INVERSE_VARIANCE
    factor = exposure_time(exposure) if weight_type == "exptime" else 1.0
    values, weights = values_and_weights(pixels, sky, weighting, factor, bad)
    if weighting == INVERSE_VARIANCE and not weights.any():
        log.warning(
            "%s has no weight: none of its good pixels has a VAR_RNOISE that is finite and not 0; where it is 0, "
            "weight_type=exptime does without it",
            exposure.source,
        )
    return values, weights


def exposure_time(exposure) -> float:
    """The time by which an exposure is weighted: that of its measurement, or else its exposure time, seconds.

    Raises
    ------
    GpucalError
        If its header has neither.
    """
    given = exposure.meta.exposure
    time = given.exposure_time if given.measurement_time is None else given.measurement_time
    if time is None:
        raise GpucalError(f"{exposure.source}: the header lacks XPOSURE and TMEASURE; weight_type exptime needs one")
    return float(time)
