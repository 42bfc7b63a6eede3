"""What the header of a cube says, and its coordinates."""

import math
from collections.abc import Sequence

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.data import Members
from gpucal.data.blending import blend
from gpucal.steps.parts.cubes.grid import CubeGrid
from gpucal.steps.parts.cubes.sampling import DRIZZLE, Sampling
from gpucal.steps.parts.cubes.units import Band
from gpucal.wcs import frames
from gpucal.wcs.fits_imaging import about
from gpucal.wcs.footprint import s_region
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import affine, beside, bounding_box, chain, node, scale, shift, tabular
from gpucal.wcs.world import Wcs

# Steradians of a square arcsecond, as cubes of jwst count them.
SQUARE_ARCSEC = 2.3504e-11

# Keywords of the exposure that say nothing of a cube: its pointing.
_POINTING = ("v2_ref", "v3_ref", "ra_ref", "dec_ref", "roll_ref", "v3yangle", "vparity")


def wavelength_table(grid: CubeGrid) -> np.ndarray:
    """The table of wavelengths: one row with all planes."""
    planes = np.arange(1, len(grid.z) + 1)
    z = grid.z if grid.step is None else grid.z[0] + (planes - 1.0) * grid.step
    return np.array([(z.astype(np.float32)[:, None],)], dtype=[("wavelength", "<f4", (len(z), 1))])


def linear_matrix(turn: float | None) -> np.ndarray:
    """From spaxels to the plane, (2, 2)."""
    angle = math.radians(turn or 0.0)
    return np.array([[-math.cos(angle), math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def wcs_of(grid: CubeGrid) -> Wcs:
    """From voxels (x, y, plane, counted from 0) to right ascension, declination and wavelength."""
    side = grid.side / 3600.0
    sky = chain(
        beside(*(shift(-(place - 1), name=f"crpix{axis}") for axis, place in enumerate(grid.crpix, 1))),
        affine(linear_matrix(grid.turn), np.zeros(2), name="pc_matrix"),
        beside(scale(side, name="cdelt1"), scale(side, name="cdelt2")),
        node("gnomonic", direction="pix2sky", inputs=["x", "y"], name="TAN", outputs=["phi", "theta"]),
        _named_about(grid.crval),
    )
    transform = beside(sky, _wavelengths(grid))
    nz, ny, nx = grid.shape
    ends = dict(zip(transform["inputs"], ((0, nx - 1), (0, ny - 1), (0, nz - 1)), strict=True))
    transform["bounding_box"] = bounding_box(**ends)
    return Wcs((frames.voxels(), _world_frame()), (transform,))


def _named_about(crval):
    made = about(crval)
    made["name"] = "crval"
    return made


def _wavelengths(grid: CubeGrid):
    if grid.step is not None:
        return chain(shift(-0.0), scale(grid.step), shift(grid.z[0]))
    return tabular(np.arange(len(grid.z)), grid.z.astype(np.float32))


def _world_frame():
    return frames.composite("world", frames.sky("sky", ("RA", "DEC")), frames.spectral("spectral", "wavelength"))


def region_of(wcs: Wcs, grid: CubeGrid) -> str:
    """S_REGION of all spaxels, from centre to centre of the outermost.

    A box of right ascensions and declinations, as jwst has it, if the cube is not turned, and not at right ascension
    zero; else its corners.
    """
    _, ny, nx = grid.shape
    x, y = np.array([(nx - 1, 0), (nx - 1, ny - 1), (0, ny - 1), (0, 0)], float).T
    ra, dec, _ = program_of(*wcs.transforms).at(x, y, np.zeros(4))
    is_simple = grid.turn is None and np.ptp(ra) < 180
    if is_simple or as_peer():
        ra = np.array([ra.min(), ra.min(), ra.max(), ra.max()])
        dec = np.array([dec.min(), dec.max(), dec.max(), dec.min()])
    return s_region(np.column_stack([ra % 360, dec]))


def drop_pointing(wcsinfo: dict) -> None:
    """Drop keywords of the pointing of one exposure from their place in the metadata tree."""
    for name in _POINTING:
        wcsinfo.pop(name, None)


def write_wcsinfo(wcsinfo: dict, grid: CubeGrid) -> None:
    """Write the coordinates of a cube as keywords, into their place in the metadata tree."""
    drop_pointing(wcsinfo)
    for axis in (0, 1):
        wcsinfo[f"crval{axis + 1}"], wcsinfo[f"crpix{axis + 1}"] = grid.crval[axis], grid.crpix[axis]
        wcsinfo[f"cdelt{axis + 1}"] = grid.side / 3600.0
        wcsinfo[f"ctype{axis + 1}"], wcsinfo[f"cunit{axis + 1}"] = ("RA---TAN", "DEC--TAN")[axis], "deg"
    matrix = linear_matrix(grid.turn)
    for row, column in np.ndindex(3, 3):
        on_sky = max(row, column) < 2
        wcsinfo[f"pc{row + 1}_{column + 1}"] = float(matrix[row, column]) if on_sky else int(row == column)
    wcsinfo |= {"wcsaxes": 3, "cunit3": "um", "crpix3": 1.0}
    if grid.step is not None:
        wcsinfo |= {"ctype3": "WAVE", "crval3": float(grid.z[0]), "cdelt3": grid.step}
        return
    wcsinfo.pop("cdelt3", None)
    wcsinfo |= {"ctype3": "WAVE-TAB", "crval3": 1.0, "ps3_0": "WCS-TABLE", "ps3_1": "wavelength"}


def write_sampling(meta, sampling: Sampling, weighting: str, weight_power: float, has_reach: bool = True) -> None:
    """Write how pixels were weighted; ``has_reach`` tells whether they reach farther than their outlines."""
    ifu, weights = meta.ifu, sampling.weights
    ifu.flux_extension, ifu.error_extension, ifu.error_type, ifu.dq_extension = "SCI", "ERR", "ERR", "DQ"
    ifu.weighting = weighting
    if weighting == DRIZZLE or not has_reach:
        ifu.weight_power = ifu.roi_wave = ifu.roi_spatial = 0
        return
    usual = float(weights.power) if sampling.is_linear else np.nan
    ifu.weight_power = weight_power or (None if np.isnan(usual) else usual)
    ifu.roi_wave = float(np.mean(weights.roiw))
    if sampling.is_linear:
        ifu.roi_spatial = float(weights.rois)


def blended(product, members: Members, places: Sequence[int]) -> None:
    """Give a cube the header of all exposures that it is made of; of a moving target, its mean place."""
    blend(product.model, [members[place].model for place in places])
    place = members[places[0]].meta.wcsinfo
    ra, dec = getattr(place, "mt_avra", None), getattr(place, "mt_avdec", None)
    if ra is not None:
        product.meta.wcsinfo.mt_ra = product.meta.target.ra = ra
        product.meta.wcsinfo.mt_dec = product.meta.target.dec = dec


def channels_of(bands: Sequence[Band]) -> str:
    """The channels of MIRI in one word, as the keyword CHANNEL has them."""
    return "".join(sorted({band.disperser for band in bands}))
