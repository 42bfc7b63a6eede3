"""The summary of a run as a table on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from gpucal.core.log.summary import RunSummary, observe_summaries


@contextmanager
def summary_tables() -> Iterator[None]:
    """Draw the summary of each run inside a ``with`` block; the log has it where the output is no terminal."""
    if not sys.stdout.isatty():
        yield
        return
    with observe_summaries(lambda summary: Console().print(summary_table(summary))):
        yield


def summary_table(summary: RunSummary) -> Table:
    """Time, share of the time, and traffic of each step; the total, and where the run was."""
    table = Table("step", caption=summary.place(), caption_justify="left")
    for heading in ("time", "share", "to device", "to host"):
        table.add_column(heading, justify="right")
    *steps, total = summary.rows()
    for row in steps:
        table.add_row(*row)
    table.add_section()
    table.add_row(*total)
    return table
