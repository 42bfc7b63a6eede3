"""The star subtracted from a cube: which pixels are fitted together, and what is left of each image."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import array_namespace, current_backend
from gpucal.data import Exposure
from gpucal.errors import GpucalError
from gpucal.kernels.starlight.klip import References, errors_of, fit_scatter, speckle_variance, subtracted
from gpucal.steps.parts.starlight.cleaning import Cleaned
from gpucal.steps.parts.starlight.places import pixels_at, places_of

log = logging.getLogger(__name__)


class Left(NamedTuple):
    """What is left of a cube: (nimages, ny, nx) float64 arrays."""

    data: np.ndarray
    err: np.ndarray


class Fit(NamedTuple):
    """Pixels that are fitted together, and those for which the fit is: (ny, nx) bool arrays."""

    fitted: np.ndarray
    shown: np.ndarray


class Star(NamedTuple):
    """Where the star is in an image, x and y from 0; None where neither the header nor the user tells."""

    x: float | None
    y: float | None

    @classmethod
    def of(cls, exposure: Exposure, given) -> "Star":
        """The place that the user gives, or the reference point of the header."""
        if given is not None:
            return cls(*given)
        info = exposure.meta.wcsinfo
        if info.crpix1 is None or info.crpix2 is None:
            return cls(None, None)
        return cls(info.crpix1 - 1, info.crpix2 - 1)

    def distances(self, exposure: Exposure):
        """Of all pixels from the star, pixels, (ny, nx).

        Raises
        ------
        GpucalError
            If it is not known where that is.
        """
        if self.x is None:
            raise GpucalError(
                f"{exposure.source}: the header lacks CRPIX1 and CRPIX2; say where the star is with star"
            )
        ny, nx = exposure.shape_of("data")[-2:]
        y, x = np.indices((ny, nx))
        return np.hypot(x - self.x, y - self.y)

    def fits(self, exposure: Exposure, width: float | None, limits, excluded: str | None) -> list[Fit]:
        """The fits that parameters ask for; a single one of all pixels unless they do."""
        shape = exposure.shape_of("data")[-2:]
        seen = np.ones(shape, bool)
        if limits is not None:
            distances = self.distances(exposure)
            seen &= (distances >= limits[0]) & (distances <= limits[1])
        for place in places_of(excluded):
            seen &= ~pixels_at(place, exposure, self)
        rings = [np.ones(shape, bool)]
        if width:
            numbers = (self.distances(exposure) / width).astype(int)
            rings = [numbers == number for number in range(numbers.max() + 1)]
        backend = current_backend()
        return [Fit(backend.asarray(seen & ring), backend.asarray(ring)) for ring in rings]


def subtract_star(star: Cleaned, stack: Cleaned, fits: list[Fit], truncate: int) -> Left:
    """What is left of each image of a star without what references show of it.

    Parameters
    ----------
    star, stack : Cleaned
        Images of the star, and of references that are aligned with it.
    fits : list of Fit
    truncate : int
        How many directions of the references are kept, at most.

    Raises
    ------
    GpucalError
        If no fit sees a pixel.
    """
    xp, (nimages, ny, nx) = array_namespace(star.data), star.data.shape
    images = xp.where(star.outside, 0, star.data).reshape(nimages, -1)
    left, err = xp.full_like(images, np.nan), xp.full_like(images, np.nan)
    seen = 0
    for fit in fits:
        references = references_of_fit(stack, fit, truncate)
        if references is None:
            continue
        seen += 1
        found, shown = subtracted(images, references), fit.shown.ravel()
        left[:, shown] = found.data[:, shown]
        err[:, shown] = _errors(star, stack, references, found.weights)[:, shown]
    if not seen:
        raise GpucalError("no pixel is fitted: change fit_radius, exclude or annulus")
    for number, is_empty in enumerate(star.is_empty):
        if is_empty:
            log.warning("Image %d of the star has no good pixels", number + 1)
            left[number] = err[number] = np.nan
    return Left(left.reshape(nimages, ny, nx), err.reshape(nimages, ny, nx))


def references_of_fit(stack: Cleaned, fit: Fit, truncate: int) -> References | None:
    """The references as one fit sees them; None if it sees no pixel."""
    fitted = fit.fitted.ravel()
    return References.of(stack.data.reshape(len(stack.data), -1), fitted, truncate) if fitted.any() else None


def on_sky(fits: list[Fit], star: Cleaned) -> list[Fit]:
    """Fits that do not see pixels which see no sky; those of jwst do."""
    if as_peer():
        return fits
    outside = star.outside.any(axis=0)
    return [fit._replace(fitted=fit.fitted & ~outside) for fit in fits]


def _errors(star: Cleaned, stack: Cleaned, references: References, weights: np.ndarray):
    """The errors of all images, (nimages, npixels)."""
    xp, shape = array_namespace(star.data), star.data.shape
    if as_peer():
        return xp.broadcast_to(fit_scatter(references), (shape[0], shape[1] * shape[2]))
    variances, of_references = (cube.err.reshape(len(cube.err), -1) ** 2 for cube in (star, stack))
    return errors_of(
        variances, of_references, speckle_variance(references, of_references, shape[1:]), weights
    )
