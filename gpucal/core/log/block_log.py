"""Make the log of a step that works block by block read as if it had worked on the whole exposure at once."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

PACKAGE = "gpucal"


class BlockLog:
    """Log lines of a step, kept until it has seen all blocks."""

    def __init__(self):
        self._kept: list[tuple[slice, logging.LogRecord]] = []

    @contextmanager
    def keep(self, integrations: slice) -> Iterator[None]:
        """Keep the lines that this thread logs inside a ``with`` block; those of others go their way."""
        keeper = logging.Handler()
        keeper.emit = lambda record: self._kept.append((integrations, record))
        with _only_to(keeper):
            yield

    def tell(self) -> None:
        """Log each message once if it came from every block; else with the integrations that it came from."""
        kept, self._kept = self._kept, []
        blocks = len({integrations.start for integrations, _ in kept})
        said = Counter(record.getMessage() for _, record in kept)
        told = set()
        for integrations, record in kept:
            message = record.getMessage()
            if said[message] < blocks:
                record.msg = f"Integrations {integrations.start + 1} to {integrations.stop}: {message}"
                record.args = None
            elif message in told:
                continue
            told.add(message)
            logging.getLogger(record.name).handle(record)


# The handler that alone gets what a thread logs.
_keeping = local()


class _PackageLogger(logging.Logger):
    """The logger of this package, whose handlers are as ever but for a thread that keeps its lines."""

    @property
    def handlers(self) -> list[logging.Handler]:
        """Where lines of this thread go."""
        keeper = getattr(_keeping, "handler", None)
        return self.__dict__["handlers"] if keeper is None else [keeper]

    @property
    def propagate(self) -> bool:
        """Whether lines of this thread go on to the loggers above."""
        return self.__dict__["propagate"] and getattr(_keeping, "handler", None) is None

    @handlers.setter
    def handlers(self, handlers: list[logging.Handler]) -> None:
        self.__dict__["handlers"] = handlers

    @propagate.setter
    def propagate(self, propagate: bool) -> None:
        self.__dict__["propagate"] = propagate


@contextmanager
def _only_to(handler: logging.Handler) -> Iterator[None]:
    """Send what this thread logs to a handler and nowhere else."""
    logging.getLogger(PACKAGE).__class__ = _PackageLogger
    _keeping.handler = handler
    try:
        yield
    finally:
        _keeping.handler = None
