"""One worker process, seen from the batch."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

from gpucal.backend.devices import VISIBLE, device_names
from gpucal.backend.threads import VARIABLES, thread_count
from gpucal.core.log.forwarding import log_levels
from gpucal.scheduling.messages import Start, Stop
from gpucal.scheduling.order import Job, Key
from gpucal.scheduling.recipe import Recipe

# How long a worker may take to end when its connection is closed, before it is killed.
PATIENCE = 5.0


class WorkerProcess:
    """A fresh interpreter that runs `gpucal.scheduling.worker`, in a process group of its own.

    Parameters
    ----------
    recipe : Recipe
        What it does to each exposure.
    place, size : int
        Its place among the workers, from 0, and their number; they share the devices and the threads of the machine.

    Attributes
    ----------
    connection : `multiprocessing.connection.Connection`
        The way to it.
    jobs : list of Job
        What it was given and has not reported on.
    key : tuple of str or None
        The key of the job it was given last.
    ready : bool
        Whether it has begun to take jobs.
    """

    def __init__(self, recipe: Recipe, place: int, size: int):
        self.jobs: list[Job] = []
        self.key: Key | None = None
        self.ready = False
        self.connection, its_end = Pipe()
        with its_end:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "gpucal.scheduling.worker", str(its_end.fileno())],
                env=_environment(place, size),
                pass_fds=[its_end.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        self._send(Start(recipe, log_levels()))

    @property
    def name(self) -> str:
        """Host and process."""
        return f"{socket.gethostname()}:{self._process.pid}"

    def give(self, job: Job) -> None:
        """Give it a job."""
        self.jobs.append(job)
        self.key = job.key
        self._send(job)

    def stop(self) -> None:
        """Ask it to begin nothing new, and to end with the step that runs."""
        self._send(Stop())

    def receive(self):
        """Its next message; None if it has died."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def end(self) -> str:
        """End it, whatever it does; return in words how it ended."""
        self.connection.close()
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _send(self, message) -> None:
        with suppress(OSError):  # that it has died is seen when it is listened to
            self.connection.send(message)


def _environment(place: int, size: int) -> dict[str, str]:
    """The environment of a worker: where it finds gpucal, and its share of the machine."""
    share = dict.fromkeys(VARIABLES, str(max(1, thread_count() // size)))
    share["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path and Path(path).exists())
    if devices := device_names():
        share[VISIBLE] = devices[place % len(devices)]
    return os.environ | share
