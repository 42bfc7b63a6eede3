"""How a run goes, as a table in a notebook: the steps that have ended, the one that runs, in the end what each took."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from gpucal.core.log.events import StepEvent, observe
from gpucal.core.log.summary import RunSummary, observe_summaries


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, which can change what it has displayed."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return hasattr(shell, "kernel")


@contextmanager
def shown_in_notebook() -> Iterator[None]:
    """Display how the runs of this thread go, inside a ``with`` block."""
    view = NotebookView()
    with observe(view.update), observe_summaries(view.finish):
        yield


class NotebookView:
    """What a notebook shows of the runs of the thread that made it: one display for each exposure."""

    def __init__(self):
        self._thread = get_ident()
        self._display = None
        self._begin()
        self._show("Opening the exposure, looking for its references")

    def _begin(self) -> None:
        self._running: list[StepEvent] = []
        self._ended: dict[str, str] = {}

    def update(self, event: StepEvent) -> None:
        """Show that a step has started or ended. The pipeline is the one inside which others run."""
        if get_ident() != self._thread:
            return
        if event.kind == "started":
            self._running.append(event)
        else:
            if self._running and self._running[-1].step == event.step:
                self._running.pop()
            if self._running or not self._ended:
                self._ended[event.step] = f"{event.seconds:.2f} s" if event.kind == "done" else event.kind
        self._show(self._table())

    def finish(self, summary: RunSummary) -> None:
        """Show what the run of one exposure took; the next has a display of its own."""
        if get_ident() != self._thread:
            return
        from gpucal.core.log.summary_table import summary_table

        self._show(summary_table(summary))
        self._display = None
        self._begin()

    def _table(self):
        from rich.table import Table

        table = Table("step", "time")
        rows = dict(self._ended)
        for event in self._running[-1:]:
            block = f", block {event.block} of {event.blocks}" if event.blocks > 1 else ""
            rows[event.step] = f"running: {event.place} of {event.count}{block}"
        for row in rows.items():
            table.add_row(*row)
        return table

    def _show(self, what) -> None:
        from IPython.display import display
        from rich.text import Text

        renderable = Text(what) if isinstance(what, str) else what
        if self._display is None:
            self._display = display(renderable, display_id=True)
        else:
            self._display.update(renderable)
