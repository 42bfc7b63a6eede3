"""Worker processes on this machine, and what happens when one dies.

Each worker has as many exposures as there are stages. When it dies, each of these may be the cause: they are tried
again, every one alone in a worker, so that the one at fault cannot take another down with it.
"""

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import connection as pipes

from gpucal.core.log.forwarding import show_forwarded
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.interrupts import ADVICE, interrupt_told
from gpucal.scheduling.messages import Done, Ended, Logged, Ready, Refused
from gpucal.scheduling.order import Job, JobQueue
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.recipe import Recipe
from gpucal.scheduling.turns import STAGES
from gpucal.scheduling.worker_process import WorkerProcess

log = logging.getLogger(__name__)


def run_in_processes(
    recipe: Recipe, jobs: list[Job], workers: int, retries: int
) -> Iterator[tuple[Job, Outcome]]:
    """Calibrate exposures in worker processes of this machine.

    An interrupt ends the steps that run, and what is being written; then it is raised.

    Parameters
    ----------
    recipe : Recipe
        What is done to each.
    jobs : list of Job
        In order.
    workers : int
        How many processes.
    retries : int
        How often an exposure is tried again whose worker died.

    Yields
    ------
    Job, Outcome
        As they come.

    Raises
    ------
    BatchError
        If a worker cannot start.
    """
    crew = _Crew(recipe, jobs, min(workers, len(jobs)), retries)
    try:
        with interrupt_told(crew.interrupt):
            yield from crew.run()
    finally:
        crew.dismiss()


class _Crew:
    """The workers, and the jobs that wait for them."""

    def __init__(self, recipe: Recipe, jobs: list[Job], size: int, retries: int):
        self._recipe, self._size, self._retries = recipe, size, retries
        self._waiting = JobQueue(jobs)
        self._suspects: deque[Job] = deque()
        self._stopping = False
        self._bell, self._button = pipes.Pipe(duplex=False)
        self._workers = [self._hire(place) for place in range(size)]

    def run(self) -> Iterator[tuple[Job, Outcome]]:
        """Keep the workers busy until nothing is left, or until all have stopped after an interrupt."""
        while self._unfinished():
            self._hand_out()
            for worker in self._with_news():
                yield from self._hear(worker)
        if self._stopping:
            raise KeyboardInterrupt

    def interrupt(self) -> None:
        """Wake `run`, to let all workers stop."""
        self._button.send(None)

    def dismiss(self) -> None:
        """End all workers, whatever they do."""
        for worker in self._workers:
            worker.end()
        self._bell.close()
        self._button.close()

    def _unfinished(self) -> bool:
        busy = any(worker.jobs for worker in self._workers)
        return bool(self._workers) and (busy or self._stopping or bool(self._waiting) or bool(self._suspects))

    def _hire(self, place: int) -> WorkerProcess:
        return WorkerProcess(self._recipe, place, self._size)

    def _stop(self) -> None:
        log.warning(ADVICE)
        self._stopping = True
        for worker in self._workers:
            worker.stop()

    def _hand_out(self) -> None:
        """Give each worker one more job, in rounds, until all have enough jobs or none is left."""
        if self._stopping:
            return
        for depth in range(len(STAGES)):
            for worker in self._workers:
                if len(worker.jobs) == depth and (job := self._job_for(worker)) is not None:
                    worker.give(job)

    def _job_for(self, worker: WorkerProcess) -> Job | None:
        """The next job for a worker. Suspects come first, each when the worker has nothing else to do."""
        if any(job.attempt > 1 for job in worker.jobs):
            return None
        if self._suspects:
            return None if worker.jobs else self._suspects.popleft()
        others = {other.key for other in self._workers if other is not worker}
        return self._waiting.take(worker.key, others)

    def _with_news(self) -> list[WorkerProcess]:
        ready = pipes.wait([self._bell, *(worker.connection for worker in self._workers)])
        if self._bell in ready:
            self._bell.recv()
            self._stop()
        return [worker for worker in self._workers if worker.connection in ready]

    def _hear(self, worker: WorkerProcess) -> Iterator[tuple[Job, Outcome]]:
        """Take the next message of a worker."""
        match worker.receive():
            case None:
                yield from self._bury(worker)
            case Ready():
                worker.ready = True
            case Refused(reason):
                raise BatchError(reason)
            case Logged(record):
                show_forwarded(record)
            case Done(job, outcome):
                worker.jobs.remove(job)
                yield job, outcome
            case Ended():
                self._workers.remove(worker)
                worker.end()

    def _bury(self, worker: WorkerProcess) -> Iterator[tuple[Job, Outcome]]:
        """A worker has died: put another in its place, and its jobs back in the queue while they may be tried."""
        cause = worker.end()
        if not worker.ready:
            raise BatchError(f"a worker process cannot start ({cause}); what it said is above")
        place = self._workers.index(worker)
        log.warning("Worker %s has died (%s) with %d exposures", worker.name, cause, len(worker.jobs))
        if self._stopping:
            self._workers.remove(worker)
            return
        for job in worker.jobs:
            if job.attempt <= self._retries:
                self._suspects.append(replace(job, attempt=job.attempt + 1))
            else:
                error = f"the worker process died ({cause}), attempt {job.attempt} of {self._retries + 1}"
                yield job, Outcome(job.input, (), "failed", error, worker=worker.name, attempt=job.attempt)
        self._workers[place] = self._hire(place)
