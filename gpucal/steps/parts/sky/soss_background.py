"""The background of SOSS of NIRISS: one of several templates, scaled on both sides of a step."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.errors import SkipStep
from gpucal.kernels.background.template_match import match_templates
from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.statistics.large_sample import percentiles_of

log = logging.getLogger(__name__)

WHOLE_ROWS, SHORT_ROWS, FIRST_SHORT_ROW = 256, 96, 10  # of SUBSTRIP256, of SUBSTRIP96, and where the second begins
PERCENTS = (25.0, 50.0)


def subtract_soss_background(step, exposure, references) -> None:
    """Subtract the template that fits best, times the factors that fit.

    Parameters
    ----------
    step : BackgroundStep
        Has the parameters: values above ``soss_source_percentile`` of all are not background.
    exposure : Exposure
        A series, or an image; its data are edited in place.
    references : StepReferences
        Its ``bkg``.

    Raises
    ------
    SkipStep
        If there is no reference, it is of another subarray, or no template can be fitted.
    """
    reference = references["bkg"]
    if reference is None:
        raise SkipStep("there is no bkg reference")
    templates = _templates(reference, exposure)
    data = exposure.data if exposure.data.ndim == 3 else exposure.data[None]
    dq = exposure.dq if exposure.dq.ndim == 3 else exposure.dq[None]
    usable = (dq & (DO_NOT_USE | REFERENCE_PIXEL) == 0) & current_backend().xp.isfinite(data)
    values = data[usable]
    if not values.size:
        raise SkipStep("there is no pixel to fit the background to")
    (threshold,) = percentiles_of(values, [step.soss_source_percentile])
    del values
    usable &= data < np.float32(threshold)
    found = match_templates(data, usable, templates, tuple(step.soss_bkg_percentile or PERCENTS))
    if found is None:
        raise SkipStep("no template of the background can be fitted")
    log.info(
        "Background: template %d of %d, times %.5g left of its step and %.5g right",
        *(found.number + 1, len(templates), *found.factors),
    )
    exposure.data -= found.level


def _templates(reference, exposure):
    """The templates, of the rows of the exposure."""
    templates, rows = reference.array("data"), exposure.data.shape[-2]
    if templates.shape[-2] == WHOLE_ROWS and rows == SHORT_ROWS:
        templates = templates[:, FIRST_SHORT_ROW : FIRST_SHORT_ROW + SHORT_ROWS]
    if templates.shape[-2:] != exposure.data.shape[-2:]:
        have = "x".join(map(str, templates.shape[-2:]))
        raise SkipStep(f"the templates of {reference.label} are of {have} pixels, and the exposure of others")
    return templates
