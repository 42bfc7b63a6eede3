"""Cubes and their spectra: what is drawn of them, read with astropy alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.pictures.product import PictureError, celestial

CUBE = "IFUCubeModel"
INTEGRAL_FIELDS = ("MIR_MRS", "NRS_IFU")

# So many lines are looked for; half of the planes that their continuum is the median of, and that belong to one.
LINES, CONTINUUM, LINE = 3, 20, 2


@dataclass(frozen=True)
class Map:
    """An image of a cube.

    Attributes
    ----------
    title : str
    image : (ny, nx) float array
        NaN where the cube has no value.
    """

    title: str
    image: np.ndarray


@dataclass(frozen=True)
class CubePicture:
    """What is drawn of a cube.

    Attributes
    ----------
    maps : list of Map
        The mean of all planes, and those of lines.
    unit : str
        Of the maps.
    wcs : WCS or None
        The way of the maps to the sky.
    marked : list of float
        The wavelengths of the lines, micron.
    wavelength, flux : (n,) float arrays
        The spectrum.
    flux_unit, title : str
        Its unit, and what it is of.
    circle : (float, float, float) or None
        x and y of the middle of the aperture, pixels from 0, and its radius.
    """

    maps: list[Map]
    unit: str
    wcs: WCS | None
    marked: list[float]
    wavelength: np.ndarray
    flux: np.ndarray
    flux_unit: str
    title: str
    circle: tuple[float, float, float] | None


def cube_of(path: Path) -> Path | None:
    """The cube that a file is, or that stands beside its spectrum; None if there is none."""
    try:
        header = fits.getheader(path)
    except OSError:
        return None
    if header.get("DATAMODL") == CUBE:
        return path
    beside = path.with_name(path.name.replace("_x1d", "_s3d"))
    is_other = beside != path and header.get("EXP_TYPE") in INTEGRAL_FIELDS
    return beside if is_other and beside.is_file() else None


def read_cube(path: Path, wavelengths: tuple[float, ...] = ()) -> CubePicture:
    """Read what is drawn of a cube, and of the ``x1d`` beside it.

    Parameters
    ----------
    path : Path
        The cube.
    wavelengths : tuple of float
        Those to draw maps of, micron; by default the strongest lines of the spectrum.

    Returns
    -------
    CubePicture

    Raises
    ------
    PictureError
        If it cannot be read, or has no plane of a wavelength.
    """
    try:
        with fits.open(path) as hdus:
            science = hdus["SCI"]
            data, header = np.asarray(science.data, np.float32), science.header
            planes = _wavelengths(hdus, header, len(data))
        spectrum = _spectrum(path.with_name(path.name.replace("_s3d", "_x1d")), path)
    except (OSError, KeyError) as error:
        raise PictureError(f"{path}: cannot be read as a cube ({error})") from error
    for wavelength in wavelengths:
        if not np.nanmin(planes) <= wavelength <= np.nanmax(planes):
            reach = f"{np.nanmin(planes):.4g} to {np.nanmax(planes):.4g} micron"
            raise PictureError(f"{path}: has no plane at {wavelength:g} micron; its planes are from {reach}")
    unit = header.get("BUNIT", "")
    mean = _mean(data)
    if spectrum is None:
        spectrum = planes, _mean(data.reshape(len(data), -1).T), unit, "mean of the field", None
    chosen = [int(np.nanargmin(np.abs(planes - one))) for one in wavelengths] or strongest_lines(
        np.interp(planes, *spectrum[:2])
    )
    maps = [Map("all wavelengths", mean)]
    maps += [Map(f"{planes[plane]:.4f} micron, less the continuum", line_map(data, plane)) for plane in chosen]
    marked = [float(planes[plane]) for plane in chosen]
    return CubePicture(maps, unit, _sky(header), marked, *spectrum)


def _sky(header: fits.Header) -> WCS | None:
    """The way of a plane to the sky, told apart from that to a wavelength, which may be in a table."""
    plane = header.copy()
    for key in ("CTYPE3", "PS3_0", "PS3_1"):
        plane.remove(key, ignore_missing=True)
    return celestial(plane)


def _wavelengths(hdus: fits.HDUList, header: fits.Header, nplanes: int) -> np.ndarray:
    """Of the planes, micron: those of the table that a cube has, or of its keywords."""
    if "WCS-TABLE" in hdus:
        return np.asarray(hdus["WCS-TABLE"].data["wavelength"], float).ravel()
    return header["CRVAL3"] + (np.arange(nplanes) + 1 - header["CRPIX3"]) * header["CDELT3"]


def _spectrum(path: Path, cube: Path):
    """Wavelengths, fluxes, their unit, a title, and the circle of an extracted spectrum; None if there is none."""
    if path == cube or not path.is_file():
        return None
    with fits.open(path) as hdus:
        table, header = hdus["EXTRACT1D"], hdus["EXTRACT1D"].header
        wavelength, flux, npixels = (np.asarray(table.data[name], float) for name in ("WAVELENGTH", "FLUX", "NPIXELS"))
        flux[(table.data["DQ"] & DO_NOT_USE) != 0] = np.nan  # planes between bands
        unit, kind = table.columns["FLUX"].unit or "", header.get("SRCTYPE", "")
    circle = None
    if kind == "POINT" and "EXTR_X" in header and np.isfinite(npixels).any():
        # The area tells the radius: of the plane in which it is the median, and as if all of it had values.
        circle = header["EXTR_X"], header["EXTR_Y"], float(np.sqrt(np.nanmedian(npixels) / np.pi))
    return wavelength, flux, unit, f"extracted, {kind.lower()}".strip(", "), circle


def _mean(values: np.ndarray) -> np.ndarray:
    """The means of what is finite along the first axis; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0, dtype=float)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def line_map(data: np.ndarray, plane: int) -> np.ndarray:
    """The mean of the planes about one, less that of those beside them.

    Parameters
    ----------
    data : (nplanes, ny, nx) float array
    plane : int

    Returns
    -------
    (ny, nx) float array
    """
    low, high = max(0, plane - LINE), plane + LINE + 1
    beside = np.concatenate([data[max(0, low - CONTINUUM // 2) : low], data[high : high + CONTINUUM // 2]])
    around = _mean(data[low:high])
    return around - _mean(beside) if len(beside) else around


def strongest_lines(flux: np.ndarray, count: int = LINES) -> list[int]:
    """The places of the strongest lines of a spectrum, in order of their places.

    Parameters
    ----------
    flux : (n,) float array
    count : int
        How many at most.

    Returns
    -------
    list of int
        Where it is the highest above the median of what is about it, one for each stretch of planes.
    """
    # Odd, so that a slope goes on beyond the ends.
    is_long = len(flux) > CONTINUUM
    padded = np.pad(flux, CONTINUUM, "reflect", reflect_type="odd") if is_long else np.pad(flux, CONTINUUM, "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * CONTINUUM + 1)
    height = np.where(np.isfinite(flux), flux, -np.inf)
    known = np.isfinite(windows).any(axis=1)
    height[known] -= np.nanmedian(windows[known], axis=1)
    found = []
    for place in np.argsort(height, kind="stable")[::-1]:
        if len(found) == count or not np.isfinite(height[place]):
            break
        if all(abs(place - other) > CONTINUUM // 2 for other in found):
            found.append(int(place))
    return sorted(found)
