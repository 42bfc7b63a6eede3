"""Runs in several threads share the settings of loggers, and leave them as they were."""

import logging
import warnings

import pytest
from crds.core import log as crds_log

from gpucal.core.log.loggers import loggers_at

PACKAGE = logging.getLogger("gpucal")
CRDS = crds_log.THE_LOGGER


def shared():
    """What runs change for the time that they take."""
    return PACKAGE.level, warnings.showwarning, CRDS.logger.propagate, type(CRDS.console)


@pytest.fixture(autouse=True)
def left_as_it_was():
    before = shared()
    yield
    assert shared() == before


def overlapping(first, second):
    """Two blocks, the one that begins first ends first; the level after each beginning and end."""
    blocks, levels = [loggers_at({"gpucal": first}), loggers_at({"gpucal": second})], []
    for change in (blocks[0].__enter__, blocks[1].__enter__):
        change()
        levels.append(PACKAGE.level)
    assert CRDS.logger.propagate and CRDS.console is None
    for block in blocks:
        block.__exit__(None, None, None)
        levels.append(PACKAGE.level)
    return levels


def test_the_least_level_that_a_run_wants_is_in_force():
    own = PACKAGE.level
    assert overlapping(logging.INFO, logging.DEBUG) == [logging.INFO, logging.DEBUG, logging.DEBUG, own]
    assert overlapping(logging.DEBUG, logging.INFO) == [logging.DEBUG, logging.DEBUG, logging.INFO, own]


def test_a_level_that_others_set_meanwhile_stays():
    own = PACKAGE.level
    try:
        with loggers_at({"gpucal": logging.INFO}):
            PACKAGE.setLevel(logging.ERROR)
        assert PACKAGE.level == logging.ERROR
        with loggers_at({"gpucal": logging.INFO}):
            assert PACKAGE.level == logging.INFO
        assert PACKAGE.level == logging.ERROR
    finally:
        PACKAGE.setLevel(own)


def test_the_console_of_crds_is_there_again():
    before = CRDS.console
    CRDS.add_console_handler()
    try:
        with loggers_at({}):
            assert CRDS.console is None
        assert CRDS.console is not None and CRDS.console in CRDS.logger.handlers
    finally:
        if before is None:
            CRDS.remove_console_handler()


def test_warnings_that_were_logged_before_go_on_being_logged():
    logging.captureWarnings(True)
    try:
        captured = warnings.showwarning
        with loggers_at({}):
            assert warnings.showwarning is captured
        assert warnings.showwarning is captured
    finally:
        logging.captureWarnings(False)
