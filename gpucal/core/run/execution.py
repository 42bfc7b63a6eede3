"""Run steps on an exposure that is on the backend: skipping, timing, hooks, keywords, saving."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import NamedTuple

from gpucal.backend import current_backend, use_backend
from gpucal.backend.traffic import traffic
from gpucal.core.log.block_log import BlockLog
from gpucal.core.log.events import StepEvent, announce
from gpucal.core.run.blocks import Blocks, blocks_in_use, leading_chain
from gpucal.core.run.hooks import run_hooks
from gpucal.core.run.inputs import check_input
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import is_new, products_of, record, save_results, set_status
from gpucal.data import Exposure, Members
from gpucal.data.members import members_of_one
from gpucal.data.segments import Segments
from gpucal.errors import SkipStep

log = logging.getLogger(__name__)


class Placed(NamedTuple):
    """A step, its place in the pipeline (from 1), and the number of steps of the pipeline."""

    step: object
    place: int = 1
    count: int = 1


def execute_in_order(steps: Sequence[Placed], exposure: Exposure | Members, references: RunReferences):
    """Run steps one after another; where the run is in blocks, those that can work on some integrations at a time.

    Parameters
    ----------
    steps : sequence of Placed
        In order.
    exposure : Exposure or Members
        The input of the first, edited in place.
    references : RunReferences
        The references of the run.

    Returns
    -------
    Exposure or NamedTuple of Exposure
        The result of the last.
    """
    blocks = blocks_in_use()
    steps = list(steps)
    while steps:
        length = leading_chain([placed.step for placed in steps], exposure) if blocks else 0
        if length:
            execute_chain(steps[:length], exposure, references, blocks)
        else:
            exposure = execute(steps[0], exposure, references)
        del steps[: max(1, length)]
    return exposure


def execute(
    placed: Placed,
    exposure: Exposure | Members,
    references: RunReferences,
    beside: bool = False,
    saves: bool = True,
):
    """Run one step on an exposure on the backend.

    Parameters
    ----------
    placed : Placed
        A step, alone or of a pipeline.
    exposure : Exposure or Members
        The input, edited in place. It is released if the result is made of other exposures.
    references : RunReferences
        The references of the run.
    beside : bool
        Whether the result is a product beside the main one: the input is kept, and not saved if the step is skipped.
    saves : bool
        Whether the result is saved, where the step is to save it.

    Returns
    -------
    Exposure or NamedTuple of Exposure
        The result.
    """
    step, at_work = placed.step, StepAtWork(placed, references)
    if step.over_members and isinstance(exposure, Exposure):
        exposure = members_of_one(exposure)
    if at_work.left_out(exposure):
        return exposure
    at_work.begin(exposure)
    with at_work.measured():
        exposure = run_hooks(step.pre_hooks, exposure)
        result = at_work.process(exposure)
        if not at_work.skipped:
            result = run_hooks(step.post_hooks, result)
    if not beside and is_new(result, exposure):
        exposure.release()
    at_work.end(result, saves=saves and not (beside and at_work.skipped))
    return result


def execute_chain(
    steps: Sequence[Placed], exposure: Exposure, references: RunReferences, blocks: Blocks
) -> None:
    """Run steps that work on each integration by itself, on one block of integrations after another.

    Parameters
    ----------
    steps : sequence of Placed
        In order. Only the last one may save its result.
    exposure : Exposure
        On the host, edited in place.
    references : RunReferences
        The references of the run.
    blocks : Blocks
        Where, and how many at a time.
    """
    chain = [StepAtWork(placed, references) for placed in steps]
    chain = [at_work for at_work in chain if not at_work.left_out(exposure)]
    if not chain:
        return
    for at_work in chain:
        at_work.begin(exposure)
    segments = Segments(exposure, blocks.size)
    parts = list(segments)
    try:
        for number, integrations in enumerate(parts, start=1):
            with segments.open(integrations) as segment, use_backend(blocks.device):
                for at_work in chain:
                    at_work.process_block(segment, integrations, number, len(parts))
            segments.take_back(segment, integrations, blocks.device)
    finally:
        for at_work in chain:
            at_work.log.tell()
    segments.finish()
    for at_work in chain:
        at_work.end(exposure)


def _set_status(exposure: Exposure | Members, step, status: str) -> None:
    for one in products_of(exposure):
        set_status(one, step, status)


class StepAtWork:
    """A step at work on an exposure, or on one block of integrations after another.

    Parameters
    ----------
    placed : Placed
        The step and its place.
    references : RunReferences
        The references of the run.
    """

    def __init__(self, placed: Placed, references: RunReferences):
        self.step, self.place, self.count = placed
        self.references = references if self.step.is_pipeline else references.of(self.step)
        self.skipped: SkipStep | None = None
        self.seconds = 0.0
        self.log = BlockLog()

    def left_out(self, exposure: Exposure) -> bool:
        """Whether the user wants the step to be left out; if so, this is written to the log and the header."""
        step = self.step
        if step.skip and step.parent is not None:
            log.info("Step %s skipped, as asked for", step.name)
            if step.status_name is None:  # jwst 3.0.0 does not write it under another name
                _set_status(exposure, step, "SKIPPED")
            announce(StepEvent("skipped", step.name, self.place, self.count))
            return True
        if step.skip:
            log.info("Step %s runs alone: its parameter skip is ignored", step.name)
        return False

    def begin(self, exposure: Exposure) -> None:
        """Check that the step can take the exposure, and log that it runs."""
        check_input(self.step, exposure)
        log.info("Step %s running on %s", self.step.name, exposure.source)

    @contextmanager
    def measured(self, block: int = 1, blocks: int = 1) -> Iterator[None]:
        """Announce the work inside a ``with`` block, its time and its traffic."""
        about = {
            "step": self.step.name,
            "place": self.place,
            "count": self.count,
            "block": block,
            "blocks": blocks,
        }
        announce(StepEvent("started", **about))
        started, before = perf_counter(), traffic()
        try:
            yield
        except BaseException:
            announce(StepEvent("failed", **about, seconds=perf_counter() - started))
            raise
        current_backend().synchronize()
        seconds = perf_counter() - started
        self.seconds += seconds
        kind = "skipped" if self.skipped else "done"
        announce(StepEvent(kind, **about, seconds=seconds, traffic=traffic().since(before)))

    def process(self, exposure: Exposure):
        """Do what the step is for, and write so into the headers; if it does not apply, the exposure is not changed."""
        try:
            self.step.check_applies(exposure)
            if not self.step.is_pipeline and (missing := self.references.missing(exposure)):
                log.warning("There is no %s reference for %s", " and no ".join(missing), self.step.name)
                raise SkipStep(f"no {' and no '.join(missing)} reference")
            is_for_each = isinstance(exposure, Members) and not self.step.over_members
            result = (self.process_each if is_for_each else self.step.process)(exposure, self.references)
        except SkipStep as reason:
            log.info("Step %s skipped: %s", self.step.name, reason)
            self.skipped = reason
            _set_status(exposure, self.step, reason.status)
            for product in products_of(exposure):
                record(product, {} if self.step.is_pipeline else self.references.used)
            return exposure
        if not self.step.is_pipeline:
            statuses = result.take_statuses() if isinstance(result, Members) else {}
            for place, product in enumerate(products_of(result)):
                set_status(product, self.step, statuses.get(place, "COMPLETE"))
                record(product, self.references.used)
        return result

    def process_each(self, members: Members, references: RunReferences) -> Members:
        """Do what a step for one exposure is for, on each member.

        Returns
        -------
        Members
            These members or, where other exposures are made of them, those, named after the product, or after products
            of their own if they have such.

        Raises
        ------
        SkipStep
            If it applies to none.
        """
        made, reasons = {}, []

        def process(exposure: Exposure, place: int) -> None:
            made[place] = self.step.process(exposure, references)

        for place in range(len(members)):
            try:
                with members.lease(place):
                    members.edit(place, partial(process, place=place))
            except SkipStep as reason:
                log.info("%s: step %s skipped: %s", members[place].source, self.step.name, reason)
                members.set_status(place, reason.status)
                reasons.append(reason)
        if not made:
            raise reasons[0]
        results = list(made.values())
        if not is_new(results, members):
            return members
        for place, one in made.items():
            own = members[place].membership
            name = own.product if own.is_alone else members.name
            one.membership = replace(members.membership, product=name, is_alone=True, is_named=own.is_named)
        return Members(results, members.membership)

    def process_block(self, segment: Exposure, integrations: slice, block: int, blocks: int) -> None:
        """Run the recipe on some integrations, unless the step has skipped a block of this exposure before."""
        if not self.skipped:
            with self.log.keep(integrations), self.measured(block, blocks):
                self.process(segment)

    def end(self, result, saves: bool = True) -> None:
        """Let go of what is not needed any more, say how long it took, and save."""
        if not self.step.is_pipeline:
            self.references.close()
        if not self.skipped:
            log.info("Step %s done in %.2f s", self.step.name, self.seconds)
        if saves and self.step.parent is not None:
            save_results(self.step, result)
