"""Drizzling of exposures onto the grid of a mosaic: what its steps share."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.errors import GpucalError
from gpucal.kernels.resample.drizzle import add_image
from gpucal.kernels.resample.drops import SQUARE, Drop, drop_of
from gpucal.kernels.resample.exposures import BAD, INVERSE_VARIANCE, SAME, Pixels, values_and_weights
from gpucal.kernels.resample.noise import scatter_over_error
from gpucal.kernels.resample.scan import scan_limits
from gpucal.kernels.resample.sums import Sums, no_sums
from gpucal.wcs.output_grid import OutputGrid
from gpucal.wcs.pixel_map import PixelMap
from gpucal.wcs.world import Wcs

# Pixels along each axis of an exposure at which it is asked how noise is spread.
SAMPLES = 40

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

    def alone(self, exposure, wcs: Wcs, planes=(), roots=(), with_flags: bool = False) -> Sums:
        """Drizzle an exposure by itself, onto that part of the mosaic that it reaches.

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

        Returns
        -------
        Sums
        """
        pixel_map = self._map(exposure, wcs)
        sums = self.no_sums(1 + len(planes) + len(roots), self._reach(pixel_map), with_flags)
        xp = current_backend().xp
        more = [*(_array(exposure, name) for name in planes), *(xp.sqrt(_array(exposure, name)) for name in roots)]
        self._add(sums, exposure, pixel_map, more)
        return sums

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
        self._add(sums, exposure, self._map(exposure, wcs), [_array(exposure, name) for name in planes])

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
        margin = 1 + (0 if self.drop.kind == SQUARE else self.drop.half)
        return pixel_map.reach(margin, self.grid.shape)

    def _add(self, sums: Sums, exposure, pixel_map: PixelMap, planes: list) -> None:
        data, weight = weighted(exposure, self.weight_type, self.bad)
        limits = scan_limits(pixel_map.at, weight.shape, self.grid.shape, pixel_map.section)
        flags = None if sums.flags is None else exposure.dq
        scale = self._scale_of(exposure)
        add_image(sums, [data, *planes], weight, pixel_map.on_grid, limits, self.drop, scale, flags=flags)

    def _scale_of(self, exposure) -> float:
        """What values are multiplied by."""
        return 1.0


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
