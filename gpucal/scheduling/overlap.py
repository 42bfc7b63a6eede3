"""One exposure is read while another is computed and a third is written.

Each is calibrated by a thread of its own. Kernels, reading, writing and checksums release the interpreter's lock, so
that the threads work at the same time.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from gpucal.backend import select_backend
from gpucal.core.log.events import observe
from gpucal.scheduling.calibrate import calibrate
from gpucal.scheduling.interrupts import ADVICE, interrupt_told
from gpucal.scheduling.order import Job, JobQueue
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.recipe import Recipe
from gpucal.scheduling.turns import STAGES, Stopped, Turns

log = logging.getLogger(__name__)


def work(recipe: Recipe, take: Callable[[], Job | None], turns: Turns, report: Callable) -> None:
    """Calibrate one exposure after another, until there is none any more or the batch is stopped.

    Parameters
    ----------
    recipe : Recipe
        What is done to each.
    take : callable
        Gives the next job, or None; called by one thread at a time.
    turns : Turns
        Those of this process.
    report : callable
        Takes each job and its outcome.
    """
    with suppress(Stopped):
        while not turns.stopped:
            with turns.passage() as passage:
                passage.enter("read")
                turns.check()
                job = take()
                if job is None:
                    return
                report(job, calibrate(recipe, job, passage))


def run_overlapped(recipe: Recipe, jobs: list[Job]) -> Iterator[tuple[Job, Outcome]]:
    """Calibrate exposures in this process.

    An interrupt ends the step that runs, and what is being written; then it is raised.

    Parameters
    ----------
    recipe : Recipe
        What is done to each.
    jobs : list of Job
        In order.

    Yields
    ------
    Job, Outcome
        As they come.
    """
    select_backend(recipe.backend)
    queue, turns, results = JobQueue(jobs), Turns(), SimpleQueue()
    last = [None]

    def take() -> Job | None:
        job = queue.take(last[0])
        last[0] = job and job.key
        return job

    def run() -> None:
        try:
            work(recipe, take, turns, lambda job, outcome: results.put((job, outcome)))
        except BaseException as error:
            results.put(error)
        results.put(None)

    threads = [Thread(target=run, name=f"gpucal-exposure-{number}", daemon=True) for number in range(len(STAGES))]
    with observe(turns.check), interrupt_told(lambda: results.put(KeyboardInterrupt())):
        for thread in threads:
            thread.start()
        try:
            yield from _until_all_ended(results, turns, len(threads))
        finally:
            turns.stop()
            for thread in threads:
                thread.join()


def _until_all_ended(results: SimpleQueue, turns: Turns, running: int) -> Iterator[tuple[Job, Outcome]]:
    """What the threads report; an interrupt, or an error of no exposure, stops them and is raised at the end."""
    stopping = None
    while running:
        result = results.get()
        if result is None:
            running -= 1
        elif isinstance(result, BaseException):
            stopping = stopping or result
            turns.stop()
            if isinstance(result, KeyboardInterrupt):
                log.warning(ADVICE)
        else:
            yield result
    if stopping is not None:
        raise stopping
