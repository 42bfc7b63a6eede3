"""Tables on a terminal, columns elsewhere."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], headed: bool = True) -> None:
    """A table on a terminal; elsewhere lines in columns, each row whole on its line.

    Parameters
    ----------
    title : str
        What stands above it.
    headings : sequence of str
        The names of the columns.
    rows : sequence of sequences of str
        The cells.
    headed : bool
        Whether to name the columns also where the output is no terminal.
    """
    if sys.stdout.isatty():
        table = Table(*headings, title=title, title_justify="left", title_style="bold", box=None)
        for row in rows:
            table.add_row(*map(escape, row))
        Console().print(table)
        return
    rows = [headings, *rows] if headed else rows
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    print(f"\n{title}")
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())
