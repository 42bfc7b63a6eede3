"""Events of steps: which one runs, how long it took, how many bytes it moved; for progress lines and summaries."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gpucal.backend.traffic import Traffic


@dataclass(frozen=True)
class StepEvent:
    """One moment in the life of a step.

    Attributes
    ----------
    kind : str
        ``started``, ``done``, ``skipped``, or ``failed`` where an error ended it.
    step : str
        The step's name.
    place, count : int
        The step's place in its pipeline, from 1, and the number of steps; 1 of 1 for a step alone.
    seconds : float
        The time the step took; 0 when it starts.
    traffic : Traffic
        What crossed between host and backend meanwhile.
    block, blocks : int
        Which block of integrations it worked on, from 1, and the number of blocks; each is started and done.
    """

    kind: str
    step: str
    place: int = 1
    count: int = 1
    seconds: float = 0.0
    traffic: Traffic = field(default_factory=lambda: Traffic(Counter(), Counter()))
    block: int = 1
    blocks: int = 1


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
