"""The grid of a mosaic: a tangent plane with square pixels, turned and scaled as the first exposure is, that holds all.

Source: the ``resample`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/resample/main.html.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.fits_imaging import fits_imaging
from gpucal.wcs.footprint import polygons_of
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import bounding_box
from gpucal.wcs.outlines import outline_of
from gpucal.wcs.pixel_scale import mean_pixel_area, scale_at
from gpucal.wcs.sphere import middle
from gpucal.wcs.stray_pointings import check_pointings
from gpucal.wcs.world import Wcs

# By so much of a pixel the rounding of S_REGION may move a border.
_ROUNDING = 1e-3

_FEWEST_CORNERS = 3


class GridOptions(NamedTuple):
    """What the user may ask of a grid.

    Attributes
    ----------
    pixel_scale : float or None
        The side of a pixel, arcsec.
    pixel_scale_ratio : float
        Where no scale is given: that of the grid over that of the first exposure, at its reference point.
    rotation : float or None
        Position angle of the y axis, degrees; None takes that of the first exposure.
    crpix : sequence of float or None
        x and y of the reference pixel, from 0.
    crval : sequence of float or None
        Right ascension and declination of it, degrees; None takes the middle of all exposures.
    output_shape : sequence of int or None
        Columns and rows.
    all_borders : bool
        Whether each exposure lies in the grid with all of its border. If not, the grid is rounded to whole pixels as
        jwst 3.0.0 does, which cuts up to one pixel at the upper and at the right edge, and what distortion bends
        outward; and exposures may be as far from one another as they like. Pixels of both grids lie at the same places.
    """

    pixel_scale: float | None = None
    pixel_scale_ratio: float = 1.0
    rotation: float | None = None
    crpix: Sequence[float] | None = None
    crval: Sequence[float] | None = None
    output_shape: Sequence[int] | None = None
    all_borders: bool = True


class OutputGrid(NamedTuple):
    """The grid of a mosaic.

    Attributes
    ----------
    wcs : Wcs
        From its pixels to the sky.
    shape : tuple of int
        Rows and columns.
    pixel_scale : float
        The side of a pixel, arcsec.
    pixel_scale_ratio : float
        The side of a pixel over that of a pixel of the first exposure.
    """

    wcs: Wcs
    shape: tuple[int, int]
    pixel_scale: float
    pixel_scale_ratio: float


def output_grid(exposures: Sequence, wcses: Sequence[Wcs], options: GridOptions) -> OutputGrid:
    """The grid of a mosaic of exposures.

    Parameters
    ----------
    exposures : sequence of Exposure
        Of their metadata S_REGION is used, and the pointing of the first; no pixels.
    wcses : sequence of Wcs
        Theirs.
    options : GridOptions
        What the user asks for.

    Returns
    -------
    OutputGrid

    Raises
    ------
    GpucalError
        If a header lacks keywords, or has an S_REGION that is no polygon, the grid would have less than two rows or
        columns, exposures do not lie on the plane that touches the sky at crval, or they are absurdly far from one
        another, see `gpucal.wcs.stray_pointings`.
    """
    first, wcs = exposures[0], wcses[0]
    pointing = _orientation(first)
    corners = [corners_of(exposure) for exposure in exposures]
    if options.all_borders and not options.output_shape:
        check_pointings([exposure.source for exposure in exposures], corners)
    scale, ratio = _scale(first, wcs, pointing, options)
    crval = tuple(options.crval) if options.crval else middle(np.concatenate(corners))
    pc = _linear_matrix(pointing, options.rotation)
    to_plane = inverse_of(fits_imaging((0.0, 0.0), crval, (scale, scale), pc))
    points = program_of(to_plane).at(*np.concatenate(corners).T)
    if not np.isfinite(points).all():
        raise GpucalError(f"the exposures are more than 90 degrees from crval, {crval}: ask for one that is nearer")
    offset = np.array(options.crpix, float) if options.crpix else -points.min(1)
    upper = points.max(1) + offset
    if options.output_shape:
        nx, ny = options.output_shape
        box = [(max(0, int(low + 0.5)) - 0.5, min(int(high + 0.5), size) - 0.5)
               for low, high, size in zip(points.min(1) + offset, upper, (nx, ny), strict=True)]  # fmt: skip
    else:
        nx, ny = (int(end + 0.5) for end in upper)
        if options.all_borders:
            outlines = [_outline(exposure, own, to_plane) for exposure, own in zip(exposures, wcses, strict=True)]
            offset, (nx, ny) = _widened(np.hstack(outlines), offset, fixed=bool(options.crpix))
        box = [(-0.5, nx - 0.5), (-0.5, ny - 0.5)]
    if min(nx, ny) < 2:
        raise GpucalError(f"the mosaic would have {nx} x {ny} pixels; ask for a smaller pixel_scale or another crpix")
    transform = fits_imaging(offset, crval, (scale, scale), pc)
    transform["bounding_box"] = bounding_box(x=box[0], y=box[1])
    made = Wcs((wcs.frames[0], wcs.frames[-1]), (transform,), pixel_shape=(nx, ny))
    return OutputGrid(made, (ny, nx), 3600.0 * scale, ratio)


class _Orientation(NamedTuple):
    ra_ref: float
    dec_ref: float
    roll_ref: float
    v3yangle: float
    vparity: int


def _orientation(exposure) -> _Orientation:
    given = {name: getattr(exposure.meta.wcsinfo, name) for name in _Orientation._fields}
    missing = [_KEYWORDS[name] for name in given if given[name] is None]
    if missing:
        raise GpucalError(f"{exposure.source}: the header lacks {', '.join(missing)}, which the grid of a mosaic needs")
    return _Orientation(**given)


_KEYWORDS = {"v3yangle": "V3I_YANG"} | {
    name: name.upper() for name in ("ra_ref", "dec_ref", "roll_ref", "vparity")
}


def corners_of(exposure) -> np.ndarray:
    """The corners of an exposure on the sky by its keyword S_REGION, (n, 2), degrees.

    Raises
    ------
    GpucalError
        If its header has none, or it is no polygon.
    """
    region = exposure.meta.wcsinfo.s_region
    if not region:
        raise GpucalError(f"{exposure.source}: the header lacks S_REGION; run assign_wcs on it")
    try:
        polygons = polygons_of(region)
    except ValueError:
        polygons = []
    if min(map(len, polygons), default=0) < _FEWEST_CORNERS:
        raise GpucalError(f"{exposure.source}: S_REGION is {region!r}, which is no polygon; run assign_wcs on it")
    return np.concatenate(polygons)


def _scale(exposure, wcs: Wcs, pointing: _Orientation, options: GridOptions) -> tuple[float, float]:
    """The scale, degrees, and its ratio to that of the exposure."""
    if options.pixel_scale is None:
        own = scale_at(wcs, pointing.ra_ref, pointing.dec_ref)
        return own * options.pixel_scale_ratio, options.pixel_scale_ratio
    scale = options.pixel_scale / 3600.0
    own = np.rad2deg(np.sqrt(mean_pixel_area(wcs, exposure.shape_of("data")[-2:])))
    return scale, float(scale / own)


def _linear_matrix(pointing: _Orientation, rotation: float | None) -> np.ndarray:
    """From pixels to the tangent plane: y at the position angle of the ideal y axis, x as the parity says."""
    parity = pointing.vparity
    turn = np.deg2rad(pointing.roll_ref - parity * pointing.v3yangle if rotation is None else rotation)
    return np.array([[parity * np.cos(turn), np.sin(turn)], [-parity * np.sin(turn), np.cos(turn)]])


def _outline(exposure, wcs: Wcs, to_plane) -> np.ndarray:
    """The border of an exposure, pixels of the grid from its reference point."""
    ny, nx = exposure.shape_of("data")[-2:]
    box = wcs.bounding_box or ((-0.5, nx - 0.5), (-0.5, ny - 0.5))
    to_sky = wcs.program(wcs.frame_names[0], wcs.frame_names[-1])
    return program_of(to_plane).at(*to_sky.at(*outline_of(box)))


def _widened(points: np.ndarray, offset: np.ndarray, fixed: bool) -> tuple[np.ndarray, tuple[int, int]]:
    """The reference pixel and the extents of a grid that holds all points, moved by whole pixels."""
    least, most = points.min(1) + offset, points.max(1) + offset
    moved = np.zeros(2) if fixed else np.maximum(-np.floor(least + 0.5 + _ROUNDING), 0)
    nx, ny = np.ceil(most + moved + 0.5 - _ROUNDING).astype(int)
    return offset + moved, (int(nx), int(ny))
