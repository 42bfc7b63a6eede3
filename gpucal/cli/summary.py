"""The summary of a run as a table on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from gpucal.core.log.summary import observe_summaries
from gpucal.core.log.summary_table import summary_table


@contextmanager
def summary_tables() -> Iterator[None]:
    """Draw the summary of each run inside a ``with`` block; the log has it where the output is no terminal."""
    if not sys.stdout.isatty():
        yield
        return
    with observe_summaries(lambda summary: Console().print(summary_table(summary))):
        yield
