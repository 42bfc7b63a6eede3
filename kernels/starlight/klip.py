"""What references show of a star, subtracted: the Karhunen-Loeve projection of images.

The references, without their means, span a space; of its main directions, the eigenvectors of the covariance of the
references, the first so many are kept, and the image is projected onto these. All of this is done with the products of
references with each other and with the image: what is subtracted is a sum of references, each with a weight, so that
its noise is known too. Directions in which references do not differ, but for rounding, are none.

The error of a pixel is made of three parts: that of the image, those of the references with their weights, and how much
speckles differ: what each reference shows beyond the noise when it is held against all others. Where references are
many that part tells how well they are known, whatever number of directions is kept.

Source: R. Soummer, L. Pueyo & J. Larkin 2012, ApJ 755, L28, equations 5 to 9.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.fit import check_fit

SAME = 1e-11  # of the largest eigenvalue: below it a direction is rounding
BRIGHT = 0.1  # share of the pixels, the brightest, by which it is told whether references differ
NOISE_ALONE = 1.5  # times its expected square that a difference is below which is noise alone
TINY = 1e-300
SMOOTHED = 5  # pixels: side of the box over which the differences of speckles are averaged


class References(NamedTuple):
    """References, and the pixels by which they are fitted.

    Attributes
    ----------
    planes : (nrefs, npixels) float64 array
        Without their means over the pixels of the fit.
    fitted : (npixels,) bool array
        The pixels of the fit.
    products : (nrefs, nrefs) float64 array
        On the host: sums over the pixels of the fit.
    truncate : int
        How many directions are kept, at most.
    """

    planes: np.ndarray
    fitted: np.ndarray
    products: np.ndarray
    truncate: int

    @classmethod
    def of(cls, planes, fitted, truncate: int) -> "References":
        """Of references as they are.

        Raises
        ------
        ValueError
            If shapes do not fit.
        """
        check_fit(planes=(planes, "nrefs npixels"), fitted=(fitted, "npixels"))
        planes = planes - planes[:, fitted].mean(axis=1, keepdims=True)
        inside = planes[:, fitted]
        return cls(planes, fitted, current_backend().asnumpy(inside @ inside.T), truncate)

    def weights(self, images) -> np.ndarray:
        """With which weights references make up images, (nimages, npixels); (nimages, nrefs) float64 on the host."""
        inside = self.planes[:, self.fitted]
        return current_backend().asnumpy(images[:, self.fitted] @ inside.T) @ inverse(
            self.products, self.truncate
        )

    def without_each(self, same: np.ndarray | None = None) -> np.ndarray:
        """With which weights all other references make up each; (nrefs, nrefs) float64 on the host.

        Parameters
        ----------
        same : (nrefs, nrefs) bool array, optional
            Which references show the same and do not count as others; by default each is the same as itself.
        """
        number = len(self.products)
        same = np.eye(number, dtype=bool) if same is None else same
        made = np.zeros((number, number))
        for place in range(number):
            others = ~same[place]
            inner = inverse(self.products[np.ix_(others, others)], self.truncate)
            made[place, others] = self.products[place, others] @ inner
        return made

    def alike(self, variances) -> np.ndarray:
        """Which references differ by their noise alone where the star is bright; (nrefs, nrefs) bool on the host.

        Integrations of one exposure do, in which speckles are the same.

        Parameters
        ----------
        variances : (nrefs, npixels) float64 array
            Of the references.
        """
        xp = array_namespace(self.planes)
        brightness = xp.where(self.fitted, abs(self.planes.mean(axis=0)), -1)
        number = max(1, int(BRIGHT * float(self.fitted.sum())))
        chosen = xp.argsort(brightness)[-number:]
        bright, noise = self.planes[:, chosen], variances[:, chosen]
        made = np.eye(len(bright), dtype=bool)
        for one in range(len(bright)):
            for other in range(one):
                expected = noise[one] + noise[other]
                squares = xp.where(expected > 0, (bright[one] - bright[other]) ** 2 / xp.maximum(expected, TINY), 0)
                number = float((expected > 0).sum())
                made[one, other] = made[other, one] = number > 0 and float(squares.sum()) / number < NOISE_ALONE
        return made


class Subtracted(NamedTuple):
    """Images without what references show.

    Attributes
    ----------
    data : (nimages, npixels) float64 array
        Without their means over the pixels of the fit.
    weights : (nimages, nrefs) float64 array
        Of the references, on the host.
    """

    data: np.ndarray
    weights: np.ndarray


def subtracted(images, references: References) -> Subtracted:
    """Subtract from images what references show.

    Parameters
    ----------
    images : (nimages, npixels) float64 array
        Finite.
    references : References

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(images=(images, ("nimages", len(references.fitted))))
    weights = references.weights(images)
    means = images[:, references.fitted].mean(axis=1, keepdims=True)
    return Subtracted(images - means - current_backend().asarray(weights) @ references.planes, weights)


def inverse(products: np.ndarray, truncate: int) -> np.ndarray:
    """The inverse of a symmetric matrix in the space of its main eigenvectors.

    Parameters
    ----------
    products : (n, n) float64 array
        On the host.
    truncate : int
        How many of them, at most; those with eigenvalues that are rounding do not count.
    """
    values, vectors = np.linalg.eigh(products)
    kept = (values > SAME * max(values[-1:].max(initial=0.0), 0.0)) & (
        np.arange(len(values))[::-1] < truncate
    )
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def fit_scatter(references: References):
    """The scatter over references of what their own fit leaves, (npixels,); 0 where all directions are kept."""
    shown = references.products @ inverse(references.products, references.truncate)
    return (references.planes - current_backend().asarray(shown) @ references.planes).std(axis=0)


def speckle_variance(references: References, variances, shape):
    """How much references differ beyond their noise, when each is held against all others.

    Parameters
    ----------
    references : References
    variances : (nrefs, npixels) float64 array
        Of the references.
    shape : (int, int)
        Of an image, for the average over neighbouring pixels.

    Returns
    -------
    (npixels,) float64 array
        Not negative; 0 where no reference differs from another one by more than noise.
    """
    xp = array_namespace(references.planes)
    same = references.alike(variances)
    if same.all():
        return xp.zeros(references.planes.shape[1])
    backend, others = current_backend(), references.without_each(same)
    left = references.planes - backend.asarray(others) @ references.planes
    noise = variances + backend.asarray(others**2) @ variances
    return xp.maximum(_smoothed((left**2 - noise).mean(axis=0).reshape(shape)).ravel(), 0)


def errors_of(variances, of_references, speckles, weights: np.ndarray):
    """The errors of images after the subtraction.

    Parameters
    ----------
    variances : (nimages, npixels) float64 array
        Of the images.
    of_references : (nrefs, npixels) float64 array
        Of the references.
    speckles : (npixels,) float64 array
        See `speckle_variance`; for a star that is as bright as the references.
    weights : (nimages, nrefs) float64 array
        Of the references, on the host.

    Returns
    -------
    (nimages, npixels) float64 array
    """
    backend = current_backend()
    brighter = backend.asarray(weights.sum(axis=1) ** 2)[:, None]
    noise = variances + backend.asarray(weights**2) @ of_references
    return array_namespace(variances).sqrt(noise + brighter * speckles)


def _smoothed(plane):
    """The mean of each pixel's box, cut at the borders."""
    xp = array_namespace(plane)
    for axis in (0, 1):
        size = plane.shape[axis]
        sums = xp.concatenate(
            [xp.zeros_like(xp.take(plane, xp.arange(1), axis)), xp.cumsum(plane, axis)], axis
        )
        first = xp.clip(xp.arange(size) - SMOOTHED // 2, 0, size)
        last = xp.clip(xp.arange(size) + SMOOTHED // 2 + 1, 0, size)
        counts = (last - first).reshape((-1, 1) if axis == 0 else (1, -1))
        plane = (xp.take(sums, last, axis) - xp.take(sums, first, axis)) / counts
    return plane
