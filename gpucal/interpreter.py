"""How the interpreter works in a process that runs nothing but gpucal."""

import gc
import sys

# Objects between two searches for garbage, of which one exposure makes little: imports make a million objects to stay.
RARELY = 100_000

# Seconds that Python runs on when another thread wants to: those that read and write need it for a moment, often.
BRIEFLY = 0.0005


def tune_interpreter() -> None:
    """Let it look for garbage rarely, and change between threads soon."""
    gc.set_threshold(RARELY)
    sys.setswitchinterval(BRIEFLY)
