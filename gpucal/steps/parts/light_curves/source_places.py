"""Where the source of a series is in each integration, how wide it is, and its flux as a Gaussian has it.

Source: the ``tso_photometry`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/tso_photometry/description.html.
"""

import logging
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.series.backgrounds import median_levels
from gpucal.kernels.series.centroids import Frames, centers_of_mass
from gpucal.kernels.series.gaussian_fit import fit_gaussians
from gpucal.steps.parts.light_curves.units import Scale

log = logging.getLogger(__name__)

# Bytes of pixels of which a scaled copy is made at a time.
BLOCK_BYTES = 16 * 2**20


class Integrations:
    """The integrations of an exposure in another unit, a block of them at a time.

    Parameters
    ----------
    exposure : Exposure
        Its arrays are not changed.
    scale : Scale
        What they are multiplied with.
    """

    def __init__(self, exposure, scale: Scale):
        self.exposure, self.scale = exposure, scale
        self.nints, self.ny, self.nx = exposure.shape_of("data")

    def blocks(self) -> Iterator[slice]:
        """Which integrations come together."""
        size = max(1, BLOCK_BYTES // (4 * self.ny * self.nx))
        return (slice(first, min(first + size, self.nints)) for first in range(0, self.nints, size))

    def plane(self, name: str, block: slice):
        """The values, or errors, of a block, (n, ny, nx) float32 array; NaN where there are none."""
        if not self.exposure.has(name):
            return current_backend().xp.full((block.stop - block.start, self.ny, self.nx), np.nan, np.float32)
        return getattr(self.exposure, name)[block] * self.scale.factor

    def frames(self, block: slice, x: float, y: float, radius: float) -> Frames:
        """A block without its level: the median of what is not within a radius of a place."""
        xp, data = current_backend().xp, self.plane("data", block)
        bad = xp.isnan(data)
        if self.exposure.has("dq"):
            bad |= self.exposure.dq[block] & np.uint32(DO_NOT_USE) != 0
        rows, columns = xp.ogrid[: self.ny, : self.nx]
        is_far = (columns - x) ** 2 + (rows - y) ** 2 >= radius**2
        return Frames(data, bad, median_levels(data, is_far))


class Places(NamedTuple):
    """The source in each integration, (nints,) float64 arrays on the host; NaN where it is not found.

    Attributes
    ----------
    x, y : array
        Pixels; the middle of the first one is 0, 0.
    width_x, width_y, flux : array or None
        Of a Gaussian; None where the source is found in no integration.
    """

    x: np.ndarray
    y: np.ndarray
    width_x: np.ndarray | None = None
    width_y: np.ndarray | None = None
    flux: np.ndarray | None = None

    @property
    def found(self) -> bool:
        """Whether the source is found in any integration."""
        return bool(np.isfinite(self.x).any() and np.isfinite(self.y).any())

    @property
    def middle(self) -> tuple[float, float]:
        """The median place."""
        return float(np.nanmedian(self.x)), float(np.nanmedian(self.y))


def find_source(integrations: Integrations, start, search: int, box: int, radius: float) -> Places:
    """Find the source: in a large box about where it should be, and then in a small one about where that finds it.

    Parameters
    ----------
    integrations : Integrations
    start : (float, float)
        x and y where it should be.
    search, box : int
        Sides of the boxes, odd.
    radius : float
        Pixels nearer than that are the source, and do not tell the level about it.
    """
    asnumpy = current_backend().asnumpy
    first = []
    for block in integrations.blocks():
        first.append(asnumpy(centers_of_mass(integrations.frames(block, *start, radius), *start, search)))
    rough = Places(*np.concatenate(first, axis=1))
    if not rough.found:
        return rough
    middle, centers, fits = rough.middle, [], []
    for block in integrations.blocks():
        frames = integrations.frames(block, *middle, radius)
        found = centers_of_mass(frames, *middle, box)
        centers.append(asnumpy(found))
        fits.append(asnumpy(fit_gaussians(frames, found[0], found[1], box)))
    places = Places(*np.concatenate(centers, axis=1), *np.concatenate(fits, axis=1))
    if lost := int(np.isnan(places.x).sum()):
        log.warning("The source is not found in %d of %d integrations", lost, integrations.nints)
    return places
