"""Parameters of the clean_flicker_noise step that depend on each other and on the data.

Source: "automatic parameter determination" in the documentation of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

import logging
from typing import NamedTuple

from gpucal.backend import array_namespace
from gpucal.kernels.flicker.flicker_statistics import CENTER, Statistics, background_statistics
from gpucal.steps.parts.flicker.background_scene import draft_rates

log = logging.getLogger(__name__)


class Choices(NamedTuple):
    """The parameters that the step can choose by itself, from the data.

    Attributes
    ----------
    background_method : str or None
        How the background is fitted.
    fit_by_channel : bool
        Whether channels are fitted by themselves.
    apply_flat_field : bool
        Whether images are divided by the flat.
    """

    background_method: str | None
    fit_by_channel: bool
    apply_flat_field: bool


class Limits(NamedTuple):
    """Thresholds of the automatic choice for one instrument, and where on the image they are measured.

    Attributes
    ----------
    masked : float
        Fraction of the pixels that do not show background.
    offset : float
        Step between channels, DN/s.
    slope, slope_with_offset : float
        Slope of the background without and with such a step, DN/s per pixel.
    slope_ratio : float
        Steeper slope over the flatter one.
    roughness : float
        Spread of the mean of some rows, DN/s.
    channel_axis : int
        The axis along which channels lie side by side.
    rough_rows : (float, float)
        The first row, and the one after the last, of those whose mean tells the roughness, as fractions of the image.
    """

    masked: float
    offset: float
    slope: float
    slope_with_offset: float
    slope_ratio: float
    roughness: float
    channel_axis: int
    rough_rows: tuple[float, float]


LIMITS = {
    "NIS_IMAGE": Limits(0.07, 0.07, 1e-5, 1e-4, 5.0, 0.02, channel_axis=0, rough_rows=(10 / 12, 11 / 12)),
    "NRC_IMAGE": Limits(0.10, 0.07, 1e-5, 1e-5, 3.0, 0.02, channel_axis=1, rough_rows=CENTER),
}


def automatic_choices(exposure, references, flat) -> Choices | None:
    """Choose parameters after the data.

    Parameters
    ----------
    exposure : Exposure
        Ramps or rates.
    references : StepReferences
        Those of the step, for draft rates.
    flat : (ny, nx) float32 array or None
        The flat field, if there is one.

    Returns
    -------
    Choices or None
        None for exposure types that there are no rules for.
    """
    limits = LIMITS.get(exposure.meta.exposure.type)
    if limits is None:
        return None
    draft = draft_rates(exposure, references, per_integration=False)
    rate = array_namespace(draft.data).nanmean(draft.data, axis=0) if draft.data.ndim == 3 else draft.data
    axis = abs(exposure.meta.subarray.slowaxis) - 1
    statistics = background_statistics(rate, axis, flat, limits.channel_axis, limits.rough_rows)
    method, by_channel = decide(statistics, limits)
    return Choices(method, by_channel, apply_flat_field=flat is not None)


def decide(statistics: Statistics, limits: Limits) -> tuple[str, bool]:
    """How the background is fitted, and whether by channel."""
    crowded = statistics.masked >= limits.masked
    offset = statistics.largest_offset >= limits.offset
    steep = statistics.steepest >= limits.slope
    very_steep = statistics.steepest >= limits.slope_with_offset
    lopsided = statistics.steepest >= limits.slope_ratio * statistics.flattest
    if crowded:
        tilted = very_steep if offset else steep
        return ("model" if tilted else "median"), False
    if offset:
        return "median", True
    tilted = very_steep or (steep and not lopsided)
    by_channel = statistics.largest_offset > 0 and statistics.roughness >= limits.roughness
    return ("model" if tilted else "median"), by_channel
