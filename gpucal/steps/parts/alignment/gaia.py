"""Catalogues of Gaia, asked of the archive of the observatory over the network.

Source: the catalogue service of MAST, https://outerspace.stsci.edu/display/GC/WebServices+for+Catalog+Access.
"""

import csv
import os
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np

from gpucal.errors import GpucalError
from gpucal.steps.parts.alignment.catalogs import write_catalog
from gpucal.steps.parts.alignment.images import Reference
from gpucal.wcs.correction import directions

NAMES = ("GAIAREFCAT", "GAIADR3", "GAIADR2", "GAIADR1")

# Where another address of the service is told, and its own one.
_VARIABLE, _SERVICE = "ASTROMETRIC_CATALOG_URL", "https://gsss.stsci.edu/webservices"
_SECONDS = 30.0

# What is kept of an answer: its column, and the type.
_COLUMNS = {
    "RA": ("ra", float),
    "DEC": ("dec", float),
    "mag": ("mag", float),
    "objID": ("objID", str),
    "epoch": ("epoch", float),
}
_MOTION = ("pmra", "pmdec")


class NoCatalogError(GpucalError):
    """The service does not answer, or not with a catalogue."""


def gaia_sources(name: str, corners: np.ndarray, epoch: float, saved_as: Path | None = None) -> Reference:
    """The sources of a catalogue in a field, moved by their proper motion; those without known motion are left out.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    corners : (n, 3) float64 array
        Directions of the corners of all images; sources are those in the circle around them.
    epoch : float
        The year of the observation, with its fraction.
    saved_as : pathlib.Path, optional
        Where to write them.

    Returns
    -------
    Reference

    Raises
    ------
    NoCatalogError
        If there is no network, or no answer within half a minute.
    """
    middle = corners.mean(axis=0) / np.linalg.norm(corners.mean(axis=0))
    radius = np.rad2deg(2 * np.arcsin(np.linalg.norm(corners - middle, axis=1).max() / 2))
    ra, dec = np.rad2deg(np.arctan2(middle[1], middle[0])) % 360, np.rad2deg(np.arcsin(middle[2]))
    asked = urlencode({"RA": ra, "DEC": dec, "EPOCH": epoch, "SR": radius, "FORMAT": "CSV", "CAT": name})
    address = f"{os.environ.get(_VARIABLE, _SERVICE)}/vo/CatalogSearch.aspx?{asked}"
    try:
        with urlopen(address, timeout=_SECONDS) as answer:
            text = answer.read().decode()
        columns = _columns(text)
    except (URLError, OSError, ValueError, KeyError) as error:
        raise NoCatalogError(f"{name}: no catalogue from {address.partition('?')[0]} ({error})") from error
    if saved_as is not None:
        write_catalog(saved_as, columns, name, "ecsv")
    return Reference(directions(columns["RA"], columns["DEC"]))


def _columns(text: str) -> dict[str, np.ndarray]:
    """Columns of an answer, faint sources first."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "No data records"))]
    rows = [row for row in csv.DictReader(lines) if all(row[name].strip() for name in _MOTION)]
    rows.sort(key=lambda row: -float(row["mag"] or "inf"))
    return {
        name: np.array([kind(row[given] or "nan") for row in rows], kind) for name, (given, kind) in _COLUMNS.items()
    }
