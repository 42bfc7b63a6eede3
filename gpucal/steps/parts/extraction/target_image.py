"""Where a source is in an image that was taken to verify its acquisition.

Source: the ``targ_centroid`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/targ_centroid/index.html.
"""

import warnings
from typing import NamedTuple

import numpy as np

from gpucal.errors import SkipStep
from gpucal.steps.parts.coordinates.lrs import keep_dithered_position

# Rows and columns around where the source is looked for, and how many of their pixels have to have a value.
BOX = 20
ENOUGH = 10


class Expected(NamedTuple):
    """Where a source is to be, as the header says.

    Attributes
    ----------
    place : (2,) float64 array
        x and y, pixels of the subarray, from 0.
    dither : (2,) float64 array
        How far the dither moved it there.
    """

    place: np.ndarray
    dither: np.ndarray


def expected_place(exposure) -> Expected:
    """Where the source of an exposure is to be.

    Parameters
    ----------
    exposure : Exposure
        With world coordinates: an image, or a spectrum, whose source is followed at the wavelength in its middle.

    Raises
    ------
    SkipStep
        If the header does not tell the dither, or the coordinates have no wavelength there.
    """
    wcs, meta = exposure.get_wcs(), exposure.meta
    if None in (meta.dither.dithered_ra, meta.dither.dithered_dec):
        keep_dithered_position(exposure, wcs)
    there = meta.dither.dithered_ra, meta.dither.dithered_dec
    if None in there:
        raise SkipStep(f"the header of {exposure.source} does not tell the dither (XOFFSET, YOFFSET)")
    back = wcs.program("world", "detector")
    extra = (middle_wavelength(wcs),) if back.ninputs == 3 else ()
    place = back.at(*there, *extra)
    return Expected(place, place - back.at(meta.wcsinfo.ra_ref, meta.wcsinfo.dec_ref, *extra))


def middle_wavelength(wcs) -> float:
    """The mean wavelength across the middle of the bounding box of a spectrum along columns.

    Raises
    ------
    SkipStep
        If there is none.
    """
    (left, right), (bottom, top) = wcs.bounding_box
    x = np.arange(round(right), dtype=float)
    wavelengths = wcs.program().at(x, np.full(len(x), (bottom + top) / 2))[2]
    inside = wavelengths[(x >= left) & (x <= right) & np.isfinite(wavelengths)]
    if not inside.size:
        raise SkipStep("the middle of the spectrum has no wavelength")
    return float(inside.mean())


def centroid(image: np.ndarray, place: np.ndarray) -> np.ndarray:
    """x and y of the source near a place: the center of a Gaussian that is fitted to the pixels around.

    Parameters
    ----------
    image : (ny, nx) array
        On the host.
    place : (2,) array
        x and y where it is to be.

    Raises
    ------
    SkipStep
        If too few pixels there have a value, or the fit fails.
    """
    from photutils.centroids import centroid_2dg  # here, because it takes long to import

    column, row = (int(np.round(one)) for one in place)
    first = np.maximum(0, [column - BOX // 2, row - BOX // 2])
    box = image[first[1] : max(0, row + BOX // 2), first[0] : max(0, column + BOX // 2)]
    if np.isfinite(box).sum() < ENOUGH:
        raise SkipStep("the image has too few pixels with a value where the source is to be")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = centroid_2dg(box, mask=~np.isfinite(box))
    except ValueError as reason:
        raise SkipStep(f"no Gaussian could be fitted to the source: {reason}") from reason
    return found + first
