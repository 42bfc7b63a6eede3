"""Ctrl-C, told at the one place where it is waited for, and not raised amid anything else."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

ADVICE = "Interrupted: the steps that run are ended, and what is being written; once more ends all at once"


@contextmanager
def interrupt_told(tell: Callable[[], None]) -> Iterator[None]:
    """Call a function on the first Ctrl-C inside a ``with`` block; the second acts as before it.

    Parameters
    ----------
    tell : callable
        Called in the main thread, wherever that is: it must not wait for anything.

    Notes
    -----
    Outside of the main thread, and where interrupts are ignored, nothing is changed.
    """
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(before):
        yield
        return

    def handle(_number, _frame) -> None:
        signal.signal(signal.SIGINT, before)
        tell()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
