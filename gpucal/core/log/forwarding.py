"""Log messages of worker processes, sent to the process that shows them."""

import logging
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import QueueHandler

from gpucal.core.log.configuration import VERBOSE_PACKAGES, LoggedError
from gpucal.core.log.loggers import let_crds_propagate


class _Forwarder(QueueHandler):
    """Passes records to a function that sends them; `QueueHandler` has made them fit to be pickled."""

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue(record)


def log_levels() -> dict[str, int]:
    """The levels from which on this process shows messages, by logger."""
    return {name: logging.getLogger(name).getEffectiveLevel() for name in ("", *VERBOSE_PACKAGES)}


def forward_log(send: Callable[[logging.LogRecord], None], levels: dict[str, int]) -> None:
    """For the rest of this process, send all messages of these levels elsewhere.

    Parameters
    ----------
    send : callable
        Takes a record that can be pickled.
    levels : dict of str to int
        See `log_levels`.
    """
    logging.getLogger().addHandler(_Forwarder(send))
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    let_crds_propagate()
    logging.captureWarnings(True)


def show_forwarded(record: logging.LogRecord) -> None:
    """Log a record of another process as if it had been made in this one."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        with suppress(LoggedError):  # a message that ends a run ends only the one that it came from
            logger.handle(record)
