"""What a call shows: log lines where nobody has set up a log, a table in a notebook; nothing is left behind."""

import functools
import logging
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import ModuleType, SimpleNamespace

import crds.core.log  # noqa: F401  its logger is made when it is imported
import pytest
from rich.console import Console

from gpucal.backend import use_backend
from gpucal.core.log.calls import log_of_call
from gpucal.core.log.configuration import LogConfigError
from gpucal.core.log.events import StepEvent, announce
from gpucal.core.log.notebook import in_notebook
from gpucal.core.log.summary import RunSummary, tell

log = logging.getLogger("gpucal.steps.ramps.jump")
LOGGERS = [logging.getLogger(name) for name in (None, "gpucal", "CRDS", "stdatamodels")]


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """A working directory and a home without log configurations."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def nobody_listens(request):
    """No log is set up: pytest's own handlers are put aside as soon as the test begins."""
    root, test = logging.getLogger(), request.node.obj

    @functools.wraps(test)
    def alone(*given, **arguments):
        handlers, root.handlers = root.handlers, []
        try:
            test(*given, **arguments)
        finally:
            root.handlers = handlers

    request.node.obj = alone


@pytest.fixture
def displays(monkeypatch):
    """The kernel of a notebook; what it displays, each display as the list of its states, in plain text."""
    made = []

    class Handle:
        def __init__(self, what):
            self.states = [plain(what)]
            made.append(self.states)

        def update(self, what):
            self.states.append(plain(what))

    def display(what, display_id):
        assert display_id is True
        return Handle(what)

    package, functions = ModuleType("IPython"), ModuleType("IPython.display")
    package.get_ipython = lambda: SimpleNamespace(kernel=object())
    functions.display = display
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", functions)
    return made


def plain(what):
    console = Console(width=80)
    with console.capture() as drawn:
        console.print(what)
    return drawn.get()


def state():
    return (
        [(set(logger.handlers), logger.level, logger.propagate) for logger in LOGGERS],
        warnings.showwarning,
    )


def run_of(step):
    """The events of a pipeline with one step, and the summary at its end."""
    with use_backend("cpu"):
        summary = RunSummary()
        for event in (
            StepEvent("started", "Detector1Pipeline"),
            StepEvent("skipped", "ipc", 1, 2),
            StepEvent("started", step, 2, 2),
            StepEvent("done", step, 2, 2, seconds=0.5),
            StepEvent("done", "Detector1Pipeline", seconds=0.6),
        ):
            summary.update(event)
            announce(event)
        summary.close()
        tell(summary)


def test_lines_go_to_standard_error_as_long_as_the_call_lasts(capsys):
    before = state()
    with log_of_call():
        log.info("shown")
        warnings.warn("shown, too", stacklevel=1)
    log.info("unheard")
    out, err = capsys.readouterr()
    assert out == "" and "INFO - shown\n" in err and "shown, too" in err and "unheard" not in err
    assert state() == before


def test_an_error_takes_the_log_down_too(capsys):
    before = state()
    with pytest.raises(ValueError), log_of_call():
        raise ValueError("bad")
    assert state() == before


@pytest.mark.parametrize("name", [None, "gpucal"])
def test_a_log_that_somebody_has_set_up_is_left_alone(monkeypatch, name):
    monkeypatch.setattr(logging.getLogger(name), "handlers", [logging.NullHandler()])
    before = state()
    with log_of_call():
        assert state() == before


def test_nothing_is_set_up_if_so_asked():
    before = state()
    with log_of_call(configure_log=False):
        assert state() == before


def test_a_log_configuration_file_wins(place, capsys):
    (place / "log.cfg").write_text("[*]\nhandler = file:run.log\nformat = %(message)s\n")
    with log_of_call("log.cfg", configure_log=False):
        log.info("into the file")
    assert (place / "run.log").read_text() == "into the file\n"
    assert capsys.readouterr().err == ""
    with pytest.raises(LogConfigError, match=r"nowhere\.cfg"), log_of_call("nowhere.cfg"):
        pass


def test_the_usual_log_configuration_file_is_taken(place, displays):
    (place / "stpipe-log.cfg").write_text("[*]\nhandler = append:run.log\nformat = %(message)s\n")
    with log_of_call():
        log.info("into the file")
    assert (place / "run.log").read_text() == "into the file\n"
    assert displays == []


def test_calls_in_threads_share_the_log(capsys):
    """Those that end later are heard to their end, and the last one takes it down."""
    together, one_is_gone = Barrier(2), Barrier(2)

    def call(name, last):
        with log_of_call():
            together.wait(10)
            if last:
                one_is_gone.wait(10)
            log.info("from %s", name)
        if not last:
            one_is_gone.wait(10)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(call, ("a", "b"), (False, True)))
    err = capsys.readouterr().err
    assert err.count("from a\n") == err.count("from b\n") == 1
    assert logging.getLogger().handlers == []


def test_a_notebook_has_a_table_and_warnings(displays, capsys):
    with log_of_call():
        log.info("not shown")
        log.warning("look here")
        run_of("jump")
        run_of("ramp_fit")
    first, second = displays
    assert "looking for its references" in first[0]
    assert "ipc" in first[2] and "skipped" in first[2] and "jump" not in first[2]
    assert "running: 2 of 2" in first[3]
    assert "0.50 s" in first[4] and "running" not in first[4].partition("0.50 s")[0].partition("jump")[2]
    assert "between the steps" in first[-1] and "total" in first[-1]
    assert "ramp_fit" in second[-1] and "jump" not in second[-1]
    assert capsys.readouterr().err == "WARNING: look here\n"


def test_runs_of_other_threads_are_not_in_the_table(displays):
    with log_of_call():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(run_of, "jump").result()
        run_of("ramp_fit")
    [states] = displays
    assert not any("jump" in one for one in states)


def test_a_terminal_is_no_notebook(displays):
    assert in_notebook()
    sys.modules["IPython"].get_ipython = lambda: SimpleNamespace()
    assert not in_notebook()
    sys.modules["IPython"].get_ipython = lambda: None
    assert not in_notebook()
