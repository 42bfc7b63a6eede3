"""How bright the background of a series is in units of each of several templates, on both sides of a step in these.

The level of the background changes at a column that differs a little from row to row. On each side the factor is the
median of the ratios of data and template, of those between two percentiles; the template that leaves the smallest
residuals is the one.

Source: the ``bkg_subtract`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/background_subtraction/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.fit import check_fit
from gpucal.kernels.statistics.large_sample import median_of, percentiles_of

STEP_COLUMNS = (685, 725)  # between which the step is looked for
LAST_COLUMN = 950  # beyond it there are too many sources for a fit
SMOOTHING = 3.0  # pixels, sigma
REACH = 12  # pixels; the Gaussian ends there


class Match(NamedTuple):
    """A template that fits.

    Attributes
    ----------
    number : int
        Which one, from 0.
    factors : tuple of float
        By which it is multiplied left and right of the step.
    level : (ny, nx) float64 array
        The template times the factors.
    """

    number: int
    factors: tuple[float, float]
    level: np.ndarray


def match_templates(data, usable, templates, percents) -> Match | None:
    """The template that fits a series best, and its factors.

    Parameters
    ----------
    data : (nints, ny, nx) float32 array
        Values of all integrations; those that are NaN do not count.
    usable : (nints, ny, nx) bool array
        The pixels that may count.
    templates : (n, ny, nx) float32 array
        What the background may look like.
    percents : (float, float)
        Of the ratios on a side: those between these percentiles count.

    Returns
    -------
    Match or None
        None where no template can be fitted on both sides.
    """
    check_fit(data=(data, "nints ny nx"), usable=(usable, "nints ny nx"), templates=(templates, "n ny nx"))
    xp, found, least = array_namespace(data), None, np.inf
    for number, template in enumerate(templates):
        is_left = xp.asarray(left_of_step(current_backend().asnumpy(template)))
        near = is_left, ~is_left & (xp.arange(template.shape[1]) <= LAST_COLUMN)
        fits = [_fit(data, usable, template, side, percents) for side in near]
        residual = sum(one[1] for one in fits)
        if residual < least:
            least, factors = residual, tuple(one[0] for one in fits)
            found = Match(number, factors, template.astype(np.float64) * xp.where(is_left, *factors))
    return found


def left_of_step(template: np.ndarray) -> np.ndarray:
    """Which pixels of a template lie before its step.

    Parameters
    ----------
    template : (ny, nx) float32 array
        On the host.

    Returns
    -------
    (ny, nx) bool array
        In each row up to where the smoothed template rises most steeply, between two columns.
    """
    first, end = STEP_COLUMNS
    columns = np.arange(first - 1 - REACH, end + 1 + REACH).clip(0, template.shape[1] - 1)
    smooth = _smoothed(_smoothed(template[:, columns], 0), 1)[:, REACH : len(columns) - REACH]
    slopes = (smooth[:, 2:] - smooth[:, :-2]) / 2
    return np.arange(template.shape[1]) < first + slopes.argmax(axis=1)[:, None]


def _smoothed(image, axis):
    """An image smoothed along an axis by a Gaussian, mirrored at its ends; in single precision."""
    places = np.arange(-REACH, REACH + 1)
    weights = np.exp(-0.5 * (places / SMOOTHING) ** 2)
    weights /= weights.sum()
    width = [(REACH, REACH) if one == axis else (0, 0) for one in (0, 1)]
    padded = np.pad(image.astype(np.float64), width, mode="symmetric")
    count = image.shape[axis]
    parts = (weight * padded.take(range(k, k + count), axis) for k, weight in enumerate(weights))
    return sum(parts).astype(np.float32)


def _fit(data, usable, template, side, percents):
    """The factor of a template on one side, and the root mean square of what it leaves; NaN and infinite if none."""
    xp = array_namespace(data)
    pixels = template[side]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [image[side][mine := mask[side]] / pixels[mine] for image, mask in zip(data, usable, strict=True)]
    ratios = xp.concatenate([one[xp.isfinite(one)] for one in ratios])
    if not ratios.size:
        return np.nan, np.inf
    low, high = percentiles_of(ratios, percents)
    within = ratios[(ratios > low) & (ratios < high)]
    if not within.size:
        return np.nan, np.inf
    factor, total, count = median_of(within), 0.0, ratios.size
    for image, mask in zip(data, usable, strict=True):
        values, level = image[side][mine := mask[side]], pixels[mine]
        residuals = values - level * np.float32(factor)
        residuals = residuals[xp.isfinite(residuals) & (level != 0)]
        total += float((residuals.astype(np.float64) ** 2).sum())
    return factor, (total / count) ** 0.5
