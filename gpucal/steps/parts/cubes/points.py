"""The pixels of an exposure as points of a cube, sorted by wavelength.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.cubes.clipping import CORNERS
from gpucal.kernels.cubes.drizzle import COLUMNS, ERROR, FLUX, WAVE, WIDTH
from gpucal.kernels.cubes.points import place_points, tangent_at
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE
from gpucal.steps.parts.cubes.grid import CubeGrid
from gpucal.steps.parts.cubes.units import UNITS, Band
from gpucal.wcs.slice_outlines import PixelOutline, Plane, corners_on_plane, widths
from gpucal.wcs.slices import Slices

# A pixel with NaN in one of these is not used.
_VALUES = ("data", "err", "var_poisson", "var_rnoise", "var_flat")


class Points(NamedTuple):
    """Pixels of an exposure, sorted by wavelength; all on the backend.

    Attributes
    ----------
    places : (n, 2) float64 array or None
        Of their centres on the plane of the cube, arcsec; None where they are not asked for.
    wave : (n,) float64 array
        Wavelengths, micrometres.
    values : (2, n) float64 array
        Values and errors.
    slices : (n,) int32 array
        Their slices.
    drops : (n, 12) float64 array or None
        For drizzling; see `gpucal.kernels.cubes.drizzle.add_drops`.
    """

    places: object
    wave: object
    values: object
    slices: object
    drops: object


def slices_of_band(instrument: str, band: Band) -> tuple[int, int]:
    """The first and the last slice of a band."""
    return UNITS[instrument].slices[band.disperser]


def in_band(slices: Slices, instrument: str, band: Band):
    """Which pixels are in a slice of the band, (ny, nx) bool array on the backend."""
    first, last = slices_of_band(instrument, band)
    return (slices.labels >= first) & (slices.labels <= last)


def numbers_in_band(slices: Slices, instrument: str, band: Band) -> list[int]:
    """The numbers of the slices of the band."""
    first, last = slices_of_band(instrument, band)
    return [number for number in slices.numbers if first <= number <= last]


def good_pixels(exposure):
    """Which pixels may be used, (ny, nx) bool array on the backend."""
    xp = current_backend().xp
    good = (exposure.dq & (DO_NOT_USE | NON_SCIENCE)) == 0
    for name in _VALUES:
        if exposure.has(name) and exposure.shape_of(name) == exposure.shape_of("data"):
            good &= ~xp.isnan(getattr(exposure, name))
    return good & xp.isfinite(exposure.data)


class PointMaker:
    """Makes points of exposures for one cube.

    Parameters
    ----------
    grid : CubeGrid
        The voxels.
    instrument : str
        In capitals.
    reach : float or None
        How far, micrometres, pixels reach in wavelength beyond their centres; None for drizzling, where it depends on
        the pixel.
    with_places : bool
        Whether the centres are wanted when drizzling, too.
    """

    def __init__(self, grid: CubeGrid, instrument: str, reach: float | None, with_places: bool):
        self.grid = grid
        self.instrument = instrument
        self.outline = UNITS[instrument].outline
        self.reach = reach
        self.with_places = with_places or reach is not None

    def of(self, exposure, band: Band, offset: tuple[float, float]) -> Points | None:
        """The points of a band of an exposure.

        Parameters
        ----------
        exposure : Exposure
            With pixels; not changed.
        band : Band
            One that it covers.
        offset : tuple of float
            By how much it is moved to the east and north, arcsec.

        Returns
        -------
        Points or None
            None if no pixel is good and in reach.
        """
        xp, slices = current_backend().xp, exposure.ifu_slices
        is_drizzled = self.reach is None
        world = slices.world.reshape(3, -1)
        inside = in_band(slices, self.instrument, band).reshape(-1) & xp.isfinite(world[0])
        numbers = numbers_in_band(slices, self.instrument, band)
        width = widths(slices, numbers, self.outline).reshape(-1) if is_drizzled else None
        low, high = self._limits(width, inside)
        used = inside & good_pixels(exposure).reshape(-1) & (world[2] >= low) & (world[2] <= high)
        pixels = xp.flatnonzero(used)
        pixels = pixels[xp.argsort(world[2][pixels], kind="stable")]
        if not len(pixels):
            return None
        places = drops = None
        if self.with_places:
            tangent = tangent_at(*self.grid.crval, self.grid.turn, offset)
            places = xp.empty((len(pixels), 2), np.float64)
            place_points(world[0], world[1], pixels, tangent, places, 0, 1)
        wave = world[2][pixels]
        values = xp.stack([getattr(exposure, name).reshape(-1)[pixels].astype(np.float64) for name in ("data", "err")])
        labels = _labels(slices, self.instrument).reshape(-1)[pixels]
        if is_drizzled:
            drops = xp.empty((len(pixels), COLUMNS), np.float64)
            drops[:, WAVE], drops[:, WIDTH], drops[:, FLUX], drops[:, ERROR] = wave, width[pixels], *values
            across = _slice_width(slices, self.instrument, numbers)
            plane = Plane(self.grid.crval, self.grid.turn or 0.0, offset)
            drops[:, : 2 * CORNERS] = corners_on_plane(slices, numbers, self.outline, across, plane, pixels).T
        return _with_corners(Points(places, wave, values, labels, drops))

    def _limits(self, width, inside) -> tuple[float, float]:
        """Between which wavelengths pixels may reach a plane."""
        z, dz = self.grid.z, self.grid.dz
        if self.reach is not None:
            return z[0] - self.reach, z[-1] + self.reach
        if self.grid.step is None:
            return z[0] - dz[0], z[-1] + dz[-1]
        xp = current_backend().xp
        widest = float(xp.where(inside & xp.isfinite(width), width, 0.0).max(initial=0.0))
        return z[0] - self.grid.step - widest, z[-1] + self.grid.step + widest


def _labels(slices: Slices, instrument: str):
    """The slice of each pixel; of NIRSpec, as jwst counts pixels in its field, the last whose box it is in."""
    if instrument == "MIRI":
        return slices.labels
    made = slices.labels.copy()
    for number in slices.numbers:
        columns, rows = (slice(math.ceil(first), math.floor(last) + 1) for first, last in slices.box_of(number))
        made[rows, columns][made[rows, columns] > 0] = number
    return made


def _with_corners(points: Points) -> Points | None:
    """The points without those that have a corner that is not known."""
    if points.drops is None:
        return points
    xp = current_backend().xp
    known = xp.isfinite(points.drops[:, : 2 * CORNERS]).all(axis=1)
    if bool(known.all()):
        return points
    if not bool(known.any()):
        return None
    places = None if points.places is None else points.places[known]
    drops = points.drops[known]
    return Points(places, points.wave[known], points.values[:, known], points.slices[known], drops)


def _slice_width(slices: Slices, instrument: str, numbers: list[int]) -> float:
    """How wide a slice is, in the units of its frame."""
    outline = UNITS[instrument].outline
    if instrument == "NIRSPEC":
        # Slices 1 and 3 are neighbours in the field.
        first, second = (_across_middle(slices, number, outline) for number in (1, 3))
        return abs(first - second)
    across = np.unique([slices.program(number, None, outline.frame).at(0.0, 0.0)[outline.axis] for number in numbers])
    return float(across[1] - across[0])


def _across_middle(slices: Slices, number: int, outline: PixelOutline) -> float:
    """The coordinate across the slices of the middle of a slice."""
    middle = [np.mean(ends) for ends in slices.box_of(number)]
    return float(slices.program(number, None, outline.frame).at(*middle)[outline.axis])
