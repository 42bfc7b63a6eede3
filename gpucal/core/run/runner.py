"""A run: one input after another, each on the backend, in blocks of integrations, or on the CPU, as memory allows."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from gpucal import __version__
from gpucal.backend import current_backend, host_backend, use_backend
from gpucal.backend.memory import in_words, ran_out_of_memory
from gpucal.core.log.events import observe
from gpucal.core.log.summary import RunSummary, tell
from gpucal.core.run.blocks import Blocks, in_blocks
from gpucal.core.run.execution import Placed, execute_in_order
from gpucal.core.run.inputs import check_input, exposures_of, opened
from gpucal.core.run.memory_plan import MemoryPlan
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import as_models, products_of, save_results
from gpucal.data import Exposure
from gpucal.data.files.text import storable
from gpucal.data.reading import expand
from gpucal.data.segments import unit_of
from gpucal.data.writing import make_output_directory
from gpucal.errors import OutOfMemory
from gpucal.reference import clear_store

log = logging.getLogger(__name__)


def run(step, source):
    """Run a step or pipeline by itself: see `gpucal.core.step.Step.run`."""
    current_backend()
    results = [run_one(step, exposure) for exposure in exposures_of(source, step.input_dir)]
    return results[0] if len(results) == 1 else results


def run_one(step, exposure: Exposure):
    """Run a step or pipeline on one exposure: on the backend or, where that has no room, on the CPU.

    Returns
    -------
    model or NamedTuple of models
        Complete models.

    Raises
    ------
    OutOfMemory
        If the host has no room, either.
    """
    check_input(step, exposure)
    if step.search("output_dir"):
        make_output_directory(expand(step.search("output_dir")))
    device = current_backend()
    exposure.read_ahead()
    try:
        return _run_within(step, exposure, device.capacity())
    except OutOfMemory as reason:
        if device.capacity() is None or exposure.origin is None:
            raise OutOfMemory(f"{reason}; end other programs, or use a machine with more memory") from reason
        log.warning("%s; it is done on the CPU, from its input", reason)
    exposure.release()
    clear_store()
    gc.collect()  # what the error left behind may hold arrays
    device.release()
    with use_backend("cpu"):
        return _run_within(step, opened(exposure.origin), None)


def _run_within(step, exposure: Exposure, capacity: int | None):
    """Run within a number of bytes, in one piece or in blocks of integrations; log the plan and the summary."""
    summary = RunSummary()
    with _recorded_log() as lines, observe(summary.update):
        steps = list(step.steps_for(exposure))
        references = RunReferences.find(steps, exposure)
        plan = MemoryPlan.of(exposure, references.nbytes(exposure))
        log.info("Memory plan: %s", plan)
        with _explained(exposure, plan), _room_for(exposure, plan, capacity):
            try:
                result = execute_in_order([Placed(step)], exposure, references)
            finally:
                references.close()
            for product in products_of(result):
                product.model.cal_logs = {step.class_alias or step.name: list(lines)}
            models = as_models(result)
            save_results(step, result)
        log.info("Results used gpucal %s", __version__)
    summary.close()
    tell(summary)
    return models


@contextmanager
def _room_for(exposure: Exposure, plan: MemoryPlan, capacity: int | None) -> Iterator[None]:
    """Work inside a ``with`` block on the whole exposure, or on blocks of integrations that the device can hold.

    Raises
    ------
    OutOfMemory
        If the device cannot hold one integration.
    """
    device = current_backend()
    if capacity is not None and plan.total > capacity:
        clear_store()
        device.release()
        capacity = device.capacity()
    if capacity is None or plan.total <= capacity:
        yield
        return
    size = plan.largest_block(capacity, unit=unit_of(exposure))
    if not size:
        raise OutOfMemory(
            f"{exposure.source}: one integration needs more than {in_words(capacity)}, which is free"
        )
    log.info("The device has %s free: %d integrations at a time", in_words(capacity), size)
    with use_backend(host_backend()), in_blocks(Blocks(device, size)):
        yield


@contextmanager
def _explained(exposure: Exposure, plan: MemoryPlan) -> Iterator[None]:
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
