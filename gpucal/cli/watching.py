"""What a run shows on a terminal: a live line while it lasts, and a table at its end."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def watched() -> Iterator[None]:
    """Show the progress of runs inside a ``with`` block; where the output is no terminal, do and import nothing."""
    if not sys.stdout.isatty():
        yield
        return
    from gpucal.cli.progress import live_line
    from gpucal.cli.summary import summary_tables

    with summary_tables(), live_line():
        yield
