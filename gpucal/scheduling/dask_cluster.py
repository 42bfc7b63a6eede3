"""The workers of a Dask cluster.

The user makes and sizes the cluster (``dask scheduler``, dask-cuda, dask-jobqueue); gpucal only sends exposures there.
Each worker has as many exposures in work as it has threads, but at most one in each stage.
"""

import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from queue import SimpleQueue
from uuid import uuid4

from gpucal.backend import select_backend
from gpucal.scheduling.calibrate import calibrate
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.interrupts import interrupt_told
from gpucal.scheduling.order import Job
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.recipe import Recipe
from gpucal.scheduling.turns import Turns

log = logging.getLogger(__name__)

# How long to look for the scheduler, seconds.
PATIENCE = 30


def run_on_cluster(recipe: Recipe, jobs: list[Job], scheduler, retries: int) -> Iterator[tuple[Job, Outcome]]:
    """Calibrate exposures on the workers of a Dask cluster.

    Parameters
    ----------
    recipe : Recipe
        What is done to each.
    jobs : list of Job
        In order.
    scheduler : str or `distributed.Client`
        The address of the cluster's scheduler, or a client of it.
    retries : int
        How often an exposure is sent again which the scheduler has given up: it does so when a number of workers
        (its setting ``allowed-failures``) have died over it.

    Yields
    ------
    Job, Outcome
        As they come.

    Raises
    ------
    BatchError
        If Dask is not installed, or there is no scheduler at that address, or it goes away.
    """
    with _client(scheduler) as client:
        cluster = _Cluster(client, recipe, retries)
        try:
            yield from cluster.run(jobs)
        finally:
            cluster.cancel()


class _Cluster:
    """The jobs that are on the cluster.

    Those whose worker died are sent again when all others are done, one at a time: the one that kills its worker cannot
    then take another down with it.
    """

    def __init__(self, client, recipe: Recipe, retries: int):
        self._client, self._recipe, self._retries = client, recipe, retries
        self._sent: dict = {}
        self._suspects: deque[Job] = deque()

    def run(self, jobs: list[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Send all jobs, and wait for what becomes of them."""
        yield from self._results(jobs)
        while self._suspects:
            yield from self._results([self._suspects.popleft()])

    def cancel(self) -> None:
        """Take back what is not done yet."""
        self._client.cancel(list(self._sent))

    def _results(self, jobs: list[Job]) -> Iterator[tuple[Job, Outcome]]:
        over = SimpleQueue()
        with interrupt_told(lambda: over.put(None)):
            self._sent = {self._send(job, place): job for place, job in enumerate(jobs)}
            for future in self._sent:
                future.add_done_callback(over.put)
            while self._sent:
                future = over.get()
                if future is None:
                    raise KeyboardInterrupt
                job = self._sent.pop(future)
                outcome = self._outcome(job, future)
                if outcome is not None:
                    yield job, outcome

    def _outcome(self, job: Job, future) -> Outcome | None:
        """What became of a job; None if it will be tried again."""
        from distributed.scheduler import KilledWorker

        try:
            error = future.exception()
            if error is None:
                return future.result()
        except CancelledError as lost:
            raise BatchError("the Dask scheduler has gone away; run the batch again with --resume") from lost
        if isinstance(error, KilledWorker) and job.attempt <= self._retries:
            log.warning("%s: %s; it is sent again", job.input, error)
            self._suspects.append(replace(job, attempt=job.attempt + 1))
            return None
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Outcome(job.input, (), "failed", reason, attempt=job.attempt)

    def _send(self, job: Job, place: int):
        """Send a job; those with a lower place are begun first."""
        key = f"{job.input.name}-{uuid4().hex}"
        return self._client.submit(
            _calibrate_here, self._recipe, job, pure=False, priority=-place, key=key
        )


@contextmanager
def _client(scheduler):
    """A client of the cluster; one that the user gave stays open."""
    if hasattr(scheduler, "submit"):
        yield scheduler
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise BatchError("Dask is not installed; install gpucal[dask]") from error
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BatchError(f"there is no Dask scheduler at {scheduler} ({error})") from error
    with client:
        yield client


# The turns of the stages in this Dask worker, shared by its threads.
_turns = Turns()


def _calibrate_here(recipe: Recipe, job: Job) -> Outcome:
    """Calibrate one exposure in a thread of a Dask worker."""
    _choose_backend(recipe.backend)
    with _turns.passage() as passage:
        passage.enter("read")
        return calibrate(recipe, job, passage)


@cache
def _choose_backend(name: str | None) -> None:
    select_backend(name)
