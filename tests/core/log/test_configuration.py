"""Log messages go where options or a file say, and nowhere else afterwards."""

import logging
import warnings

import pytest

from gpucal.core.log.configuration import (
    DEFAULT_FORMAT,
    LogConfigError,
    LoggedError,
    LogRule,
    choose_rules,
    log_set_up,
    read_log_config,
)
from gpucal.errors import GpucalError

log = logging.getLogger("gpucal.steps.ramps.jump")
other = logging.getLogger("gpucal.steps.ramps.refpix")
PLAIN = "%(levelname)s %(message)s"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A working directory and a home without log configurations."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def written(text):
    path = "log.cfg"
    with open(path, "w") as file:
        file.write(text)
    return path


def test_by_default_everything_from_info_up_goes_to_standard_output(capsys):
    with log_set_up(choose_rules()):
        log.debug("hidden")
        log.info("shown")
    out, err = capsys.readouterr()
    assert out.endswith("gpucal.steps.ramps.jump - INFO - shown\n")
    assert out.count("\n") == 1
    assert err == ""


def test_all_is_as_before_afterwards(capsys):
    root, package = logging.getLogger(), logging.getLogger("gpucal")
    before = list(root.handlers), root.level, package.level
    with log_set_up([LogRule(level=logging.DEBUG)]):
        assert len(root.handlers) == len(before[0]) + 1
        assert package.level == logging.DEBUG
    assert (list(root.handlers), root.level, package.level) == before
    log.info("unheard")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({}, LogRule()),
        ({"verbose": True}, LogRule(level=logging.DEBUG)),
        ({"verbose": True, "log_level": "ERROR"}, LogRule(level=logging.DEBUG)),
        ({"log_level": "warning"}, LogRule(level=logging.WARNING)),
        ({"log_level": "15"}, LogRule(level=15)),
        ({"log_file": "a.log"}, LogRule(handlers=("stdout", "file:a.log"))),
        ({"log_stream": "stderr"}, LogRule(handlers=("stderr",))),
        ({"log_stream": "null", "log_file": "a.log"}, LogRule(handlers=("null", "file:a.log"))),
    ],
)
def test_options_make_one_rule(options, rule):
    assert choose_rules(**options) == [rule]


def test_files_are_chosen_in_order(elsewhere):
    (elsewhere / "home").mkdir()
    (elsewhere / "home" / ".stpipe-log.cfg").write_text("[*]\nlevel = CRITICAL")
    assert choose_rules()[0].level == logging.CRITICAL
    (elsewhere / "stpipe-log.cfg").write_text("[*]\nlevel = ERROR")
    assert choose_rules()[0].level == logging.ERROR
    assert choose_rules(logcfg=written("[*]\nlevel = WARNING"))[0].level == logging.WARNING
    assert choose_rules(logcfg="log.cfg", log_level="DEBUG")[0].level == logging.DEBUG


def test_a_file_is_read_section_by_section():
    rules = read_log_config(
        written(
            '[*]\nhandler = "stdout, file:a.log"\nlevel = WARNING\n'
            "[*.jump]\nhandler = stderr, append:b.log\nlevel = 10\nbreak_level = ERROR\n"
            'format = "%(message)s, no more"\n'
        )
    )
    assert rules == [
        LogRule("*", ("stdout", "file:a.log"), logging.WARNING, 0, DEFAULT_FORMAT),
        LogRule("*.jump", ("stderr", "append:b.log"), 10, logging.ERROR, "%(message)s, no more"),
    ]


def test_each_rule_is_for_the_loggers_that_match_it(elsewhere, capsys):
    rules = [
        LogRule(level=logging.WARNING, format=PLAIN),
        LogRule("*.jump", ("file:jump.log",), logging.DEBUG, format=PLAIN),
    ]
    with log_set_up(rules):
        log.debug("one")
        log.warning("two")
        other.debug("three")
        other.warning("four")
    assert capsys.readouterr().out == "WARNING two\nWARNING four\n"
    assert (elsewhere / "jump.log").read_text() == "DEBUG one\nWARNING two\n"


@pytest.mark.parametrize("pattern", ["*", "root", ".", ""])
def test_all_names_of_the_root_mean_everything(pattern, capsys):
    with log_set_up([LogRule(pattern, format=PLAIN)]):
        log.info("shown")
    assert capsys.readouterr().out == "INFO shown\n"


@pytest.mark.parametrize(("handler", "expected"), [("file:a.log", "new\n"), ("append:a.log", "old\nnew\n")])
def test_a_log_file_is_begun_or_continued(elsewhere, handler, expected):
    (elsewhere / "a.log").write_text("old\n")
    with log_set_up([LogRule(handlers=(handler,), format="%(message)s")]):
        log.info("new")
    assert (elsewhere / "a.log").read_text() == expected


def test_standard_error_and_nothing(capsys):
    with log_set_up([LogRule(handlers=("stderr",), format=PLAIN)]):
        log.info("there")
    with log_set_up([LogRule(handlers=("null",))]):
        log.error("nowhere")
    assert capsys.readouterr() == ("", "INFO there\n")


def test_a_message_at_the_break_level_ends_the_run(capsys):
    with pytest.raises(LoggedError, match="ERROR: too much"):
        with log_set_up([LogRule(break_level=logging.ERROR, format=PLAIN)]):
            log.warning("still fine")
            log.error("too much")
    assert capsys.readouterr().out == "WARNING still fine\nERROR too much\n"


def test_debugging_messages_of_other_packages_stay_out(capsys):
    with log_set_up([LogRule(level=logging.DEBUG, format=PLAIN)]):
        logging.getLogger("numba.core").debug("bytecode")
        logging.getLogger("numba.core").info("news")
        log.debug("ours")
    assert capsys.readouterr().out == "INFO news\nDEBUG ours\n"


def test_warnings_and_crds_go_the_same_way(capsys):
    with log_set_up([LogRule(format="%(name)s %(message)s")]):
        from crds.core import log as crds_log

        crds_log.info("from the cache")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old thing", UserWarning, stacklevel=1)
    out, err = capsys.readouterr()
    assert "CRDS" in out
    assert out.count("from the cache") == 1
    assert "py.warnings" in out
    assert "UserWarning: old thing" in out
    assert err == ""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (GpucalError("no gain reference"), ["ERROR no gain reference"]),
        (KeyboardInterrupt(), ["ERROR KeyboardInterrupt"]),
        (ZeroDivisionError("1 / 0"), ["ERROR 1 / 0", "ZeroDivisionError: 1 / 0"]),
    ],
)
def test_the_error_that_ends_the_run_is_the_last_word_of_log_files_alone(elsewhere, capsys, error, expected):
    rule = LogRule(handlers=("stdout", "file:a.log"), break_level=logging.ERROR, format=PLAIN)
    with pytest.raises(type(error)):
        with log_set_up([rule]):
            raise error
    lines = (elsewhere / "a.log").read_text().splitlines()
    assert lines[0] == expected[0]
    assert lines[-1] == expected[-1]
    assert ("Traceback" in "".join(lines)) == (len(expected) == 2)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no section"),
        ("level = INFO", "'level' stands in no section"),
        ("[*]\nlevl = INFO", r"section \[\*\]: unknown key 'levl'; nearest valid name: 'level'"),
        ("[*]\nlevel = INF", "unknown log level 'INF'; nearest valid name: 'INFO'"),
        ("[*]\nhandler = stdoout", "unknown handler 'stdoout'"),
        ("[*]\nhandler = file:", "unknown handler 'file:'"),
        ("[*]\nhandler = net:host", "unknown handler 'net:host'"),
        ("[*]\nformat = %(asctime)", "bad format"),
        ("[*\nlevel = INFO", "malformed log configuration"),
    ],
)
def test_a_bad_file_is_refused(text, message):
    with pytest.raises(LogConfigError, match=message) as caught:
        read_log_config(written(text))
    assert "log.cfg" in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(LogConfigError, match="'gone.cfg' does not exist"):
        choose_rules(logcfg="gone.cfg")


@pytest.mark.parametrize("option", [{"log_level": "LOUD"}, {"log_stream": "screen"}])
def test_a_bad_option_is_refused(option):
    with pytest.raises(LogConfigError, match="unknown"):
        choose_rules(**option)


def test_a_log_file_that_cannot_be_opened_is_named_and_nothing_is_set_up():
    before = list(logging.getLogger().handlers)
    with pytest.raises(LogConfigError, match="cannot open log file 'gone/a.log': No such file"):
        with log_set_up([LogRule(handlers=("stdout", "file:gone/a.log"))]):
            pass
    assert logging.getLogger().handlers == before
