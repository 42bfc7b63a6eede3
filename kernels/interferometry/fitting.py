"""Fit the planes of a model to images by least squares; all integrations at once."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit


class Fit(NamedTuple):
    """What a fit found.

    Attributes
    ----------
    coefficients : (nints, nplanes) float64 array
    covariance : (nints, nplanes, nplanes) float64 array or None
        Of the coefficients, if errors of pixels are known.
    model : (nints, npix, npix) float64 array
        The image that was fitted, at all pixels.
    """

    coefficients: np.ndarray
    covariance: np.ndarray | None
    model: np.ndarray


def fit_planes(planes, images, good, variance=None) -> Fit:
    """Fit images by planes, each pixel with the same weight.

    Parameters
    ----------
    planes : (nints, nplanes, npix, npix) float64 array
    images : (nints, npix, npix) float array
    good : (nints, npix, npix) bool array
        The pixels to fit; the others may be NaN.
    variance : (nints, npix, npix) float array, optional
        Of the pixels.

    Returns
    -------
    Fit
        NaN for an integration with fewer good pixels than there are planes.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(
        planes=(planes, "nints nplanes npix npix"),
        images=(images, "nints npix npix"),
        good=(good, "nints npix npix"),
        variance=(variance, "nints npix npix"),
    )
    xp = array_namespace(planes)
    nints, nplanes = planes.shape[:2]
    flat = planes.reshape(nints, nplanes, -1)
    used = good.reshape(nints, 1, -1)
    values = xp.where(used[:, 0], images.reshape(nints, -1), 0.0).astype(xp.float64)
    kept = flat * used
    enough = used.sum((1, 2)) >= nplanes
    normal = xp.where(enough[:, None, None], kept @ kept.swapaxes(1, 2), xp.eye(nplanes))
    inverse = xp.linalg.inv(normal)
    coefficients = xp.where(enough[:, None], (inverse @ (kept @ values[..., None]))[..., 0], xp.nan)
    model = (coefficients[:, None, :] @ flat).reshape(images.shape)
    covariance = None
    if variance is not None:
        known = xp.where(used[:, 0], variance.reshape(nints, -1), 0.0).astype(xp.float64)
        scatter = (kept * known[:, None, :]) @ kept.swapaxes(1, 2)
        covariance = xp.where(enough[:, None, None], inverse @ scatter @ inverse, xp.nan)
    return Fit(coefficients, covariance, model)
