"""What a batch shows on a terminal: a bar, and lines for what failed alone."""

from pathlib import Path

from gpucal.cli.batch_view import BatchView
from gpucal.scheduling.outcome import Outcome, Times

TIMES = Times("2026-01-01T00:00:00.000+00:00", 1.0, 2.0, 0.5)


def test_a_bar_and_a_table(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    with BatchView(3) as view:
        view.add(Outcome(Path("/raw/a_uncal.fits"), times=TIMES))
        view.add(Outcome(Path("/raw/[b]_uncal.fits"), (), "failed", "/raw/[b]_uncal.fits: truncated [1]"))
    assert [outcome.input.name for outcome in view.failed] == ["[b]_uncal.fits"]
    out = capsys.readouterr().out
    assert "2/3" in out and "left" in out
    assert "failed  /raw/[b]_uncal.fits: truncated [1]" in out
    assert "a_uncal.fits  3.5 s" not in out
    row = next(line for line in out.splitlines() if line.split()[:1] == ["done"])
    assert row.split() == ["done", "1", "1.00", "2.00", "0.50"]
    assert any(line.split() == ["not", "begun,", "or", "cut", "1"] for line in out.splitlines())


def test_an_error_that_does_not_name_its_exposure_is_given_the_name(capsys):
    with BatchView(1) as view:
        view.add(Outcome(Path("/raw/a_uncal.fits"), (), "failed", "MemoryError"))
    assert "failed  /raw/a_uncal.fits: MemoryError\n" in capsys.readouterr().out
