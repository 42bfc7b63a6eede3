"""How bright the background of an image is, in units of a template of it.

Source: the scaling of references in the ``bkg_subtract`` step,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/background_subtraction/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit
from gpucal.kernels.statistics.large_sample import percentiles_of
from gpucal.kernels.statistics.stripe_medians import masked_median


class Clipping(NamedTuple):
    """How outliers are left out.

    Attributes
    ----------
    rounds : int
        How often.
    percent : float
        Of the residuals that count, in each round: the smallest and the largest.
    least_gain : float
        The share by which a round must lessen the scatter of the profile along the dispersion for another one to
        follow; 0 for all rounds.
    axis : int
        Of the image, over which medians make that profile.
    """

    rounds: int
    percent: float
    least_gain: float = 0.0
    axis: int = 0


def template_scale(image, error, template, usable, clipping: Clipping) -> float:
    """The factor by which a template fits an image best, by weighted least squares, without outliers.

    Parameters
    ----------
    image, error : (ny, nx) float32 array
        Values and their errors; those that are NaN, or whose error is zero, do not count.
    template : (ny, nx) float32 array
        What is fitted; NaN do not count.
    usable : (ny, nx) bool array
        The pixels that may count.
    clipping : Clipping
        How outliers are left out.

    Returns
    -------
    float
        NaN if no pixel counts or the template is zero in all that do.
    """
    check_fit(image=(image, "ny nx"), error=(error, "ny nx"), template=(template, "ny nx"), usable=(usable, "ny nx"))
    xp = array_namespace(image)
    counts = usable & (error > 0) & xp.isfinite(image) & xp.isfinite(template)
    sample = _Sample(image[counts], template[counts], error[counts])
    places = xp.flatnonzero(counts) if clipping.least_gain > 0 else None
    last = np.inf
    for _ in range(clipping.rounds):
        if not len(sample.values):
            break
        residuals = sample.values - sample.scale() * sample.shape
        if places is not None:
            scatter = _profile_scatter(residuals, places, image.shape, clipping.axis)
            if last - scatter < clipping.least_gain * last < np.inf:
                break
            last = scatter
        low, high = percentiles_of(residuals, (clipping.percent, 100 - clipping.percent))
        kept = (residuals >= low) & (residuals <= high)
        sample = _Sample(*(one[kept] for one in sample))
        places = places if places is None else places[kept]
    return sample.scale()


class _Sample(NamedTuple):
    """Pixels that count: their values, those of the template, and errors."""

    values: np.ndarray
    shape: np.ndarray
    errors: np.ndarray

    def scale(self) -> float:
        """The factor of least squares."""
        weighted = self.shape / (self.errors * self.errors)
        norm = float((weighted * self.shape).sum(dtype=np.float64))
        return float((weighted * self.values).sum(dtype=np.float64)) / norm if norm else np.nan


def _profile_scatter(residuals, places, image_shape, axis) -> float:
    """Root mean square of the medians of the residuals along an axis."""
    xp = array_namespace(residuals)
    image, mask = xp.zeros(image_shape, residuals.dtype), xp.zeros(image_shape, bool)
    image.ravel()[places], mask.ravel()[places] = residuals, True
    medians = masked_median(image, mask, axis)[mask.any(axis=axis, keepdims=True)]
    return float(xp.sqrt((medians.astype(np.float64) ** 2).mean()))
