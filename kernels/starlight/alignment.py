"""How far an image of a star is moved against another one, to a small fraction of a pixel.

Wanted are a shift, a factor and a level such that an image, moved, multiplied and raised, comes nearest to another one:
least squares of the differences, each times the weight of its pixel. Factor and level follow from the shift. Without a
level, the sum of squares is known at all whole pixels at once, as it is made of correlations; from the best of these
on, steps of Gauss and Newton, whose derivatives are exact, find the shift. All is in double precision.

Source: the ``align_refs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/align_refs/description.html, for what is minimized; the level is
added to it, since skies are not in the ratio of stars.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit
from gpucal.backend.fourier import image_of_transform, transform_image
from gpucal.kernels.starlight.shifts import phases, slopes

STEPS = 30
CLOSE = 1e-5  # pixels: the next step would be its square, about
LARGEST = 20  # pixels: of the shifts that are looked for
HALVINGS = 8


class Shift(NamedTuple):
    """Of an image against another one.

    Attributes
    ----------
    x, y : float
        How far it is moved, pixels.
    factor : float
        By which it is brighter.
    """

    x: float
    y: float
    factor: float


class Aligner:
    """Finds how far images are moved against one of them, whose transforms are made once.

    Parameters
    ----------
    image : (ny, nx) float64 array
        What the others are held against; finite.
    weights : (ny, nx) float64 array
        Of the differences.

    Raises
    ------
    ValueError
        If shapes differ.
    """

    def __init__(self, image, weights):
        check_fit(image=(image, "ny nx"), weights=(weights, "ny nx"))
        self._xp, self._shape = array_namespace(image), image.shape
        self._weights, self._squared = weights, weights**2
        self._total = float(self._squared.sum())
        image = image - self._mean(image)
        self._transform = transform_image(image, self._shape)
        self._slopes = slopes(self._shape)
        of_squares = transform_image(image**2, self._shape)
        self._power = self._correlated(transform_image(self._squared, self._shape), of_squares)

    def shift_of(self, other) -> Shift:
        """How far another image is moved against the image; (ny, nx) float64, finite."""
        check_fit(other=(other, self._shape))
        other = other - self._mean(other)
        place = self._nearest_pixels(other)
        weighted = other * self._weights
        residual, derivatives, squares, factor = self._compared(weighted, place)
        for _ in range(STEPS):
            step = self._step(residual, derivatives)
            for _ in range(HALVINGS):
                tried = place[0] + step[0], place[1] + step[1]
                found = self._compared(weighted, tried)
                if found[2] <= squares:
                    break
                step = step / 2
            else:
                break
            place = tried
            residual, derivatives, squares, factor = found
            if max(abs(step)) < CLOSE:
                break
        return Shift(*(float(one) for one in place), factor)

    def _nearest_pixels(self, other) -> tuple[float, float]:
        """The whole pixels at which the sum of squares is least: that of what the best factor explains is greatest."""
        xp = self._xp
        shared = self._correlated(transform_image(other * self._squared, self._shape), self._transform)
        explained = xp.where(
            self._power > 0, shared * abs(shared) / xp.where(self._power > 0, self._power, 1), -np.inf
        )
        for axis, size in enumerate(self._shape):
            away = xp.minimum(xp.arange(size), size - xp.arange(size)) > LARGEST
            explained[(slice(None),) * axis + (away,)] = -np.inf
        y, x = divmod(int(explained.argmax()), self._shape[1])
        return tuple(
            float(one - size if 2 * one > size else one)
            for one, size in zip((x, y), self._shape[::-1], strict=True)
        )

    def _correlated(self, fixed, moving):
        """The sum of products of an image and another that is moved by each number of whole pixels."""
        return image_of_transform(fixed * self._xp.conj(moving), self._shape)

    def _mean(self, image) -> float:
        """The mean of an image, by the squares of the weights."""
        return float((image * self._squared).sum()) / self._total if self._total > 0 else 0.0

    def _factor_and_level(self, here, weighted) -> tuple[float, float]:
        """By which the moved image comes nearest to the other one, both times the weights."""
        columns = here, self._weights
        normal = np.array([[float((one * two).sum()) for two in columns] for one in columns])
        right = np.array([float((one * weighted).sum()) for one in columns])
        return tuple(float(one) for one in np.linalg.lstsq(normal, right, rcond=1e-14)[0])

    def _compared(self, weighted, place):
        """Residuals, their derivatives by x and y, the sum of their squares, and the best factor at a shift."""
        along_y, along_x = phases(place, self._shape)
        transform = self._transform * along_y * along_x
        here = image_of_transform(transform, self._shape) * self._weights
        factor, level = self._factor_and_level(here, weighted)
        residual = weighted - factor * here - level * self._weights
        by_place = [
            image_of_transform(transform * slope, self._shape) * self._weights for slope in self._slopes
        ]
        derivatives = [*(factor * one for one in by_place), -here, -self._weights]
        return residual, derivatives, float((residual * residual).sum()), factor

    def _step(self, residual, derivatives) -> np.ndarray:
        """A step of Gauss and Newton along x and y; none where the image does not tell."""
        normal = np.array([[float((one * two).sum()) for two in derivatives] for one in derivatives])
        right = np.array([-float((one * residual).sum()) for one in derivatives])
        solved, *_ = np.linalg.lstsq(normal, right, rcond=1e-14)
        return np.clip(solved[:2], -1, 1)
