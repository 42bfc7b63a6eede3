"""The three stages of an exposure, and which exposure is in which.

For each stage there is one turn. An exposure needs the turn of a stage to enter it, and keeps it until it has that of
the next stage: memory never holds more than one exposure for each stage.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Lock
from time import perf_counter

from gpucal.scheduling.outcome import Times

STAGES = ("read", "compute", "write")


class Stopped(BaseException):
    """The batch was asked to stop; raised between two steps."""


class Turns:
    """The turns of the stages in one process: at most one exposure is read, one computed, one written."""

    def __init__(self):
        self._turns = {stage: Lock() for stage in STAGES}
        self._stopped = Event()

    def stop(self) -> None:
        """Let no exposure begin any more; the one that is computed stops after the step that runs."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether the batch was asked to stop."""
        return self._stopped.is_set()

    def check(self, _event=None) -> None:
        """Raise `Stopped` if the batch was asked to stop; called with each event of a step."""
        if self.stopped:
            raise Stopped

    @contextmanager
    def passage(self) -> Iterator["Passage"]:
        """The way of one exposure through the stages, inside a ``with`` block."""
        passage = Passage(self._turns)
        try:
            yield passage
        finally:
            passage.leave()


class Passage:
    """One exposure's way through the stages; ``seconds`` is the time it spent in each, waiting left out."""

    def __init__(self, turns: dict[str, Lock]):
        self._turns = turns
        self._stage: str | None = None
        self._since = 0.0
        self.started = ""
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def enter(self, stage: str) -> None:
        """Wait for the turn of a stage, then let go of that of the stage before."""
        self._stop_clock()
        self._turns[stage].acquire()
        self._release()
        self._stage, self._since = stage, perf_counter()
        self.started = self.started or datetime.now(UTC).isoformat(timespec="milliseconds")

    def leave(self) -> None:
        """Let go of the turn that is held."""
        self._stop_clock()
        self._release()
        self._stage = None

    def times(self) -> Times:
        """The seconds of each stage, up to now."""
        self._stop_clock()
        return Times(self.started, **{stage: round(seconds, 4) for stage, seconds in self.seconds.items()})

    def _stop_clock(self) -> None:
        if self._stage is not None:
            now = perf_counter()
            self.seconds[self._stage] += now - self._since
            self._since = now

    def _release(self) -> None:
        if self._stage is not None:
            self._turns[self._stage].release()
