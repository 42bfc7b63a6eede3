"""A worker process: calibrates the exposures that come over its connection, until that is closed.

`gpucal.scheduling.workers` starts it. When the batch dies, the connection closes, and the worker ends at once.
"""

import logging
import os
import sys
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock, Thread

from gpucal.backend import select_backend
from gpucal.core.log.events import observe
from gpucal.core.log.forwarding import forward_log
from gpucal.errors import GpucalError
from gpucal.scheduling.messages import Done, Ended, Logged, Ready, Refused, Start, Stop
from gpucal.scheduling.overlap import work
from gpucal.scheduling.recipe import Recipe
from gpucal.scheduling.turns import STAGES, Turns
from gpucal.startup.asdf_start import few_extensions

log = logging.getLogger("gpucal.scheduling.worker")  # its own name is __main__


class _Batch:
    """The worker's end of the connection; several threads may send."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._turn = Lock()

    def send(self, message) -> None:
        """Say something; when nobody listens any more, the process ends."""
        with self._turn:
            try:
                self._connection.send(message)
            except OSError:
                os._exit(1)

    def receive(self):
        """The next message; when there will be none, the process ends."""
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            os._exit(0)


def main() -> None:
    """Work; the file descriptor of the connection is the last word of the command line."""
    batch = _Batch(Connection(int(sys.argv[-1])))
    start: Start = batch.receive()
    forward_log(lambda record: batch.send(Logged(record)), start.log_levels)
    try:
        select_backend(start.recipe.backend)
    except GpucalError as error:
        batch.send(Refused(str(error)))
        return
    batch.send(Ready())
    with few_extensions():
        _serve(batch, start.recipe)


def _serve(batch: _Batch, recipe: Recipe) -> None:
    jobs, turns = SimpleQueue(), Turns()

    def run() -> None:
        try:
            work(recipe, jobs.get, turns, lambda job, outcome: batch.send(Done(job, outcome)))
        except BaseException:  # no error of an exposure: the batch sees the process die
            traceback.print_exc()
            os._exit(1)

    threads = [Thread(target=run, daemon=True) for _ in STAGES]
    with observe(turns.check):
        for thread in threads:
            thread.start()
        while not isinstance(message := batch.receive(), Stop):
            jobs.put(message)
        turns.stop()
        log.info("This worker stops")
        for _ in threads:
            jobs.put(None)
        for thread in threads:
            thread.join()
    batch.send(Ended())


if __name__ == "__main__":
    main()
