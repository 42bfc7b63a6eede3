"""What a batch shows: a progress bar on a terminal, a line for each exposure elsewhere, a table at the end."""

import sys
from statistics import mean
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from gpucal.cli.tables import print_table
from gpucal.scheduling.outcome import Outcome

HEADINGS = ("exposures", "number", "read, s", "compute, s", "write, s")


class _RateColumn(ProgressColumn):
    """Exposures a minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{60 * speed:.1f} a minute")


class BatchView:
    """Shows outcomes as they come, inside a ``with`` block; at its end, however it ends, the table.

    Parameters
    ----------
    count : int
        The number of exposures.
    """

    def __init__(self, count: int):
        self._count = count
        self._outcomes: list[Outcome] = []
        self._began = perf_counter()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),  # so that the whole line fits 80 columns
            MofNCompleteColumn(),
            _RateColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(),
            disable=not sys.stdout.isatty(),
            speed_estimate_period=3600,
        )
        self._task = self._progress.add_task("exposures", total=count)

    def __enter__(self) -> "BatchView":
        self._progress.start()
        return self

    def __exit__(self, *_exception) -> None:
        self._progress.stop()
        if self._outcomes:
            self._print_table()

    @property
    def failed(self) -> list[Outcome]:
        """The outcomes of exposures that failed."""
        return self._with("failed")

    def add(self, outcome: Outcome) -> None:
        """Show one more outcome."""
        self._outcomes.append(outcome)
        self._progress.advance(self._task)
        if outcome.status == "failed":
            named = str(outcome.input) in outcome.error
            self._print(f"failed  {outcome.error if named else f'{outcome.input}: {outcome.error}'}")
        elif self._progress.disable:
            place = f"{len(self._outcomes)} of {self._count}"
            self._print(f"{outcome.status}  {place}  {outcome.input.name}{_seconds(outcome)}")

    def _print(self, line: str) -> None:
        """A line above the progress bar."""
        if self._progress.disable:
            print(line, flush=True)
        else:
            self._progress.console.print(escape(line), soft_wrap=True, highlight=False)

    def _with(self, status: str) -> list[Outcome]:
        return [outcome for outcome in self._outcomes if outcome.status == status]

    def _print_table(self) -> None:
        seconds = perf_counter() - self._began
        rows = [_row(status, self._with(status)) for status in ("done", "kept", "failed")]
        if left := self._count - len(self._outcomes):
            rows.append(("not begun, or cut", str(left), "", "", ""))
        print_table(f"{len(self._outcomes)} of {self._count} in {seconds:.1f} s", HEADINGS, rows)


def _row(status: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    """The number of exposures, and the mean seconds of each stage."""
    times = [outcome.times for outcome in outcomes if outcome.times.started]
    if not times:
        return (status, str(len(outcomes)), "", "", "")
    means = (mean(getattr(time, stage) for time in times) for stage in ("read", "compute", "write"))
    return (status, str(len(outcomes)), *(f"{seconds:.2f}" for seconds in means))


def _seconds(outcome: Outcome) -> str:
    times = outcome.times
    return f"  {times.read + times.compute + times.write:.1f} s" if times.started else ""
