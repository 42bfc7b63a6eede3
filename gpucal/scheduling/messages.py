"""What a worker process and the batch say to each other over their connection.

The batch first sends a `Start`, then jobs, and a `Stop` if it is interrupted. The worker answers `Ready` or
`Refused`, then sends a `Done` for each job, log records as they are made, and `Stopped` when nothing runs any more.
"""

import logging
from typing import NamedTuple

from gpucal.scheduling.order import Job
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.recipe import Recipe


class Start(NamedTuple):
    """What to do to each exposure, and the least level of log messages that are wanted."""

    recipe: Recipe
    log_levels: dict[str, int]


class Stop(NamedTuple):
    """Begin nothing new, and end with the step that runs."""


class Ready(NamedTuple):
    """The worker takes jobs."""


class Refused(NamedTuple):
    """The worker cannot work here, for this reason."""

    reason: str


class Done(NamedTuple):
    """A job is over."""

    job: Job
    outcome: Outcome


class Logged(NamedTuple):
    """A message for the log."""

    record: logging.LogRecord


class Ended(NamedTuple):
    """Nothing runs in the worker any more."""
