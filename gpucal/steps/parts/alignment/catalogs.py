"""Catalogues of sources in files: of the sources on an image, and of sources with known places on the sky."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gpucal.errors import GpucalError
from gpucal.steps.parts.alignment.images import Reference, Sources
from gpucal.wcs.correction import directions

# Formats that catalogues are written in, by the ending of their names.
FORMATS = {"ecsv": "ascii.ecsv", "fits": "fits"}

_PIXELS = {axis: (axis, f"{axis}centroid", f"{axis}_centroid") for axis in ("x", "y")}


class CatalogError(GpucalError):
    """A catalogue cannot be used; the message names the file."""


def read_sources(path: Path) -> Sources:
    """The sources on an image, from columns ``x`` or ``xcentroid``, ``y`` or ``ycentroid``, and maybe ``weight``.

    Raises
    ------
    CatalogError
        If the file cannot be read, or lacks a column.
    """
    table = _table(path)
    found = [next((name for name in names if name in table.colnames), None) for names in _PIXELS.values()]
    if None in found:
        raise CatalogError(f"{path}: has no columns x and y (or xcentroid and ycentroid)")
    return Sources(*(_numbers(path, table[name]) for name in found), _weights(path, table))


def read_reference(path: Path) -> Reference:
    """Sources with known places, from columns ``RA`` and ``DEC`` in any case, degrees, or ``sky_centroid``.

    Raises
    ------
    CatalogError
        If the file cannot be read, or lacks a column, or has one twice.
    """
    table = _table(path)
    named = {wanted: [name for name in table.colnames if name.lower() == wanted] for wanted in _SKY}
    if twice := next((names for names in named.values() if len(names) > 1), None):
        raise CatalogError(f"{path}: which is meant of the columns {' and '.join(twice)}?")
    if named["ra"] and named["dec"]:
        places = [_numbers(path, table[named[axis][0]]) for axis in ("ra", "dec")]
    elif named["sky_centroid"]:
        sky = table[named["sky_centroid"][0]].icrs
        places = [sky.ra.deg, sky.dec.deg]
    elif named["sky_centroid.ra"] and named["sky_centroid.dec"]:
        places = [_numbers(path, table[named[f"sky_centroid.{axis}"][0]]) for axis in ("ra", "dec")]
    else:
        raise CatalogError(f"{path}: has neither columns RA and DEC nor sky_centroid")
    known = np.isfinite(places).all(axis=0)
    return Reference(directions(*places), _weights(path, table)).part(known)


_SKY = ("ra", "dec", "sky_centroid", "sky_centroid.ra", "sky_centroid.dec")


def listed_catalogs(path: Path) -> dict[str, Path | None]:
    """What a file lists: a line an image, its name and that of its catalogue, which stands beside the list.

    Raises
    ------
    CatalogError
        If the file cannot be read, or a line has more names.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: the list of catalogues cannot be read ({error})") from error
    catalogs: dict[str, Path | None] = {}
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) > 2:
            raise CatalogError(f"{path}: a line names an image and its catalogue, and not {line.strip()!r}")
        if words:
            catalogs[words[0]] = path.parent / words[1] if len(words) == 2 else None
    return catalogs


def write_catalog(path: Path, columns: Mapping[str, np.ndarray], name: str, ending: str) -> None:
    """Write a catalogue.

    Parameters
    ----------
    path : pathlib.Path
        Written over, if it is there.
    columns : mapping of str to (n,) array
        The columns.
    name : str
        Kept in its header as ``name``.
    ending : str
        One of `FORMATS`.

    Raises
    ------
    CatalogError
        If it cannot be written.
    """
    from astropy.table import Table

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Table(dict(columns), meta={"name": name}).write(path, format=FORMATS[ending], overwrite=True)
    except OSError as error:
        raise CatalogError(f"{path}: cannot be written ({error})") from error


def _table(path: Path):
    from astropy.io.registry import IORegistryError
    from astropy.table import Table

    if not path.is_file():
        raise CatalogError(f"{path}: there is no such catalogue")
    try:
        try:
            return Table.read(path)
        except IORegistryError:  # its name does not tell the format
            return Table.read(path, format="ascii")
    except Exception as error:  # readers of astropy raise many kinds
        raise CatalogError(f"{path}: cannot be read as a table ({str(error).strip().splitlines()[0]})") from error


def _numbers(path: Path, column) -> np.ndarray:
    try:
        return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
    except ValueError as error:
        raise CatalogError(f"{path}: the column {column.name} does not hold numbers") from error


def _weights(path: Path, table) -> np.ndarray | None:
    if "weight" not in table.colnames:
        return None
    return np.nan_to_num(_numbers(path, table["weight"]), nan=0.0)
