"""A run: one input after another, each on the backend, in blocks of integrations, or on the CPU, as memory allows."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from gpucal import __version__
from gpucal.associations import AssociationError
from gpucal.backend import current_backend, host_backend, use_backend
from gpucal.backend.memory import in_words, ran_out_of_memory
from gpucal.core.log.events import observe
from gpucal.core.log.summary import RunSummary, tell
from gpucal.core.log.uncorrected import observe_uncorrected
from gpucal.core.run.blocks import Blocks, in_blocks
from gpucal.core.run.execution import Placed, execute_in_order
from gpucal.core.run.inputs import check_input, inputs_of, reopened
from gpucal.core.run.memory_plan import MemoryPlan, bytes_to_hold
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import as_models, check_saving, products_of, save_results
from gpucal.data import Exposure, Members
from gpucal.data.files.text import storable
from gpucal.data.segments import unit_of
from gpucal.errors import GpucalError, NoScienceData, OutOfMemory
from gpucal.reference import clear_store

log = logging.getLogger(__name__)


def run(step, source, keep: bool = True):
    """Run a step or pipeline by itself: see `gpucal.core.step.Step.run`.

    Parameters
    ----------
    step : Step
        With its parameters.
    source : path, model, Exposure, Members, or a list or association of them
        The input.
    keep : bool
        Whether the results are handed back; who only saves them holds fewer pixels without.

    Raises
    ------
    AssociationError
        If one of several products of associations cannot be made; the others are.
    """
    current_backend()
    inputs = inputs_of(source, step, step.input_dir)
    results, failed = [], []
    for one in inputs:
        try:
            results += [run_one(step, given, keep) for given in one.open()]
        except GpucalError as error:
            is_alone = len(inputs) == 1 or one.product is None
            if is_alone and (step.ends_on_failure or isinstance(error, NoScienceData)):
                raise
            log.error("%s", error)
            failed.append("an exposure" if one.product is None else one.product.name)
        one.close()
    if failed and step.ends_on_failure:
        named = ", ".join(failed)
        raise AssociationError(f"{len(failed)} of {len(inputs)} products could not be made, as told above: {named}")
    return results[0] if len(results) == 1 and not step.returns_list else results


def run_one(step, exposure: Exposure | Members, keep: bool = True):
    """Run a step or pipeline on one exposure, or on members: on the backend or, where that has no room, on the CPU.

    Returns
    -------
    model, NamedTuple or list of models
        Complete models; None unless they are to be kept.

    Raises
    ------
    OutOfMemory
        If the host has no room, either.
    """
    check_input(step, exposure)
    check_saving(step, exposure)
    device = current_backend()
    exposure.read_ahead()
    try:
        return _run_within(step, exposure, device.capacity(), keep)
    except OutOfMemory as reason:
        if device.capacity() is None or any(one.origin is None for one in products_of(exposure)):
            raise OutOfMemory(f"{reason}; end other programs, or use a machine with more memory") from reason
        log.warning("%s; it is done on the CPU, from its input", reason)
    exposure.release()
    clear_store()
    gc.collect()  # what the error left behind may hold arrays
    device.release()
    with use_backend("cpu"):
        return _run_within(step, reopened(exposure), None, keep)


def _run_within(step, exposure: Exposure | Members, capacity: int | None, keep: bool):
    """Run within a number of bytes, in one piece or in blocks of integrations; log the plan and the summary."""
    summary = RunSummary()
    with _recorded_log() as lines, observe(summary.update), observe_uncorrected(summary.note):
        steps = list(step.steps_for(exposure))
        references = RunReferences.find(steps, exposure)
        first = products_of(exposure)[0]
        plan = MemoryPlan.of(first, references.nbytes(first))
        if isinstance(exposure, Members):
            exposure.nbytes = bytes_to_hold(step, capacity)
            plan = plan.of_members(exposure)
        log.info("Memory plan: %s", plan)
        with _explained(exposure, plan), _room_for(exposure, plan, capacity):
            try:
                result = execute_in_order([Placed(step)], exposure, references)
            finally:
                references.close()
            for product in products_of(result):
                product.model.cal_logs = {step.class_alias or step.name: list(lines)}
            models = as_models(result) if keep else None
            save_results(step, result)
        log.info("Results used gpucal %s", __version__)
    summary.close()
    tell(summary)
    return models


@contextmanager
def _room_for(exposure: Exposure | Members, plan: MemoryPlan, capacity: int | None) -> Iterator[None]:
    """Work inside a ``with`` block on the whole exposure, or on blocks of integrations that the device can hold.

    Raises
    ------
    OutOfMemory
        If the device cannot hold one integration, or one of several exposures.
    """
    device = current_backend()
    if capacity is not None and plan.total > capacity:
        clear_store()
        device.release()
        capacity = device.capacity()
    if capacity is None or plan.total <= capacity:
        yield
        return
    is_one = isinstance(exposure, Exposure)
    size = plan.largest_block(capacity, unit=unit_of(exposure)) if is_one else 0
    if not size:
        unit = "one integration" if is_one else "one of its exposures"
        raise OutOfMemory(f"{exposure.source}: {unit} needs more than {in_words(capacity)}, which is free")
    log.info("The device has %s free: %d integrations at a time", in_words(capacity), size)
    with use_backend(host_backend()), in_blocks(Blocks(device, size)):
        yield


@contextmanager
def _explained(exposure: Exposure | Members, plan: MemoryPlan) -> Iterator[None]:
    """Turn any error for lack of memory inside a ``with`` block into one line that says how much was needed."""
    backend = current_backend()
    try:
        yield
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        raise OutOfMemory(
            f"{exposure.source}: the memory of {backend.device} is too small; the run needs {plan} beside what the "
            "program itself takes"
        ) from error


@contextmanager
def _recorded_log() -> Iterator[list[str]]:
    """Collect the log lines of a run, to be kept in its products; not those of other runs in other threads."""
    lines: list[str] = []
    thread = get_ident()
    handler = logging.Handler(logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    handler.addFilter(lambda record: record.thread == thread)
    handler.emit = lambda record: lines.append(storable(handler.format(record), ".asdf"))  # that is where they go
    logger = logging.getLogger("gpucal")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
