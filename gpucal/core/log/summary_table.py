"""The summary of a run as a table, for terminals and notebooks."""

from rich.table import Table

from gpucal.core.log.summary import RunSummary


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
