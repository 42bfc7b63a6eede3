"""What a run cost: time and traffic of each step, and the most memory that was held."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from time import perf_counter

from gpucal.backend import Backend, current_backend
from gpucal.backend.memory import in_words, peak_host_bytes
from gpucal.backend.traffic import Traffic, traffic
from gpucal.core.log.events import StepEvent
from gpucal.core.log.uncorrected import Uncorrected, rows_of

log = logging.getLogger(__name__)


@dataclass
class StepCost:
    """What one step cost, over all its blocks of integrations.

    Attributes
    ----------
    step : str
        Its name.
    seconds : float
        Its time.
    to_device, to_host : int
        Bytes that crossed.
    skipped : bool
        Whether it did nothing.
    """

    step: str
    seconds: float = 0.0
    to_device: int = 0
    to_host: int = 0
    skipped: bool = False

    def add(self, event: StepEvent) -> None:
        """Add the time and the bytes of one more event."""
        self.seconds += event.seconds
        self.to_device += event.traffic.to_device.total()
        self.to_host += event.traffic.to_host.total()
        self.skipped = event.kind == "skipped"


@dataclass
class RunSummary:
    """What a run cost; an observer of events while it lasts.

    Attributes
    ----------
    steps : list of StepCost
        In the order in which they ended, without the pipeline itself.
    seconds : float
        The time of the whole run, once it is closed: reading, looking for references and saving included.
    traffic : Traffic
        All that crossed.
    backend : Backend
        Where it ran.
    uncorrected : list of Uncorrected
        Slits that went on without something.
    host_peak, device_peak : int or None
        The most memory that the process has held, and arrays on the device; None where the host is the device.
    """

    steps: list[StepCost] = field(default_factory=list)
    seconds: float = 0.0
    traffic: Traffic = field(default_factory=traffic)
    backend: Backend = field(default_factory=current_backend)
    uncorrected: list[Uncorrected] = field(default_factory=list)
    host_peak: int | None = None
    device_peak: int | None = None

    def __post_init__(self):
        self._began = perf_counter()
        self._thread = get_ident()
        self._running: list[str] = []

    def update(self, event: StepEvent) -> None:
        """Take note of an event of this thread. An event of the pipeline, in which other steps ran, is not counted."""
        if get_ident() != self._thread:
            return
        if event.kind == "started":
            self._running.append(event.step)
            return
        if self._running and self._running[-1] == event.step:
            self._running.pop()
        known = {cost.step: cost for cost in self.steps}
        if event.step not in known and (self._running or not known):
            known[event.step] = StepCost(event.step)
            self.steps.append(known[event.step])
        if event.step in known:
            known[event.step].add(event)

    def note(self, slit: Uncorrected) -> None:
        """Take note of a slit that goes on without something, if this thread tells."""
        if get_ident() == self._thread:
            self.uncorrected.append(slit)

    def close(self) -> None:
        """Stop the clock, and take the totals of bytes and memory."""
        self.seconds = perf_counter() - self._began
        self.traffic = traffic().since(self.traffic)
        self.host_peak, self.device_peak = peak_host_bytes(), self.backend.peak_bytes()

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """The table: step, seconds, share of the time, and bytes to the device and to the host; the total is last."""
        costs = [*self.steps, self.rest(), self.total()]
        return [
            (
                cost.step,
                "skipped" if cost.skipped else f"{cost.seconds:.2f} s",
                "" if cost.skipped else f"{cost.seconds / self.seconds:.0%}",
                in_words(cost.to_device) if cost.to_device else "",
                in_words(cost.to_host) if cost.to_host else "",
            )
            for cost in costs
        ]

    def total(self) -> StepCost:
        """The whole run."""
        return StepCost("total", self.seconds, self.traffic.to_device.total(), self.traffic.to_host.total())

    def rest(self) -> StepCost:
        """The cost of what is done between the steps: reading, finding references, saving."""
        total = self.total()
        names = ("seconds", "to_device", "to_host")
        left = {
            name: getattr(total, name) - sum(getattr(cost, name) for cost in self.steps) for name in names
        }
        return StepCost("between the steps", **left)

    def place(self) -> str:
        """The device or processor that it ran on, and the most memory that was held there, in words."""
        device = "" if self.device_peak is None else f", device {in_words(self.device_peak)}"
        where = f"{self.backend.name} ({self.backend.device})"
        return f"Backend {where}; peak memory: host {in_words(self.host_peak)}{device}"


_observers: list[Callable[[RunSummary], None]] = []


@contextmanager
def observe_summaries(callback: Callable[[RunSummary], None]) -> Iterator[None]:
    """Call ``callback`` with the `RunSummary` of each run that ends inside a ``with`` block."""
    _observers.append(callback)
    try:
        yield
    finally:
        _observers.remove(callback)


def tell(summary: RunSummary) -> None:
    """Log the table as plain lines, and where the run was; tell all observers."""
    rows = [("step", "time", "share", "to device", "to host"), *summary.rows()]
    for name, *cells in rows:
        line = f"{name:<20}" + "".join(f"{cell:>11}" for cell in cells)
        log.info("%s", line.rstrip(), extra={"table": True})
    log.info("%s", summary.place(), extra={"table": True})
    if summary.uncorrected:
        for slit, lacks in [("slit", "went on without"), *rows_of(summary.uncorrected)]:
            log.info("%-20s %s", slit, lacks)
    for callback in list(_observers):
        callback(summary)
