"""A cube of one exposure of NIRSpec in the coordinates of the slicer: a column for each slice, rows along the slices.

Pixels are quadrilaterals along the slice and in wavelength. The weight of a pixel in a voxel is the share of its area
that is in it.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.errors import GpucalError
from gpucal.kernels.cubes.clipping import CORNERS
from gpucal.kernels.cubes.drizzle import COLUMNS, ERROR, FLUX, WAVE, WIDTH, Grid, add_drops
from gpucal.kernels.cubes.finish import planes_of
from gpucal.kernels.cubes.sums import no_sums
from gpucal.steps.parts.cubes.points import good_pixels
from gpucal.steps.parts.cubes.sampling import Sampling
from gpucal.wcs import frames
from gpucal.wcs.nodes import beside, bounding_box, chain, scale, shift
from gpucal.wcs.world import Wcs

# The column of each slice, from the first one on.
COLUMN_OF_SLICE = (
    15, 14, 16, 13, 17, 12, 18, 11, 19, 10, 20, 9, 21, 8, 22, 7, 23, 6, 24, 5, 25, 4, 26, 3, 27, 2, 28, 1, 29, 0,
)  # fmt: skip
NSLICES = len(COLUMN_OF_SLICE)

# The corners of a pixel from its centre: as jwst has it, that is the first of them.
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))

# The frame of the slicer: across and along slices (metres), and wavelength, which is in metres if it is below this.
FRAME, ACROSS, ALONG, WAVELENGTH = "slicer", 0, 1, 2
_METRES = 1e-4

_AXES = ("NRSSLICERX", "NRSSLICERY")


class SlicerGrid(NamedTuple):
    """The voxels.

    Attributes
    ----------
    across, along : (30,), (ny,) float64 array
        Centres of columns and rows, metres.
    sides : tuple of float
        Of a spaxel, metres.
    z : (nz,) float64 array
        Wavelengths of planes, micrometres.
    step : float
        Between them.
    """

    across: np.ndarray
    along: np.ndarray
    sides: tuple[float, float]
    z: np.ndarray
    step: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, rows and columns."""
        return len(self.z), len(self.along), len(self.across)


def slicer_grid(exposure, sampling: Sampling, check_size) -> SlicerGrid:
    """The voxels for an exposure: as wide as slices, half as high.

    Parameters
    ----------
    exposure : Exposure
        With slices.
    sampling : Sampling
        With equidistant planes.
    check_size : callable
        See `gpucal.steps.parts.cubes.grid.grid_of`.

    Raises
    ------
    GpucalError
        If no slice has a place on the slicer.
    """
    xp = current_backend().xp
    place = exposure.ifu_slices.on_pixels(None, FRAME)
    known = xp.isfinite(place[ACROSS]) & xp.isfinite(place[ALONG])
    if not bool(known.any()):
        raise GpucalError(f"{exposure.source}: no pixel has a place on the slicer")
    ends = xp.stack([place[axis][known] for axis in (ACROSS, ALONG)])
    low, high = (current_backend().asnumpy(one, TABLES) for one in (ends.min(axis=1), ends.max(axis=1)))
    width = float(high[0] - low[0]) / NSLICES
    height = width / 2
    count = math.ceil(max(abs(low[1]), abs(high[1])) / height)
    nplanes = math.ceil((sampling.wavemax - sampling.wavemin) / sampling.step)
    check_size(nplanes, 2 * count + 1, NSLICES)
    across = low[0] + width * (np.arange(NSLICES) + 0.5)
    along = height * np.arange(-count, count + 1)
    return SlicerGrid(across, along, (width, height), _planes(sampling, nplanes), sampling.step)


def _planes(sampling: Sampling, count: int) -> np.ndarray:
    """Wavelengths of planes about the middle of the range; jwst adds them up in float32."""
    number = np.float32 if as_peer() else np.float64
    low, high, step = map(number, (sampling.wavemin, sampling.wavemax, sampling.step))
    steps = np.full(count, step)
    steps[0] = (high + low) / number(2) - number(count / 2) * step + step / number(2)
    return np.add.accumulate(steps).astype(np.float64)


def slicer_planes(exposure, grid: SlicerGrid):
    """The arrays of the cube, a `gpucal.kernels.cubes.finish.CubePlanes`."""
    backend = current_backend()
    xp = backend.xp
    drops = _drops_of(exposure)
    voxels = (grid.along, grid.z, np.arange(NSLICES, dtype=float), np.ones(NSLICES))
    voxels = Grid(*map(backend.asarray, voxels), grid.sides[1], grid.step)
    sums = no_sums((NSLICES, len(grid.z), len(grid.along)))
    add_drops(sums, drops, voxels)
    return planes_of(xp.ascontiguousarray(xp.transpose(sums, (1, 2, 0, 3))))


def _drops_of(exposure):
    """Pixels along slices (x) and in wavelength (y), of a column (the third coordinate), sorted by that."""
    backend, slices = current_backend(), exposure.ifu_slices
    xp = backend.xp
    corners = [slices.at_offsets(float(dx), float(dy), FRAME).reshape(3, -1) for dx, dy in _CORNERS]
    used = good_pixels(exposure).reshape(-1)
    for corner in corners:
        used = used & xp.isfinite(corner).all(axis=0)
    if as_peer():
        used = used & _within_slices(slices.labels).reshape(-1)
    pixels = xp.flatnonzero(used)
    columns = np.zeros(NSLICES + 1)
    columns[1:] = COLUMN_OF_SLICE
    column = backend.asarray(columns)[slices.labels.reshape(-1)[pixels]]
    order = xp.argsort(column, kind="stable")
    pixels = pixels[order]
    drops = xp.empty((len(pixels), COLUMNS), np.float64)
    for number, corner in enumerate(corners):
        wave = corner[WAVELENGTH][pixels]
        in_metres = len(wave) > 0 and float(wave.max()) < _METRES
        drops[:, number], drops[:, CORNERS + number] = corner[ALONG][pixels], wave * (1e6 if in_metres else 1.0)
    # The weight is the area in common times a length below one, which is to be one over the area of the pixel.
    area = _areas(drops[:, :CORNERS], drops[:, CORNERS : 2 * CORNERS])
    drops[:, WAVE], drops[:, WIDTH] = column[order], float(area.min(initial=np.inf)) / area
    drops[:, FLUX], drops[:, ERROR] = (getattr(exposure, name).reshape(-1)[pixels] for name in ("data", "err"))
    return drops


def _within_slices(labels):
    """Which pixels have all corners in their slice: jwst leaves out the last row and column of each slice."""
    made = current_backend().xp.zeros(labels.shape, bool)
    own = labels[:-1, :-1]
    made[:-1, :-1] = (labels[:-1, 1:] == own) & (labels[1:, 1:] == own) & (labels[1:, :-1] == own)
    return made


def _areas(x, y):
    """Of quadrilaterals."""
    xp = current_backend().xp
    return 0.5 * xp.abs((x * xp.roll(y, -1, axis=1) - xp.roll(x, -1, axis=1) * y).sum(axis=1))


def slicer_wcs(grid: SlicerGrid) -> Wcs:
    """From voxels (x, y, plane, counted from 0) to places on the slicer (metres) and wavelength."""
    starts = grid.across[0], grid.along[0], grid.z[0]
    axes = [chain(scale(step), shift(first)) for step, first in zip((*grid.sides, grid.step), starts, strict=True)]
    transform = beside(*axes)
    ends = ((0, size - 1) for size in grid.shape[::-1])
    transform["bounding_box"] = bounding_box(**dict(zip(transform["inputs"], ends, strict=True)))
    plane = frames.plane("_".join(_AXES), _AXES, "m")
    world = frames.composite("world", plane, frames.spectral("spectral", "wavelength"))
    return Wcs((frames.voxels(), world), (transform,))


def write_slicer_wcsinfo(wcsinfo: dict, grid: SlicerGrid) -> None:
    """Write the coordinates as keywords, into their place in the metadata tree."""
    starts = grid.across[0], grid.along[0]
    for axis, (first, side, name) in enumerate(zip(starts, grid.sides, _AXES, strict=True), 1):
        wcsinfo |= {f"crval{axis}": float(first - side / 2), f"crpix{axis}": 0.5, f"cdelt{axis}": side}
        wcsinfo |= {f"ctype{axis}": name, f"cunit{axis}": "meter"}
    for row, column in np.ndindex(3, 3):
        value = int(row == column)
        wcsinfo[f"pc{row + 1}_{column + 1}"] = float(value) if max(row, column) < 2 else value
    wcsinfo |= {"wcsaxes": 3, "ctype3": "WAVE", "cunit3": "um", "crpix3": 1.0}
    wcsinfo |= {"crval3": float(grid.z[0]), "cdelt3": grid.step}
    wcsinfo.pop("s_region", None)  # it would be one on the sky
