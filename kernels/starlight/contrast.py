"""How faint a companion may be beside a star: the scatter of rings, and of fluxes that are measured in them.

The flux of a point at a pixel is that by which its image, multiplied, comes nearest to what is there. In a ring there
are as many independent fluxes as images of points fit beside each other; where these are few, a limit has to be more of
their standard deviations for the same chance of a false alarm.

Source: D. Mawet et al. 2014, ApJ 792, 97, equations 8 to 10, for rings with few places.
"""

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fourier import fast_length, image_of_transform, transform_image

SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))
REACH = 4  # sigmas of the image of a point


def ring_scatter(image, width: int) -> list[tuple[float, float]]:
    """The standard deviation of the pixels in rings about the middle of an image.

    Parameters
    ----------
    image : (ny, nx) float array
        NaN does not count.
    width : int
        Of a ring, pixels.

    Returns
    -------
    list of (float, float)
        The radius in the middle of each ring, pixels, and the deviation; NaN where it has no pixels.
    """
    xp, (ny, nx) = array_namespace(image), image.shape
    row, column = round(ny / 2) - 1, round(nx / 2) - 1
    y, x = xp.arange(ny)[:, None] - row, xp.arange(nx)[None] - column
    distances = xp.sqrt((x * x + y * y).astype(np.float64))
    rings = []
    for inner in range(0, min(row, column), width):
        values = image[(distances >= inner) & (distances < inner + width) & xp.isfinite(image)].astype(
            np.float64
        )
        rings.append((inner + width / 2, float(values.std()) if values.size else float("nan")))
    return rings


def point(x: float, y: float, fwhm: float, shape, xp):
    """The image of a point of flux one, a Gaussian of a width, pixels; (ny, nx) float64."""
    sigma = fwhm * SIGMA_OF_FWHM
    across, along = (
        xp.exp(-0.5 * ((xp.arange(size) - middle) / sigma) ** 2) for size, middle in zip(shape, (y, x), strict=True)
    )
    return across[:, None] * along[None] / (2 * np.pi * sigma**2)


def point_fluxes(image, fwhm: float):
    """The flux of a point in the middle of each pixel of an image, (ny, nx) float64; what is beyond it counts as 0.

    Parameters
    ----------
    image : (ny, nx) float64 array
        NaN counts as 0.
    fwhm : float
        Of the image of a point, pixels.
    """
    xp, shape = array_namespace(image), image.shape
    reach = int(np.ceil(REACH * fwhm * SIGMA_OF_FWHM))
    mold = point(reach, reach, fwhm, (2 * reach + 1, 2 * reach + 1), xp)
    wide = tuple(fast_length(size + 2 * reach, image) for size in shape)
    known = xp.where(xp.isfinite(image), image, 0)
    sums = image_of_transform(transform_image(known, wide) * transform_image(mold, wide), wide)
    return sums[reach : reach + shape[0], reach : reach + shape[1]] / float((mold**2).sum())


def flux_at(image, x: float, y: float, fwhm: float) -> float:
    """The flux of a point at a place in an image, of which NaN does not count."""
    xp = array_namespace(image)
    mold = xp.where(xp.isfinite(image), point(x, y, fwhm, image.shape, xp), 0)
    power = float((mold**2).sum())
    return float((xp.where(mold > 0, image, 0) * mold).sum()) / power if power > 0 else float("nan")


def deviations(places: float, level: float) -> float:
    """How many standard deviations of a few fluxes a limit has to be, to be as sure as with that many of many.

    Parameters
    ----------
    places : float
        How many independent fluxes there are in a ring.
    level : float
        Standard deviations of a normal distribution.
    """
    from scipy import special

    if places < 3:
        return float("nan")
    chance = special.ndtr(level)
    return float(special.stdtrit(places - 2, chance) * np.sqrt(1 + 1 / (places - 1)))
