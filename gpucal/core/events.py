"""Tell whoever watches which step runs, and how long it took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class StepEvent:
    """One moment in the life of a step.

    Attributes
    ----------
    kind : str
        ``started``, ``done`` or ``skipped``.
    step : str
        The step's name.
    place, count : int
        The step's place in its pipeline, from 1, and the number of steps; 1 of 1 for a step alone.
    seconds : float
        The time the step took; 0 when it starts.
    """

    kind: str
    step: str
    place: int = 1
    count: int = 1
    seconds: float = 0.0


_observers: list[Callable[[StepEvent], None]] = []


@contextmanager
def observe(callback: Callable[[StepEvent], None]) -> Iterator[None]:
    """Call ``callback`` with each `StepEvent` inside a ``with`` block."""
    _observers.append(callback)
    try:
        yield
    finally:
        _observers.remove(callback)


def announce(event: StepEvent) -> None:
    """Tell all observers."""
    for callback in list(_observers):
        callback(event)
