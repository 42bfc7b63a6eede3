"""Run a step inside another one."""

import logging

from gpucal.core.run.inputs import check_input
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import products_of, record, set_status
from gpucal.data import Exposure
from gpucal.errors import GpucalError, SkipStep

log = logging.getLogger(__name__)


def run_inside(step, exposure: Exposure, references: RunReferences):
    """Run a step for the use of another, without hooks, saving or a place in the pipeline.

    Parameters
    ----------
    step : Step
        With its parameters.
    exposure : Exposure
        The input, edited in place.
    references : RunReferences
        Those of the run: those of the step are found with them if the other one names it in ``inner_steps``.

    Returns
    -------
    Exposure or NamedTuple of Exposure
        The result, with the keywords that the step leaves when it runs by itself.

    Raises
    ------
    GpucalError
        If the step cannot take the exposure, or there is no reference that it needs.
    """
    check_input(step, exposure)
    log.info("%s runs for the use of another step", step.name)
    used = references.of(step)
    if missing := used.missing(exposure):
        raise GpucalError(f"{exposure.source}: {step.name} needs references of CRDS: {', '.join(missing)}")
    result = step.process(exposure, used)
    for product in products_of(result):
        set_status(product, step, "COMPLETE")
        record(product, used.used)
    return result


def run_inside_if_it_applies(step, exposure: Exposure, references: RunReferences):
    """As `run_inside`; without a reference, or if it does not apply or is to be skipped, the exposure is given back."""
    used = references.of(step)
    try:
        step.check_applies(exposure)
        if step.skip or used.missing(exposure):
            return exposure
        return run_inside(step, exposure, references)
    except SkipStep as reason:
        log.info("Step %s skipped: %s", step.name, reason)
        return exposure
