"""Make the log of a step that works block by block read as if it had worked on the whole exposure at once."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

PACKAGE = "gpucal"


class BlockLog:
    """Log lines of a step, kept until it has seen all blocks."""

    def __init__(self):
        self._kept: list[tuple[slice, logging.LogRecord]] = []

    @contextmanager
    def keep(self, integrations: slice) -> Iterator[None]:
        """Keep the lines that this thread logs inside a ``with`` block."""
        logger = logging.getLogger(PACKAGE)
        handlers, propagates = logger.handlers, logger.propagate
        mine = get_ident()

        def keep_or_pass_on(record):
            if record.thread == mine:
                self._kept.append((integrations, record))
                return
            for handler in handlers:
                if record.levelno >= handler.level:
                    handler.handle(record)
            if propagates:
                logger.parent.callHandlers(record)

        keeper = logging.Handler()
        keeper.emit = keep_or_pass_on
        logger.handlers, logger.propagate = [keeper], False
        try:
            yield
        finally:
            logger.handlers, logger.propagate = handlers, propagates

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
