"""Settings of loggers that all runs of a process share: changed for the first of them, put back after the last."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import RLock

# One thread at a time changes these: the levels that each run wants, those that loggers had before the first run and
# those that they were given since, by logger; and what else is put back after the last run.
_turn = RLock()
_wanted: list[Mapping[str, int]] = []
_before: dict[str, int] = {}
_given: dict[str, int] = {}
_others = ExitStack()


@contextmanager
def loggers_at(levels: Mapping[str, int]) -> Iterator[None]:
    """Let loggers take messages inside a ``with`` block; warnings of Python and messages of CRDS go the same way.

    Parameters
    ----------
    levels : mapping of str to int
        The least level of messages that is wanted, by logger. Where several threads are in such blocks, the least that
        one of them wants is in force. A level that others set meanwhile stays.
    """
    levels = dict(levels)
    with _turn:
        if not _wanted:
            _others.enter_context(_crds_propagates())
            _others.enter_context(_warnings_captured())
        _wanted.append(levels)
        _set_levels()
    try:
        yield
    finally:
        with _turn:
            _wanted[:] = [one for one in _wanted if one is not levels]
            _set_levels()
            if not _wanted:
                _others.close()


def _set_levels() -> None:
    """Give each logger the least level that is wanted of it, or its own where none is."""
    for name in {*_before, *(name for levels in _wanted for name in levels)}:
        logger = logging.getLogger(name)
        own = _before.setdefault(name, logger.level)
        wanted = [levels[name] for levels in _wanted if name in levels]
        if logger.level == _given.get(name, own):  # nobody else has set it since
            logger.setLevel(min(wanted, default=own))
        if wanted:
            _given[name] = min(wanted)
        else:
            del _before[name]
            _given.pop(name, None)


@contextmanager
def _warnings_captured() -> Iterator[None]:
    """Let warnings be logged; they are afterwards, too, where they were before."""
    before = warnings.showwarning
    logging.captureWarnings(True)
    ours = warnings.showwarning is not before
    try:
        yield
    finally:
        if ours:
            logging.captureWarnings(False)


@contextmanager
def _crds_propagates() -> Iterator[None]:
    """Let messages of CRDS go the way of all others."""
    from crds.core import log as crds_log

    crds = crds_log.THE_LOGGER
    console, propagated = crds.console, crds.logger.propagate
    crds.logger.removeHandler(console)
    crds.console, crds.logger.propagate = None, True
    try:
        yield
    finally:
        crds.logger.propagate = propagated
        if console is not None:
            crds.console = console
            crds.logger.addHandler(console)


def let_crds_propagate() -> None:
    """CRDS writes to standard error by itself; let its messages go with the others."""
    from crds.core import log as crds_log

    crds_log.remove_console_handler()
    crds_log.THE_LOGGER.logger.propagate = True
