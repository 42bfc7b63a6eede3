"""What ``Step.call`` shows: log lines or, in a notebook, a table; nothing of it outlasts the call."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from threading import Lock

from gpucal.core.log.configuration import LogRule, default_file, log_set_up, read_log_config
from gpucal.core.log.notebook import in_notebook, shown_in_notebook

# Beside the table of a notebook: what the product keeps of the log, and warnings as plain lines.
NOTEBOOK_RULES = [
    LogRule(handlers=("null",)),
    LogRule(handlers=("stderr",), level=logging.WARNING, format="%(levelname)s: %(message)s"),
]


@contextmanager
def log_of_call(logcfg: str | os.PathLike | None = None, configure_log: bool = True) -> Iterator[None]:
    """Show how a call goes, inside a ``with`` block.

    Parameters
    ----------
    logcfg : path, optional
        A log configuration file, which then says where messages go.
    configure_log : bool
        Without ``logcfg``: whether messages are shown at all if nobody has set up a log. They are where the root
        logger or that of gpucal has a handler. One of `gpucal.core.log.configuration.DEFAULT_FILES` says where
        messages go; without such a file, they go to standard error or, in a notebook, into a table.

    Raises
    ------
    LogConfigError
        If the file is missing or malformed, or a log file cannot be opened.
    """
    if logcfg is not None:
        with log_set_up(read_log_config(logcfg)):
            yield
    elif configure_log and (_usual_log.in_use or not _somebody_listens()):
        with _usual_log.joined():
            yield
    else:
        yield


def _somebody_listens() -> bool:
    return any(logging.getLogger(name).handlers for name in (None, "gpucal"))


def has_table() -> bool:
    """Whether a call shows a table: in a notebook, unless a file says where messages go."""
    return in_notebook() and default_file() is None


def usual_rules() -> list[LogRule]:
    """Where messages go if nobody has set up a log."""
    if has_table():
        return NOTEBOOK_RULES
    path = default_file()
    return read_log_config(path) if path else [LogRule(handlers=("stderr",))]


class _UsualLog:
    """The log of calls that have set up none: begun by the first of those that run at a time, ended after the last."""

    def __init__(self):
        self._lock = Lock()
        self._calls = 0
        self._stack = ExitStack()

    @property
    def in_use(self) -> bool:
        """Whether a call has begun it."""
        return self._calls > 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Use it inside a ``with`` block."""
        with self._lock:
            if not self._calls:
                self._stack.enter_context(log_set_up(usual_rules()))
            self._calls += 1
        try:
            with shown_in_notebook() if has_table() else nullcontext():
                yield
        finally:
            with self._lock:
                self._calls -= 1
                if not self._calls:
                    self._stack.close()


_usual_log = _UsualLog()
