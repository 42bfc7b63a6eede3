"""Where log messages go: set up for the time of a run, from options or from a file.

A log configuration file has a section for each set of loggers, named by a pattern as of file names::

    [*]
    handler = "stdout, file:pipeline.log"
    level = INFO

    [*.jump]
    handler = append:jump.log
    level = DEBUG
    break_level = ERROR
    format = "%(asctime)s %(message)s"

Each section acts by itself on all loggers that match it. ``handler`` is one or more of ``stdout``,
``stderr``, ``file:NAME`` (a new file), ``append:NAME`` and ``null``. A message at ``break_level`` or above
ends the run.
"""

import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from configobj import ConfigObj, ConfigObjError

from gpucal.core.config.nearest import suggestion
from gpucal.core.log.loggers import loggers_at
from gpucal.errors import GpucalError

log = logging.getLogger(__name__)

DEFAULT_FORMAT = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
DEFAULT_FILES = ("stpipe-log.cfg", "~/.stpipe-log.cfg", "/etc/stpipe-log.cfg")

_STREAMS = ("stdout", "stderr")
_FILE_MODES = {"file": "w", "append": "a"}
_EVERYTHING = ("*", "root", ".", "")

# Packages whose debugging messages are shown where a rule asks for that level. All others log from INFO up: the
# debugging messages of a compiler, for one, would bury everything else.
VERBOSE_PACKAGES = ("gpucal", "stdatamodels", "CRDS")


class LogConfigError(GpucalError):
    """A log configuration that is missing, malformed, or names a file that cannot be written."""


class LoggedError(GpucalError):
    """A message that was logged at the break level or above."""


@dataclass(frozen=True)
class LogRule:
    """One section of a log configuration.

    Attributes
    ----------
    pattern : str
        The names of the loggers that it applies to.
    handlers : tuple of str
        Where messages go, as written.
    level, break_level : int
        The least level that is shown, and the least that ends the run (0: none does).
    format : str
        The form of a message, as of `logging.Formatter`.
    """

    pattern: str = "*"
    handlers: tuple[str, ...] = ("stdout",)
    level: int = logging.INFO
    break_level: int = logging.NOTSET
    format: str = DEFAULT_FORMAT

    def applies_to(self, record: logging.LogRecord) -> bool:
        """Whether the rule is for the logger of this record."""
        return self.pattern in _EVERYTHING or fnmatchcase(record.name, self.pattern)


class _TerminalHandler(logging.Handler):
    """Writes to what ``sys.stdout`` or ``sys.stderr`` is at that moment: a live line puts itself in their place."""

    def __init__(self, stream: str):
        super().__init__()
        self._stream = stream
        self.addFilter(_is_not_closing)
        self.addFilter(self._is_not_drawn)

    def emit(self, record):
        try:
            print(self.format(record), file=getattr(sys, self._stream), flush=True)
        except BrokenPipeError:
            pass  # nobody reads any more; the run goes on for its products
        except Exception:
            self.handleError(record)

    def _is_not_drawn(self, record: logging.LogRecord) -> bool:
        """Whether a record is to be shown on a terminal: lines of the summary are not, since a table is drawn there."""
        return not (getattr(record, "table", False) and getattr(sys, self._stream).isatty())


class _BreakHandler(logging.Handler):
    """Turns messages into exceptions."""

    def __init__(self):
        super().__init__()
        self.addFilter(_is_not_closing)

    def emit(self, record):
        raise LoggedError(f"stopped at a message of level {record.levelname}: {record.getMessage()}")


def _is_not_closing(record: logging.LogRecord) -> bool:
    """Whether a record is to be shown on a terminal: the error that ends a run is not, the command line tells it."""
    return not getattr(record, "closing", False)


def read_log_config(path: str | os.PathLike) -> list[LogRule]:
    """Read a log configuration file.

    Raises
    ------
    LogConfigError
        If the file is missing or malformed, or has an unknown key or value.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise LogConfigError(f"log configuration {str(path)!r} does not exist")
    try:
        sections = ConfigObj(str(path), interpolation=False, raise_errors=True).dict()
    except (ConfigObjError, UnicodeDecodeError) as error:
        raise LogConfigError(f"malformed log configuration {path}: {error}") from error
    if not sections:
        raise LogConfigError(f"log configuration {path} has no section such as [*]")
    return [_rule(pattern, section, path) for pattern, section in sections.items()]


def _rule(pattern: str, section, path: Path) -> LogRule:
    if not isinstance(section, dict):
        raise LogConfigError(f"{path}: {pattern!r} stands in no section; begin one with [*]")
    known = {"handler": _handler_names, "level": _level, "break_level": _level, "format": _format}
    given = {}
    try:
        for key, value in section.items():
            if key not in known:
                raise LogConfigError(f"unknown key {key!r}{suggestion(key, known)}")
            given["handlers" if key == "handler" else key] = known[key](value)
    except LogConfigError as error:
        raise LogConfigError(f"{path}, section [{pattern}]: {error}") from error
    return LogRule(pattern, **given)


def _handler_names(value: str | Sequence[str]) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    names = tuple(word.strip() for word in words)
    for name in names:
        kind, _, path = name.partition(":")
        if name not in (*_STREAMS, "null") and not (kind in _FILE_MODES and path):
            raise LogConfigError(f"unknown handler {name!r}; use stdout, stderr, file:NAME or append:NAME")
    return names


def _level(value: str) -> int:
    if value.isdecimal():
        return int(value)
    levels = logging.getLevelNamesMapping()
    if value.upper() not in levels:
        raise LogConfigError(f"unknown log level {value!r}{suggestion(value, levels)}")
    return levels[value.upper()]


def _format(value: str | Sequence[str]) -> str:
    text = value if isinstance(value, str) else ", ".join(value)
    try:
        logging.Formatter(text)
    except ValueError as error:
        raise LogConfigError(f"bad format {text!r}: {error}") from error
    return text


def choose_rules(
    verbose: bool = False,
    log_level: str | None = None,
    log_file: str | os.PathLike | None = None,
    log_stream: str | None = None,
    logcfg: str | os.PathLike | None = None,
) -> list[LogRule]:
    """Choose the log configuration of a run.

    Parameters
    ----------
    verbose : bool
        Show everything. This option and the next three make a configuration by themselves; no file is read.
    log_level : str, optional
        The least level that is shown.
    log_file : path, optional
        A file to write as well.
    log_stream : str, optional
        ``stdout`` (the default), ``stderr`` or ``null``.
    logcfg : path, optional
        A log configuration file; by default the first of `DEFAULT_FILES` that exists.

    Returns
    -------
    list of LogRule
        By default one: everything from INFO up, to standard output.
    """
    if verbose or log_level or log_file or log_stream:
        level = logging.DEBUG if verbose else _level(log_level or "INFO")
        handlers = _handler_names(log_stream or "stdout")
        return [LogRule(level=level, handlers=handlers + ((f"file:{log_file}",) if log_file else ()))]
    path = logcfg or default_file()
    return read_log_config(path) if path else [LogRule()]


def default_file() -> str | None:
    """The first of `DEFAULT_FILES` that exists."""
    return next((name for name in DEFAULT_FILES if os.path.isfile(os.path.expanduser(name))), None)


@contextmanager
def log_set_up(rules: Iterable[LogRule]) -> Iterator[None]:
    """Send messages where the rules say, inside a ``with`` block.

    Warnings of Python and messages of CRDS go the same way. An error that ends the block becomes the last line of the
    log files; on the terminal, the command line shows it.

    Raises
    ------
    LogConfigError
        If a log file cannot be opened.
    """
    rules = list(rules)
    lowest = min(rule.level for rule in rules)
    with ExitStack() as stack:
        for rule in rules:
            for handler in _handlers(rule, stack):
                stack.enter_context(_attached(handler))
        stack.enter_context(loggers_at(dict.fromkeys(VERBOSE_PACKAGES, lowest) | {"": max(lowest, logging.INFO)}))
        try:
            yield
        except BaseException as error:
            _log_last_word(error)
            raise


def _log_last_word(error: BaseException) -> None:
    """Log the error that ends a run, with a traceback unless it is one that a user can mend."""
    unexpected = isinstance(error, Exception) and not isinstance(error, GpucalError)
    words = str(error) or type(error).__name__
    log.error("%s", words, exc_info=error if unexpected else None, extra={"closing": True})


def _handlers(rule: LogRule, stack: ExitStack) -> Iterator[logging.Handler]:
    for name in rule.handlers:
        handler = _open_handler(name)
        stack.callback(handler.close)
        handler.setLevel(rule.level)
        handler.setFormatter(logging.Formatter(rule.format))
        handler.addFilter(rule.applies_to)
        yield handler
    if rule.break_level:
        handler = _BreakHandler()
        handler.setLevel(rule.break_level)
        handler.addFilter(rule.applies_to)
        yield handler


def _open_handler(name: str) -> logging.Handler:
    if name in _STREAMS:
        return _TerminalHandler(name)
    if name == "null":
        return logging.NullHandler()
    kind, _, path = name.partition(":")
    try:
        return logging.FileHandler(os.path.expanduser(path), _FILE_MODES[kind], encoding="utf-8")
    except OSError as error:
        raise LogConfigError(f"cannot open log file {path!r}: {error.strerror}") from error


@contextmanager
def _attached(handler: logging.Handler) -> Iterator[None]:
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
