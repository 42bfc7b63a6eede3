"""The profile that stars are searched with: a Gaussian, cut off, less its mean.

An image convolved with it tells at each pixel the height of the Gaussian that fits best there, on any level background.

Source: P. B. Stetson 1987, Publications of the Astronomical Society of the Pacific 99, 191 (DAOPHOT, FIND).
"""

import math
from typing import NamedTuple

import numpy as np

SIGMA_OF_FWHM = 1 / (2 * math.sqrt(2 * math.log(2)))

# The cut-off is never nearer to the centre than this, pixels.
SMALLEST_RADIUS = 2


class StarProfile(NamedTuple):
    """A round Gaussian on a grid of (2 radius + 1) x (2 radius + 1) pixels, on the host.

    Attributes
    ----------
    fwhm, sigma : float
        Its width, pixels.
    gaussian : (n, n) float64 array
        Of height 1, not cut off.
    inside : (n, n) bool array
        The pixels up to the cut-off.
    filter : (n, n) float64 array
        What an image is convolved with; sums to zero, and is zero beyond the cut-off.
    relative_error : float
        The noise of an image convolved with the filter, over that of its pixels.
    """

    fwhm: float
    sigma: float
    gaussian: np.ndarray
    inside: np.ndarray
    filter: np.ndarray
    relative_error: float

    @classmethod
    def of(cls, fwhm: float, cut_off: float = 1.5) -> "StarProfile":
        """The profile of a width in pixels that is cut off at so many sigma.

        Raises
        ------
        ValueError
            If one of them is not positive.
        """
        if not (fwhm > 0 and cut_off > 0):
            raise ValueError(f"a profile of width {fwhm} that ends at {cut_off} sigma is none")
        sigma = fwhm * SIGMA_OF_FWHM
        radius = int(max(SMALLEST_RADIUS, cut_off * sigma))
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        squares = x * x + y * y
        exponent = squares / (2 * sigma * sigma)
        inside = (exponent <= cut_off * cut_off / 2) | (squares <= SMALLEST_RADIUS * SMALLEST_RADIUS)
        gaussian = np.exp(-exponent)
        within = gaussian * inside
        variance = (within**2).sum() - within.sum() ** 2 / inside.sum()
        zero_sum = (within - within.mean(where=inside)) / variance * inside
        return cls(fwhm, sigma, gaussian, inside, zero_sum, 1 / math.sqrt(variance))

    @property
    def radius(self) -> int:
        """Pixels from the centre to each border of the grid."""
        return len(self.filter) // 2
