"""The table of a run: drawn on a terminal, where it takes the place of the log's lines; nothing in a pipe."""

import logging
import sys

import pytest
from rich.console import Console

from gpucal.backend import use_backend
from gpucal.cli.summary import summary_tables
from gpucal.core.log.configuration import choose_rules, log_set_up
from gpucal.core.log.events import StepEvent
from gpucal.core.log.summary import RunSummary, tell
from gpucal.core.log.summary_table import summary_table


@pytest.fixture
def summary():
    with use_backend("cpu"):
        summary = RunSummary()
    summary.update(StepEvent("started", "jump"))
    summary.update(StepEvent("done", "jump", seconds=0.5))
    summary.close()
    summary.seconds = 2.0
    return summary


def test_the_table_has_a_row_for_each_step(summary):
    table = summary_table(summary)
    assert [list(column.cells)[:3] for column in table.columns][:3] == [
        ["jump", "between the steps", "total"],
        ["0.50 s", "1.50 s", "2.00 s"],
        ["25%", "75%", "100%"],
    ]
    console = Console(width=100)
    with console.capture() as drawn:
        console.print(table)
    assert "peak memory" in drawn.get()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_the_table_and_a_pipe_the_lines(summary, terminal, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    log_file = tmp_path / "run.log"
    with log_set_up(choose_rules(log_file=log_file)), summary_tables():
        logging.getLogger("gpucal").info("something else")
        tell(summary)
    out = capsys.readouterr().out
    assert "something else" in out
    assert ("│ jump" in out) is terminal
    assert ("INFO - jump" in out) is not terminal
    assert "INFO - jump" in log_file.read_text()
