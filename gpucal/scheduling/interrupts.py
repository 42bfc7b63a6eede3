"""Ctrl-C calls a function, in place of raising an exception in the middle of whatever runs."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

ADVICE = "Interrupted: the steps that run are ended, and what is being written; once more ends all at once"


@contextmanager
def interrupt_told(tell: Callable[[], None]) -> Iterator[None]:
    """Call a function on the first Ctrl-C inside a ``with`` block; the second one acts as outside of the block.

    Parameters
    ----------
    tell : callable
        Called in the main thread, whatever that is doing just then: it must not wait for anything.

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
