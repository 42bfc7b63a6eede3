"""What of a product is drawn: one image, its flags, and where it lies on the sky.

Files are read with astropy alone, and the way to the sky is that of the FITS keywords: a picture needs no data model
and no gwcs.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

from gpucal.errors import GpucalError

SEGMENTATION = "SegmentationMapModel"

# The unit of values that have none in the header: those of raw ramps.
RAW_UNIT = "DN"


class PictureError(GpucalError):
    """A file that cannot be drawn."""


@dataclass(frozen=True)
class Product:
    """An image of a product.

    Attributes
    ----------
    name : str
        Of the file.
    image : (ny, nx) float32 or uint32 array
        Of ramps the last group of the first integration, of integrations the first; labels of a segmentation map.
    title : str
        Which image it is.
    unit : str
    dq : (ny, nx) uint32 array or None
        Its flags; of ramps those of all groups together.
    wcs : WCS or None
        The way to the sky, if the header has one.
    is_labels : bool
        Whether it is a segmentation map.
    """

    name: str
    image: np.ndarray
    title: str
    unit: str
    dq: np.ndarray | None
    wcs: WCS | None
    is_labels: bool


def read_product(path: Path) -> Product:
    """Read what is drawn of a product.

    Parameters
    ----------
    path : Path
        A FITS file with the extension SCI.

    Returns
    -------
    Product

    Raises
    ------
    PictureError
        The file is not there, is no FITS file, or has no image.
    """
    if not path.is_file():
        raise PictureError(f"{path}: no such file")
    try:
        with fits.open(path) as hdus:
            return _read(path, hdus)
    except OSError as error:
        raise PictureError(f"{path}: cannot be read as a FITS file ({error})") from error


def _read(path: Path, hdus: fits.HDUList) -> Product:
    if "SCI" not in hdus or not 2 <= len(hdus["SCI"].shape) <= 4:
        raise PictureError(f"{path}: has no image to draw (no extension SCI of two to four axes)")
    science = hdus["SCI"]
    is_labels = hdus[0].header.get("DATAMODL") == SEGMENTATION
    which = {2: (), 3: (0,), 4: (0, -1)}[len(science.shape)]
    image = np.asarray(science.section[(*which, ...)])
    return Product(
        name=path.name,
        image=image.astype(np.uint32 if is_labels else np.float32),
        title=("", ", first integration", ", last group of the first integration")[len(which)],
        unit=science.header.get("BUNIT", RAW_UNIT),
        dq=_flags(hdus),
        wcs=celestial(science.header),
        is_labels=is_labels,
    )


def _flags(hdus: fits.HDUList) -> np.ndarray | None:
    if "DQ" in hdus:
        dq = hdus["DQ"]
        return np.asarray(dq.section[(*(0,) * (len(dq.shape) - 2), ...)])
    if "PIXELDQ" in hdus and "GROUPDQ" in hdus:
        groups = np.asarray(hdus["GROUPDQ"].section[0, ...])
        return np.asarray(hdus["PIXELDQ"].data) | np.bitwise_or.reduce(groups, axis=0)
    return None


def celestial(header: fits.Header) -> WCS | None:
    """The way to the sky that a header tells; None if it tells none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        wcs = WCS(header, naxis=2)  # those of integrations have a further axis
    return wcs.celestial if wcs.has_celestial else None
