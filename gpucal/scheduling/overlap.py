"""One exposure is read while another is computed and a third is written.

Each exposure is calibrated by a thread of its own, which needs the turn of a stage to be in it, and keeps that turn
until it has the next one: memory never holds more than one exposure a stage. Kernels, files and checksums leave the
interpreter to the other threads.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import perf_counter

from gpucal.backend import select_backend
from gpucal.core.events import observe
from gpucal.data.writing import products_written_behind
from gpucal.errors import GpucalError
from gpucal.scheduling.checksum import product_of
from gpucal.scheduling.interrupts import interrupt_told
from gpucal.scheduling.order import Job, JobQueue
from gpucal.scheduling.outcome import Outcome, Times
from gpucal.scheduling.recipe import Recipe

STAGES = ("read", "compute", "write")


class Stopped(BaseException):
    """The batch was asked to stop; raised between two steps."""


class Turns:
    """The turns of the stages in one process: at most one exposure is read, one computed, one written."""

    def __init__(self):
        self._turns = {stage: Lock() for stage in STAGES}
        self._stopped = Event()

    def stop(self) -> None:
        """Let nothing begin any more; what is computed ends with the step that runs."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether the batch was asked to stop."""
        return self._stopped.is_set()

    def check(self, _event=None) -> None:
        """Raise `Stopped` if the batch was asked to stop: an observer of steps."""
        if self.stopped:
            raise Stopped

    @contextmanager
    def passage(self) -> Iterator["Passage"]:
        """The way of one exposure through the stages, inside a ``with`` block."""
        passage = Passage(self._turns)
        try:
            yield passage
        finally:
            passage.leave()


class Passage:
    """One exposure's way through the stages; ``seconds`` is the time it spent in each, waiting left out."""

    def __init__(self, turns: dict[str, Lock]):
        self._turns = turns
        self._stage: str | None = None
        self._since = 0.0
        self.started = ""
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def enter(self, stage: str) -> None:
        """Wait for the turn of a stage, then let go of that of the stage before."""
        self._stop_clock()
        self._turns[stage].acquire()
        self._release()
        self._stage, self._since = stage, perf_counter()
        self.started = self.started or datetime.now(UTC).isoformat(timespec="milliseconds")

    def leave(self) -> None:
        """Let go of the turn that is held."""
        self._stop_clock()
        self._release()
        self._stage = None

    def times(self) -> Times:
        """The seconds of the stages that are over."""
        return Times(self.started, **{stage: round(seconds, 4) for stage, seconds in self.seconds.items()})

    def _stop_clock(self) -> None:
        if self._stage is not None:
            self.seconds[self._stage] += perf_counter() - self._since

    def _release(self) -> None:
        if self._stage is not None:
            self._turns[self._stage].release()


def calibrate(recipe: Recipe, job: Job, passage: Passage) -> Outcome:
    """Calibrate one exposure.

    Parameters
    ----------
    recipe : Recipe
        What is done to it.
    job : Job
        The exposure.
    passage : Passage
        Its way through the stages; it has the turn to be read.

    Returns
    -------
    Outcome
        With the error, if there was one. All turns are given back.
    """
    products, error = (), None
    try:
        products = tuple(map(product_of, _products(recipe, job, passage)))
    except Exception as reason:
        error = _in_one_line(reason)
    passage.leave()
    status = "failed" if error else "done"
    return Outcome(
        job.input, products, status, error, passage.times(), worker_name(), job.attempt, memory_in_use()
    )


def _products(recipe: Recipe, job: Job, passage: Passage) -> list[Path]:
    """Read, compute and write an exposure; the products' paths."""
    step, exposures = recipe.configured(job.input)
    _read_pixels(exposures)
    passage.enter("compute")
    with products_written_behind() as paths:
        step.run(exposures)
        del exposures
        passage.enter("write")
    return paths


def _read_pixels(exposures: list) -> None:
    """Bring to the backend what an exposure holds: this is what reading takes its time for."""
    for exposure in exposures:
        for name in exposure.array_names:
            if exposure.has(name):
                getattr(exposure, name)


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
        else:
            yield result
    if stopping is not None:
        raise stopping


def worker_name() -> str:
    """Host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def memory_in_use() -> int | None:
    """The bytes of memory that this process holds, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, GpucalError) else f"{type(error).__name__}: {text}"
