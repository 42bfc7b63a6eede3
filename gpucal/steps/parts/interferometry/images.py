"""Images of an exposure as they are fitted: cut about the star, without bad pixels."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError
from gpucal.data import Exposure, InputError
from gpucal.data.files.quiet import quietly
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.kernels.interferometry.repair import Detector, frequencies_beyond, repair_images

log = logging.getLogger(__name__)

# What of a full frame is as large as the subarray of this mode, from 0: rows, and columns.
IN_FULL_FRAME = (slice(0, 80), slice(1044, 1124))

# Rows that are no image, at the bottom.
REFERENCE_ROWS = 4

OUTLIER_SIGMA = 10.0
SIGMA_OF_MEDIAN_DEVIATION = 1.4826

# Pivot wavelengths and half-power wavelengths of filters, micrometres; from the documentation of the instrument,
# https://jwst-docs.stsci.edu/jwst-near-infrared-imager-and-slitless-spectrograph.
FILTERS = {
    "F277W": (2.776, 2.413, 3.142),
    "F356W": (3.595, 3.141, 4.068),
    "F380M": (3.828, 3.726, 3.931),
    "F430M": (4.286, 4.182, 4.395),
    "F444W": (4.435, 3.880, 5.023),
    "F480M": (4.817, 4.669, 4.971),
}
BEYOND_HALF_POWER = 1.1

# The size of the array that holds the pupil, metres; and the detector of NIRISS.
PUPIL_ARRAY = 6.603464
DETECTOR = Detector(gain=1.61, read_noise=18.32)

# An image with a larger part of bad pixels than this is left as it is.
MOST_BAD = 0.2

# A star nearer to an edge than so many pixels cannot be fitted.
NEAREST_TO_EDGE = 6


class Images(NamedTuple):
    """Images about a star, all on the backend.

    Attributes
    ----------
    data : (nints, npix, npix) float array
        Finite where they are good.
    good : (nints, npix, npix) bool array
        The pixels to fit.
    variance : (nints, npix, npix) float array or None
        NaN where it is not known.
    """

    data: np.ndarray
    good: np.ndarray
    variance: np.ndarray | None


def cubes_of(exposure: Exposure, first_few: int | None, reference_rows: bool = False) -> Images:
    """The integrations of an exposure; a rate image is one integration.

    Parameters
    ----------
    exposure : Exposure
    first_few : int or None
        How many integrations to take of a cube.
    reference_rows : bool
        Whether the reference rows are kept.
    """
    planes = exposure.data, exposure.dq, exposure.err if exposure.has("err") else None
    if exposure.model_type == "ImageModel":
        planes = [plane if plane is None else plane[None] for plane in planes]
    elif first_few is not None:
        if first_few > planes[0].shape[0]:
            log.warning(
                "%s has fewer integrations than firstfew, %d: all are analyzed", exposure.source, first_few
            )
        planes = [plane if plane is None else plane[:first_few] for plane in planes]
    if str(exposure.meta.subarray.name).upper() == "FULL":
        planes = [plane if plane is None else plane[:, *IN_FULL_FRAME] for plane in planes]
    first_row = 0 if reference_rows else REFERENCE_ROWS
    data, dq, err = (plane if plane is None else plane[:, first_row:] for plane in planes)
    bad = (dq & (DO_NOT_USE | JUMP_DET)) != 0
    return Images(data.copy(), ~bad, None if err is None else err.astype(np.float64) ** 2)


def median_image(images: Images):
    """The median of good pixels over integrations, NaN where there are none; jwst takes flagged ones, too."""
    xp = current_backend().xp
    if as_peer():
        return xp.median(images.data, axis=0)
    with quietly(RuntimeWarning):  # where all are NaN
        return xp.nanmedian(xp.where(images.good, images.data, xp.nan), axis=0)


def without_outliers(images: Images, median) -> Images:
    """Mark pixels that are far above the median over integrations as bad.

    Their scatter is 1.48 times the median deviation, or their error if that is larger: a standard deviation of few
    integrations would hold the outlier itself, and hide it.
    """
    xp = current_backend().xp
    above = images.data - median
    if as_peer():
        scatter = xp.std(images.data, axis=0)
    else:
        with quietly(RuntimeWarning):
            scatter = SIGMA_OF_MEDIAN_DEVIATION * xp.nanmedian(xp.abs(above), axis=0)
        if images.variance is not None:
            scatter = xp.maximum(scatter, xp.sqrt(xp.nan_to_num(images.variance)))
    outliers = above > OUTLIER_SIGMA * scatter if len(above) > 1 else xp.zeros(above.shape, bool)
    log.info("%d pixels are far above the median over integrations", int(outliers.sum()))
    return images._replace(good=images.good & ~outliers)


def about_star(images: Images, median, source: str) -> Images:
    """Cut the largest square about the brightest pixel of the median.

    Raises
    ------
    InputError
        If there is no star, or it is too near to an edge.
    """
    shown = current_backend().asnumpy(median, TABLES)
    if not np.isfinite(shown).any():
        raise InputError(f"{source}: holds no star: all of its pixels are NaN or flagged")
    y, x = np.unravel_index(np.nanargmax(shown), shown.shape)
    half = min(y, x, shown.shape[0] - 1 - y, shown.shape[1] - 1 - x)
    if half < NEAREST_TO_EDGE:
        raise InputError(
            f"{source}: its brightest pixel, x {x}, y {y + REFERENCE_ROWS}, is too near to the edge"
        )
    log.info("Cut %d x %d pixels about x %d, y %d", 2 * half + 1, 2 * half + 1, x, y + REFERENCE_ROWS)
    window = (slice(None), slice(y - half, y + half + 1), slice(x - half, x + half + 1))
    return Images(*(None if plane is None else plane[window] for plane in images))


def repaired(images: Images, filter_name: str, pitch: float, pupil) -> Images:
    """Repair bad pixels, and find more; the last row and column of an odd number are left as they are.

    So are images that have hardly anything but bad pixels.

    Parameters
    ----------
    images : Images
    filter_name : str
    pitch : float
        The size of a pixel, radians.
    pupil : (n, n) float array
        The transmission of the mask.

    Raises
    ------
    GpucalError
        If the wavelengths of the filter are not known.
    """
    if filter_name not in FILTERS:
        raise GpucalError(
            f"run_bpfix: bad pixels can be repaired in {', '.join(FILTERS)}, and not in {filter_name}; turn it off"
        )
    xp = current_backend().xp
    npix = images.data.shape[-1] // 2 * 2
    inside = (slice(None), slice(npix), slice(npix))
    finite = xp.isfinite(images.data)
    data, good = images.data.copy(), images.good & finite
    places = xp.flatnonzero((~good).mean((1, 2)) <= MOST_BAD)
    if not len(places):
        return images
    beyond = frequencies_beyond(pupil, wavelengths_of(filter_name), PUPIL_ARRAY, pitch, npix)
    clean = xp.where(finite, data, 0)[inside]
    known = good[places][inside]
    found, bad = repair_images(clean[places], ~known, beyond, DETECTOR)
    log.info("Repaired %d pixels; of these %d were found here", int(bad.sum()), int((bad & known).sum()))
    data[places, :npix, :npix], good[places, :npix, :npix] = found, ~bad
    return images._replace(data=data, good=good)


def without_bad(images: Images) -> Images:
    """Images whose bad pixels are NaN, so that the star is not looked for in them."""
    xp = current_backend().xp
    return images._replace(data=xp.where(images.good, images.data, xp.nan))


def wavelengths_of(filter_name: str) -> list[float]:
    """The middle of a filter, and a little beyond its half power on both sides, metres."""
    pivot, short, long = FILTERS[filter_name]
    return [1e-6 * (pivot + BEYOND_HALF_POWER * (edge - pivot)) for edge in (pivot, short, long)]


def filled_with_neighbours(images):
    """Images whose NaN are the medians of what is about them, or 0; (..., ny, nx) array."""
    xp = current_backend().xp
    finite = xp.isfinite(images)
    if finite.all():
        return images
    rows, columns = images.shape[-2:]
    width = [(0, 0)] * (images.ndim - 2) + [(1, 1)] * 2
    padded = xp.pad(xp.where(finite, images, xp.nan), width, constant_values=xp.nan)
    around = xp.stack([padded[..., y : y + rows, x : x + columns] for y in range(3) for x in range(3)])
    median = xp.nanmedian(xp.where(xp.isfinite(around).any(0), around, 0.0), axis=0)
    return xp.where(finite, images, median)
