"""Bad pixels within apertures that get the value of the model, and the error of a pixel that is about as bright."""

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import PRODUCTS
from gpucal.kernels.soss.filled import filled_integration
from gpucal.steps.parts.soss.prepared import Prepared


def fill_with_models(of: Prepared, profiles, boxes, lit, light, background, sums, decontaminates: bool) -> None:
    """Add the models of bad pixels to sums over apertures.

    Parameters
    ----------
    of : Prepared
    profiles, boxes : (norders, ny, nx) arrays
    lit : (ny, nx) bool array
        Pixels that models are for.
    light : (norders, nints, nx) float64 array
        Of columns; NaN where it is not known.
    background : (nints, nx) float64 array
    sums : tuple of three (norders, nints, nx) float64 arrays
        Fluxes, variances and numbers of pixels; changed.
    decontaminates : bool
        Whether the light of other orders was taken away.
    """
    backend = current_backend()
    for integration in range(len(of.series.data)):
        values, errors = (backend.asnumpy(one, PRODUCTS) for one in filled_integration(of.series, integration))
        masked = of.bad | ~(errors > 0) | ~np.isfinite(errors)
        here = light[:, integration]
        models = [np.where(lit, profile * one, np.nan) for profile, one in zip(profiles, here, strict=True)]
        every = np.nansum(models, axis=0)
        for number, (box, model) in enumerate(zip(boxes, models, strict=True)):
            holes, known = (box > 0) & masked & np.isfinite(model), (box > 0) & ~masked
            if not (holes.any() and known.any()):
                continue
            left = values - background[integration]
            if decontaminates:
                left = left - (every - np.nan_to_num(model, nan=0.0))
            found = errors_alike(model[holes], left[known], errors[known])
            column = np.nonzero(holes)[1]
            for total, part in zip(sums, (model[holes], found**2, np.ones(len(found))), strict=True):
                total[number, integration] += np.bincount(column, box[holes] * part, of.shape[1])


def errors_alike(wanted, values, errors):
    """The errors of those pixels that are closest to wanted values.

    Parameters
    ----------
    wanted : (n,) float64 array
    values, errors : (npixels,) float64 arrays

    Returns
    -------
    (n,) float64 array
    """
    order = np.argsort(values)
    values, errors = values[order], errors[order]
    above = np.clip(np.searchsorted(values, wanted), 0, len(values) - 1)
    below = np.maximum(above - 1, 0)
    is_above = np.abs(values[above] - wanted) < np.abs(values[below] - wanted)
    return errors[np.where(is_above, above, below)]
