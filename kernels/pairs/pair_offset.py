"""How far two images of a point source are apart, beyond whole pixels that are known.

Both images are cut out about the source, bad pixels are filled, and what varies slowly is taken away. The peak of the
cross-correlation of the two, and the first moments around it, tell the offset.

Source: the ``wfs_combine`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfs_combine/description.html. The correlation is that of Fourier
transforms. This runs on the host.
"""

from typing import NamedTuple

import numpy as np

# Half of the box about the peak of the correlation whose moments are taken, pixels.
PEAK_BOX = 3

# Standard deviation of the blur that leaves what varies slowly, pixels.
SLOW_SCALE = 5


class SourceSize(NamedTuple):
    """Sizes of the search, pixels.

    Attributes
    ----------
    psf : int
        Half of the box about the source.
    blur : int
        Half of the box of the blur by which the source is found, and twice its variance.
    box : int
        Half of the box whose good pixels fill a bad one.
    """

    psf: int
    blur: int
    box: int


def residual_offset(first, second, offset, sizes) -> tuple[float, float] | None:
    """By how much more than ``offset`` the scene is further along x and y in the second image.

    Parameters
    ----------
    first, second : (ny, nx) float array
        Images on the host, NaN where a pixel is bad.
    offset : (int, int)
        What is known: how much further along x and y the scene is in the second image.
    sizes : SourceSize
        Of the search.

    Returns
    -------
    (float, float) or None
        Pixels; None where the images, with that offset, have no pixels about the source in common.
    """
    x, y = _centre_of_source(first, sizes.blur)
    columns, rows = (
        slice(max(0, round(at - sizes.psf)), min(size, round(at + sizes.psf)))
        for at, size in zip((x, y), first.shape[::-1], strict=True)
    )
    cuts = [fill_bad(image[rows, columns].astype(np.float64), sizes.box) for image in (first, second)]
    pair = _middle(_overlapping(*cuts, offset), sizes.psf)
    if min(pair[0].shape) == 0:
        return None
    return _peak_of_correlation(*pair)


def _centre_of_source(image, blur: int) -> tuple[float, float]:
    """The mean place, x and y, of what is brighter than half of the peak, in a blurred image."""
    from scipy.ndimage import correlate1d

    filled = np.where(np.isnan(image), np.nanmean(image), image).astype(np.float64)
    weights = np.exp(-(np.arange(-blur, blur + 1) ** 2) / blur)
    for axis in (0, 1):
        filled = correlate1d(filled, weights / weights.sum(), axis)
    inside = filled[blur : filled.shape[0] - blur, blur : filled.shape[1] - blur]
    y, x = np.nonzero(inside > 0.5 * inside.max())
    return x.mean() + blur, y.mean() + blur


def fill_bad(image, box: int) -> np.ndarray:
    """Fill bad pixels by the good ones around them, weighted by the inverse fourth power of their distance.

    Parameters
    ----------
    image : (ny, nx) float64 array
        NaN where a pixel is bad.
    box : int
        Pixels up to so far along each axis count; where none of them is good, all do alike.

    Returns
    -------
    (ny, nx) float64 array
    """
    from scipy.ndimage import correlate

    bad = np.isnan(image)
    y, x = np.mgrid[-box : box + 1, -box : box + 1]
    squares = x**2 + y**2
    weights = np.where(squares, 1.0 / np.maximum(squares, 1) ** 2, 0)
    total = correlate((~bad).astype(np.float64), weights, mode="constant")
    sums = correlate(np.where(bad, 0, image), weights, mode="constant")
    around = np.divide(sums, total, out=np.full(image.shape, 0.0 if bad.all() else image[~bad].mean()), where=total > 0)
    return np.where(bad, around, image)


def _overlapping(first, second, offset):
    """What two images of a shape have in common."""
    (ny, nx), (dx, dy) = first.shape, offset
    here = slice(max(0, -dy), max(0, ny - max(0, dy))), slice(max(0, -dx), max(0, nx - max(0, dx)))
    there = slice(max(0, dy), max(0, ny - max(0, -dy))), slice(max(0, dx), max(0, nx - max(0, -dx)))
    return first[here], second[there]


def _middle(pair, size: int):
    """What is no further than so many pixels from the middle, without the last row and column."""
    cut = tuple(
        slice(int(max(0, length / 2 + 1 - size)), int(max(0, min(length - 1, length / 2 + 1 + size))))
        for length in pair[0].shape
    )
    return [image[cut] for image in pair]


def _peak_of_correlation(first, second) -> tuple[float, float]:
    """How far the second image is from the first, x and y, by their cross-correlation."""
    from scipy.ndimage import center_of_mass, gaussian_filter

    correlation = cross_correlation(*(image - gaussian_filter(image, SLOW_SCALE) for image in (second, first)))
    peak = np.unravel_index(correlation.argmax(), correlation.shape)
    box = tuple(slice(max(0, at - PEAK_BOX), at + PEAK_BOX + 1) for at in peak)
    moments = center_of_mass(correlation[box])
    y, x = (
        within.start + moment - (size - 1)
        for within, moment, size in zip(box, moments, first.shape, strict=True)
    )
    return float(x), float(y)


def cross_correlation(first, second) -> np.ndarray:
    """Sums of the products of two images of one shape, (ny, nx), for all offsets: (2 ny - 1, 2 nx - 1).

    In its middle are the sums for no offset; after it, those where the first image is further along.
    """
    from scipy import fft

    shape = [2 * length - 1 for length in first.shape]
    sizes = [fft.next_fast_len(length, real=True) for length in shape]
    product = fft.rfft2(first, sizes) * fft.rfft2(second[::-1, ::-1], sizes)
    return fft.irfft2(product, sizes)[: shape[0], : shape[1]]
