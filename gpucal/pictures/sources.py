"""The sources of a catalog: where they are on the sky and on an image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.wcs import WCS, NoConvergence

from gpucal.names.products import base_name
from gpucal.pictures.product import PictureError

SUFFIX = "_cat.ecsv"

# How the catalog of a mosaic, and what users have, name coordinates in degrees and pixels.
SKY_COLUMNS = (("ra", "dec"), ("RA", "DEC"))
PIXEL_COLUMNS = (("xcentroid", "ycentroid"), ("x", "y"))
MAGNITUDE = "aper_total_abmag"


@dataclass(frozen=True)
class Sources:
    """The sources of a catalog.

    Attributes
    ----------
    name : str
        Of the file.
    sky : SkyCoord or None
        Where they are, if the catalog tells it.
    x, y : (n,) float64 array or None
        Where they are on the image that they were found on, pixels from 0.
    is_extended : (n,) bool array
        Whether each is larger than a star; False where the catalog does not tell.
    magnitude : (n,) float64 array or None
        AB magnitude.
    """

    name: str
    sky: SkyCoord | None
    x: np.ndarray | None
    y: np.ndarray | None
    is_extended: np.ndarray
    magnitude: np.ndarray | None

    def __len__(self) -> int:
        return len(self.is_extended)

    def on(self, wcs: WCS | None) -> tuple[np.ndarray, np.ndarray]:
        """Where they are on an image, pixels from 0; without a way to the sky, on that they were found on.

        Raises
        ------
        PictureError
            The catalog has coordinates of one kind only, and the image of the other.
        """
        if wcs is not None and self.sky is not None:
            return _pixels(wcs, self.sky)
        if self.x is None:
            raise PictureError(f"{self.name}: has no pixel columns, and the image no coordinates on the sky")
        return self.x, self.y


def beside(path: Path) -> Path | None:
    """The catalog that belongs to a product: ``star_cat.ecsv`` beside ``star_i2d.fits``; None if there is none."""
    catalog = path.with_name(base_name(path) + SUFFIX)
    return catalog if catalog.is_file() else None


def read_sources(path: Path) -> Sources:
    """Read a catalog.

    Parameters
    ----------
    path : Path
        A table in ECSV format: the product of ``source_catalog``, or any with columns ``ra`` and ``dec`` in degrees, or
        ``x`` and ``y`` in pixels.

    Raises
    ------
    PictureError
        The file is not there, is no such table, or has no coordinates.
    """
    if not path.is_file():
        raise PictureError(f"{path}: no such file")
    try:
        table = Table.read(path, format="ascii.ecsv")
    except Exception as error:  # what is wrong with a text raises whatever the reader stumbles over
        raise PictureError(f"{path}: cannot be read as a table in ECSV format ({error})") from error
    x, y = _columns(table, PIXEL_COLUMNS)
    sky = _sky(table)
    if sky is None and x is None:
        raise PictureError(f"{path}: has no coordinates: sky_centroid, ra and dec, xcentroid and ycentroid, or x and y")
    extended = np.zeros(len(table), bool)
    if "is_extended" in table.colnames:
        extended[:] = np.ma.filled(table["is_extended"], False)
    return Sources(path.name, sky, x, y, extended, _values(table, MAGNITUDE))


def _sky(table: Table) -> SkyCoord | None:
    if "sky_centroid" in table.colnames:
        return SkyCoord(table["sky_centroid"])
    ra, dec = _columns(table, SKY_COLUMNS)
    return None if ra is None else SkyCoord(ra, dec, unit="deg")


def _columns(table: Table, names):
    for pair in names:
        if {*pair} <= {*table.colnames}:
            return tuple(_values(table, name) for name in pair)
    return None, None


def _values(table: Table, name: str) -> np.ndarray | None:
    if name not in table.colnames:
        return None
    column = table[name]
    return np.ma.filled(np.ma.asarray(getattr(column, "value", column), float), np.nan)


def _pixels(wcs: WCS, sky: SkyCoord) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of directions; those far off an image, where its distortion has no inverse, are NaN."""
    degrees = sky.icrs.ra.deg, sky.icrs.dec.deg
    try:
        x, y = wcs.all_world2pix(*degrees, 0)
    except NoConvergence as error:
        x, y = error.best_solution.T.copy()
        for lost in (error.divergent, error.slow_conv):
            if lost is not None:
                x[lost] = y[lost] = np.nan
    return x, y
