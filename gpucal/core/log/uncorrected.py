"""What steps tell of slits that they could not correct: a warning each, and a row in the summary of the run."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

log = logging.getLogger(__name__)


class Uncorrected(NamedTuple):
    """A slit that goes on without something.

    Attributes
    ----------
    slit : str
        Its name.
    lacks : str
        Such as ``path loss correction``.
    reason : str
        Why.
    """

    slit: str
    lacks: str
    reason: str


_observers: list[Callable[[Uncorrected], None]] = []


@contextmanager
def observe_uncorrected(callback: Callable[[Uncorrected], None]) -> Iterator[None]:
    """Call ``callback`` with each `Uncorrected` inside a ``with`` block."""
    _observers.append(callback)
    try:
        yield
    finally:
        _observers.remove(callback)


def tell_uncorrected(lacks: str, reasons: Mapping[str, str]) -> None:
    """Warn of slits that go on without something.

    Parameters
    ----------
    lacks : str
        What they go on without.
    reasons : mapping of str to str
        Why there is none, by the name of the slit.
    """
    for slit, reason in reasons.items():
        log.warning("Slit %s goes on without %s: %s", slit, lacks, reason)
        for callback in list(_observers):
            callback(Uncorrected(slit, lacks, reason))


def rows_of(slits: list[Uncorrected]) -> list[tuple[str, str]]:
    """A row for each slit: its name, and all that it went on without, in the order in which it was told."""
    lacking: dict[str, dict[str, None]] = {}
    for one in slits:
        lacking.setdefault(one.slit, {})[one.lacks] = None
    return [(slit, ", ".join(lacks)) for slit, lacks in lacking.items()]
