"""The workers of a Dask cluster.

A cluster is made and sized by others (``dask scheduler``, dask-cuda, dask-jobqueue); exposures are only sent there.
On each worker as many exposures are in work as it has threads, but at most one in each stage.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from uuid import uuid4

from gpucal.backend import select_backend
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.order import Job
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.overlap import Turns, calibrate
from gpucal.scheduling.recipe import Recipe

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
        sent = {_send(client, recipe, job, place): job for place, job in enumerate(jobs)}
        try:
            yield from _results(client, recipe, sent, retries)
        finally:
            client.cancel(list(sent))


def _results(client, recipe: Recipe, sent: dict, retries: int) -> Iterator[tuple[Job, Outcome]]:
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    running = as_completed(list(sent))
    for future in running:
        job = sent.pop(future)
        error = future.exception() if future.status != "cancelled" else None
        if future.status == "cancelled":
            raise BatchError("the Dask scheduler has gone away; run the batch again with --resume")
        if error is None:
            yield job, future.result()
        elif isinstance(error, KilledWorker) and job.attempt <= retries:
            log.warning("%s: %s; it is sent again", job.input, error)
            again = replace(job, attempt=job.attempt + 1)
            future = _send(client, recipe, again, 0)
            sent[future] = again
            running.add(future)
        else:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            yield job, Outcome(job.input, (), "failed", reason, attempt=job.attempt)


def _send(client, recipe: Recipe, job: Job, place: int):
    """Send a job; those with a lower place are begun first."""
    key = f"{job.input.name}-{uuid4().hex}"
    return client.submit(_calibrate_here, recipe, job, pure=False, priority=-place, key=key)


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


# The turns of a Dask worker, shared by its threads.
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
