"""Slits and their spectra: read with astropy alone."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.pictures.product import RAW_UNIT, PictureError

# Spectra of fields of sources: a table has a row for each of these.
OF_FIELDS = ("WFSSMultiSpecModel", "WFSSMultiCombinedSpecModel")
SPECTRA = ("MultiSpecModel", "TSOMultiSpecModel", "MultiCombinedSpecModel", "MRSMultiSpecModel", *OF_FIELDS)
SLITS = ("SlitModel", "MultiSlitModel")

# Names of products: of spectra, and of what they may have been extracted from; the better one first.
OF_SPECTRA = {"x1d": ("s2d", "cal", "crf"), "x1dints": ("calints", "crfints")}

ALONG_X = 1

# Of fields, what has an error so many times the median is not drawn.
NOISY = 5.0


@dataclass(frozen=True)
class SlitSpectrum:
    """A slit and its spectrum, as far as they are there.

    Attributes
    ----------
    name : str
    image : (ny, nx) float array or None
        Of integrations the first.
    unit : str
        Of the image.
    wavelength, flux, error : (n,) float arrays or None
        Of integrations the first.
    flux_unit : str
    aperture : tuple of (float, float), or None
        Its edges along x and along y, pixels from 0.
    background : list of (float, float)
        Edges of the regions that its background was measured in, across the dispersion.
    direction : int
        The dispersion axis.
    """

    name: str
    image: np.ndarray | None = None
    unit: str = ""
    wavelength: np.ndarray | None = None
    flux: np.ndarray | None = None
    error: np.ndarray | None = None
    flux_unit: str = ""
    aperture: tuple | None = None
    background: list = field(default_factory=list)
    direction: int = ALONG_X


def holds_spectra(path: Path) -> bool:
    """Whether a file holds slits or spectra."""
    try:
        return fits.getheader(path).get("DATAMODL") in (*SPECTRA, *SLITS)
    except OSError:
        return False


def read_spectra(path: Path) -> list[SlitSpectrum]:
    """Read slits and spectra: of the file, and of the one beside it that has the other of both.

    Parameters
    ----------
    path : Path
        A FITS file that `holds_spectra`.

    Returns
    -------
    list of SlitSpectrum

    Raises
    ------
    PictureError
        If a file cannot be read.
    """
    try:
        with fits.open(path) as hdus:
            is_spectra = hdus[0].header["DATAMODL"] in SPECTRA
        other = _beside(path, is_spectra)
        tables, images = (path, other) if is_spectra else (other, path)
        slits = {} if images is None else _read_slits(images)
        return list(slits.values()) if tables is None else _with_spectra(tables, slits)
    except (OSError, KeyError) as error:
        raise PictureError(f"{path}: its slits and spectra cannot be read ({error})") from error


def _beside(path: Path, is_spectra: bool) -> Path | None:
    """The file beside one that has the other of slits and spectra; None if there is none."""
    stem, _, suffix = path.stem.rpartition("_")
    wanted = OF_SPECTRA.get(suffix, ()) if is_spectra else [name for name, of in OF_SPECTRA.items() if suffix in of]
    found = (path.with_name(f"{stem}_{name}{path.suffix}") for name in wanted)
    return next((one for one in found if one.is_file()), None)


def _read_slits(path: Path) -> dict[str, SlitSpectrum]:
    slits = {}
    with fits.open(path) as hdus:
        for hdu in hdus:
            if hdu.name == "SCI":
                header = hdu.header
                kind = hdus[0].header.get("EXP_TYPE", "slit")
                name = str(header.get("SLTNAME") or header.get("SLITNAME") or kind)
                if "WFSS" in kind and "SOURCEID" in header:
                    name = _name_of_source(header["SOURCEID"], header.get("SPORDER"))
                image = np.asarray(hdu.section[(*(0,) * (len(hdu.shape) - 2), ...)], float)
                direction = header.get("DISPAXIS", ALONG_X)
                slits[name] = SlitSpectrum(name, image, header.get("BUNIT", RAW_UNIT), direction=direction)
    return slits


def _with_spectra(path: Path, slits: dict[str, SlitSpectrum]) -> list[SlitSpectrum]:
    made = []
    with fits.open(path) as hdus:
        entries = _apertures(hdus[0].header)
        if hdus[0].header["DATAMODL"] in OF_FIELDS:
            return _of_sources(hdus, slits)
        for hdu in hdus:
            if hdu.name not in ("EXTRACT1D", "COMBINE1D"):
                continue
            header = hdu.header
            name = str(header.get("SLTNAME", f"spectrum {hdu.ver}"))
            slit = slits.get(name) or (next(iter(slits.values())) if len(slits) == 1 else SlitSpectrum(name))
            columns = (_column(hdu, column) for column in ("WAVELENGTH", "FLUX", "FLUX_ERROR"))
            unit = hdu.columns["FLUX"].unit or ""
            direction = header.get("DISPAXIS", slit.direction)
            made.append(
                SlitSpectrum(
                    name, slit.image, slit.unit, *columns, unit, _edges(header),
                    _background(header, entries, name, direction), direction,
                )  # fmt: skip
            )
    return made


def _of_sources(hdus, slits: dict[str, SlitSpectrum]) -> list[SlitSpectrum]:
    """The spectra of all sources of a field, the brightest first; of several exposures, those of the first.

    Where filters let little light through, there is hardly anything but noise: that is left out.
    """
    made = {}
    for hdu in (one for one in hdus if one.name in ("EXTRACT1D", "COMBINE1D")):
        columns = ("WAVELENGTH", "FLUX", "ERROR" if hdu.name == "COMBINE1D" else "FLUX_ERROR")
        order, unit = hdu.header.get("SPORDER"), hdu.columns["FLUX"].unit or ""
        for source, *values in zip(hdu.data["SOURCE_ID"], *(hdu.data[one] for one in columns), strict=True):
            name = _name_of_source(source, order)
            wavelength, flux, error = (np.asarray(one, float) for one in values)
            flux = np.where(error > NOISY * np.nanmedian(error), np.nan, flux)
            slit, direction = slits.get(name, SlitSpectrum(name)), hdu.header.get("DISPAXIS", ALONG_X)
            made.setdefault(
                name, SlitSpectrum(name, slit.image, slit.unit, wavelength, flux, error, unit, direction=direction)
            )
    return sorted(made.values(), key=lambda one: -np.nan_to_num(np.nanmedian(one.flux)))


def _name_of_source(number: int, order: int | None) -> str:
    return f"source {number}" if order is None else f"source {number}, order {order}"


def _column(hdu, name: str) -> np.ndarray | None:
    name = "ERROR" if name not in hdu.columns.names and name == "FLUX_ERROR" else name
    values = np.asarray(hdu.data[name], float) if name in hdu.columns.names else None
    return values[0] if values is not None and values.ndim == 2 else values


def _edges(header) -> tuple | None:
    """Edges of an aperture, pixels from 0: half a pixel beyond the outermost that are in it as a whole."""
    keys = ("EXTRXSTR", "EXTRXSTP", "EXTRYSTR", "EXTRYSTP")
    if not all(key in header for key in keys):
        return None
    left, right, low, high = (float(header[key]) - 1 for key in keys)
    return (left - 0.5, right + 0.5), (low - 0.5, high + 0.5)


def _apertures(header) -> list[dict]:
    """The apertures of the reference that was used, if the file is there."""
    name = str(header.get("R_EXTR1D", "")).removeprefix("crds://")
    cache = Path(os.environ.get("CRDS_PATH", ""), "references", "jwst")
    for path in (Path(name), cache / str(header.get("INSTRUME")).lower() / name, cache / name):
        if path.suffix == ".json" and path.is_file():
            return json.loads(path.read_text()).get("apertures", [])
    return []


def _background(header, entries: list[dict], name: str, direction: int) -> list[tuple[float, float]]:
    """Edges of the regions of a background in the middle of the dispersion, moved as its aperture was."""
    entry = next((one for one in entries if one.get("id") in (name, "ANY") and one.get("bkg_coeff")), None)
    edges = _edges(header)
    if entry is None or edges is None:
        return []
    along, across = edges if direction == ALONG_X else edges[::-1]
    middle = sum(along) / 2
    limits = [np.polynomial.polynomial.polyval(middle, one) for one in entry["bkg_coeff"]]
    keys = ("ystart", "ystop") if direction == ALONG_X else ("xstart", "xstop")
    offset = 0.0
    if all(key in entry for key in keys):
        offset = sum(across) / 2 - sum(entry[key] for key in keys) / 2
    return [(low + offset, high + offset) for low, high in zip(limits[::2], limits[1::2], strict=True)]
