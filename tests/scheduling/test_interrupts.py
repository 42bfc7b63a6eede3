"""The first Ctrl-C is told, the second acts as ever, and afterwards all is as before."""

import os
import signal
import threading

import pytest

from gpucal.scheduling.interrupts import interrupt_told


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_told_and_the_second_raised():
    told = []
    with interrupt_told(lambda: told.append("once")):
        interrupt()
        assert told == ["once"]
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert told == ["once"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_another_thread_changes_nothing():
    before, seen = signal.getsignal(signal.SIGINT), []

    def run():
        with interrupt_told(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]


def test_interrupts_that_are_ignored_stay_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupt_told(lambda: pytest.fail("told")):
            interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
