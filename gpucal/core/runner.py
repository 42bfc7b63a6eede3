"""What all steps do, done once: references, skipping, timing, hooks, keywords, saving."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from threading import get_ident
from time import perf_counter

from gpucal import __version__
from gpucal.backend import current_backend
from gpucal.core.events import StepEvent, announce
from gpucal.core.exceptions import SkipStep
from gpucal.core.hooks import resolve_hook
from gpucal.core.inputs import exposures_of
from gpucal.core.references import RunReferences
from gpucal.data import Exposure, InputError
from gpucal.data.reading import expand
from gpucal.data.writing import make_output_directory
from gpucal.reference import context_in_use, crds_version

log = logging.getLogger(__name__)


def run(step, source):
    """Run a step or pipeline by itself: see `gpucal.core.step.Step.run`."""
    current_backend()
    results = [_run_one(step, exposure) for exposure in exposures_of(source, step.input_dir)]
    return results[0] if len(results) == 1 else results


def _run_one(step, exposure: Exposure):
    _check_input(step, exposure)
    if step.search("output_dir"):
        make_output_directory(expand(step.search("output_dir")))
    steps = list(step.steps_for(exposure)) if hasattr(step, "steps_for") else [step]
    with _recorded_log() as lines:
        references = RunReferences.find(steps, exposure)
        try:
            result = execute(step, exposure, references)
        finally:
            references.close()
    for product in products_of(result):
        product.model.cal_logs = {step.class_alias or step.name: list(lines)}
    _save_results(step, result)
    log.info("Results used gpucal %s", __version__)
    return _as_models(result)


def execute(step, exposure: Exposure, references: RunReferences, place: int = 1, count: int = 1):
    """Run one step on an exposure on the backend.

    Parameters
    ----------
    step : Step
        A step, alone or of a pipeline.
    exposure : Exposure
        The input, edited in place.
    references : RunReferences
        The references of the run.
    place, count : int
        The step's place in its pipeline, and the number of steps there.

    Returns
    -------
    Exposure or NamedTuple of Exposure
        The result.
    """
    if step.skip and step.parent is not None:
        log.info("Step %s skipped, as asked for", step.name)
        return _skipped(step, exposure, place, count)
    if step.skip:
        log.info("Step %s runs alone: its parameter skip is ignored", step.name)
    _check_input(step, exposure)
    announce(StepEvent("started", step.name, place, count))
    log.info("Step %s running on %s", step.name, exposure.source)
    started = perf_counter()
    exposure = _run_hooks(step.pre_hooks, exposure)
    is_pipeline = hasattr(step, "step_defs")
    used = references if is_pipeline else references.of(step)
    try:
        if not is_pipeline and (missing := used.missing()):
            log.warning("There is no %s reference for %s", " and no ".join(missing), step.name)
            raise SkipStep(f"no {' and no '.join(missing)} reference")
        result = step.process(exposure, used)
    except SkipStep as reason:
        log.info("Step %s skipped: %s", step.name, reason)
        record(exposure, {} if is_pipeline else used.used)
        unchanged = _skipped(step, exposure, place, count, reason.status)
        if step.parent is not None:
            _save_results(step, unchanged)
        return unchanged
    if not is_pipeline:
        for product in products_of(result):
            set_status(product, step.class_alias, "COMPLETE")
            record(product, used.used)
    result = _run_hooks(step.post_hooks, result)
    current_backend().synchronize()
    seconds = perf_counter() - started
    log.info("Step %s done in %.2f s", step.name, seconds)
    announce(StepEvent("done", step.name, place, count, seconds))
    if step.parent is not None:
        _save_results(step, result)
    return result


def products_of(result) -> list[Exposure]:
    """The exposures in a result: one, or those of a named tuple that are not None."""
    if isinstance(result, Exposure):
        return [result]
    return [] if result is None else [product for product in result if product is not None]


def _check_input(step, exposure: Exposure) -> None:
    """Raise if the step cannot take the exposure, with the reason in one line."""
    if step.input_types and exposure.model_type not in step.input_types:
        raise InputError(
            f"{exposure.source}: is a {exposure.model_type}; {step.name} takes {' or '.join(step.input_types)}"
        )
    missing = [
        keyword for keyword, path in step.required_keywords.items() if _value(exposure.meta, path) is None
    ]
    if missing:
        raise InputError(f"{exposure.source}: the header lacks {', '.join(missing)}, which {step.name} needs")


def _value(meta, path: str):
    return reduce(lambda node, name: getattr(node, name, None), path.split("."), meta)


def _skipped(step, exposure: Exposure, place: int, count: int, status: str = "SKIPPED") -> Exposure:
    set_status(exposure, step.class_alias, status)
    announce(StepEvent("skipped", step.name, place, count))
    return exposure


def set_status(exposure: Exposure, alias: str | None, status: str) -> None:
    """Write what became of a step into the header, where there is a place for it."""
    if alias is not None and hasattr(exposure.meta.cal_step, alias):
        setattr(exposure.meta.cal_step, alias, status)


def record(exposure: Exposure, used: dict[str, str]) -> None:
    """Write what made the product into its header."""
    meta = exposure.meta
    meta.calibration_software_version = __version__
    meta.calibration_software_revision = "RELEASE"
    if not used:
        return
    for kind, label in used.items():
        if hasattr(meta.ref_file, kind):
            getattr(meta.ref_file, kind).name = label
    meta.ref_file.crds.sw_version = crds_version()
    meta.ref_file.crds.context_used = context_in_use()


def _run_hooks(hooks: list, result):
    """Hand the result to each hook as complete models; a hook may return others in their place."""
    for hook in hooks:
        call = resolve_hook(hook)
        if isinstance(result, Exposure):
            result = _after_hook(call(result.to_model()), result)
        else:
            models = type(result)(*(product and product.to_model() for product in result))
            returned = call(models) or models
            result = type(result)(
                *(_after_hook(model, old) for model, old in zip(returned, result, strict=True))
            )
    return result


def _after_hook(model, before: Exposure | None) -> Exposure | None:
    return None if before is None else Exposure(before.model if model is None else model, before.source)


def _save_results(step, result) -> None:
    if step.skip and step.parent is not None or not (step.save_results or step.output_file):
        return
    products = products_of(result)
    for index, product in enumerate(products):
        step.save(product, index=index if len(products) > 1 else None)


def _as_models(result):
    if isinstance(result, Exposure):
        return result.to_model()
    return type(result)(*(product and product.to_model() for product in result))


@contextmanager
def _recorded_log() -> Iterator[list[str]]:
    """Collect the log lines of a run, to be kept in its products; not those of other runs in other threads."""
    lines: list[str] = []
    thread = get_ident()
    handler = logging.Handler(logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    handler.addFilter(lambda record: record.thread == thread)
    handler.emit = lambda record: lines.append(handler.format(record))
    logger = logging.getLogger("gpucal")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
