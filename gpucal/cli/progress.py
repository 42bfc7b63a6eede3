"""One live line on a terminal: which step runs, its place in the pipeline, the time that has passed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from gpucal.core.log.events import StepEvent, observe


class StepLine:
    """The steps that run now, one inside the other, as a line of text."""

    def __init__(self, clock=perf_counter):
        self._clock = clock
        self._began = clock()
        self._running: list[tuple[StepEvent, float]] = []
        self._spinner = Spinner("dots")

    def update(self, event: StepEvent) -> None:
        """Take note that a step has started or ended."""
        if event.kind == "started":
            self._running.append((event, self._clock()))
        elif self._running and self._running[-1][0].step == event.step:
            self._running.pop()

    @property
    def text(self) -> str:
        """The line: ``Detector1Pipeline > jump   10 of 13   3.2 s   total 15.0 s``."""
        if not self._running:
            return ""
        now = self._clock()
        event, started = self._running[-1]
        names = " > ".join(running.step for running, _ in self._running)
        place = f"   {event.place} of {event.count}" if event.count > 1 else ""
        block = f"   block {event.block} of {event.blocks}" if event.blocks > 1 else ""
        total = f"   total {now - self._began:.1f} s" if len(self._running) > 1 else ""
        return f"{names}{place}{block}   {now - started:.1f} s{total}"

    def __rich__(self):
        self._spinner.update(text=Text(self.text))
        return self._spinner if self.text else Text("")


@contextmanager
def live_line() -> Iterator[None]:
    """Show the line below the log inside a ``with`` block; nothing where the output is no terminal."""
    if not sys.stdout.isatty():
        yield
        return
    line = StepLine()
    with Live(line, console=Console(), refresh_per_second=8, transient=True), observe(line.update):
        yield
