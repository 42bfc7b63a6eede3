"""Which flags make a pixel unusable, as users say it: ``~DO_NOT_USE``, ``JUMP_DET, HOT`` or ``4+2048``."""

import re

from gpucal.errors import GpucalError
from gpucal.kernels.flags import dqflags

_ALL = 0xFFFFFFFF


def bad_bits(good: str | int | None, parameter: str = "good_bits") -> int:
    """The flags that pixels may not have.

    Parameters
    ----------
    good : str, int or None
        Flags that they may have: a sum, or names and numbers joined by ``,``, ``+`` or ``|``. After a ``~`` those that
        they may not have. None, and an empty text, mean that all may be there.
    parameter : str
        Its name, for messages.

    Returns
    -------
    int
        A sum of flags.

    Raises
    ------
    GpucalError
        If there is no such flag.
    """
    text = str(good).strip()
    if text.upper() in ("", "NONE", "INDEF"):
        return 0
    named = 0
    for word in re.split(r"[,+|]", text.removeprefix("~")):
        named |= _flag(word.strip(), text, parameter)
    return named if text.startswith("~") else _ALL & ~named


def _flag(word: str, text: str, parameter: str) -> int:
    try:
        value = int(word) if word.isdigit() else getattr(dqflags, word.upper())
    except AttributeError:
        value = -1
    if not isinstance(value, int) or not 0 <= value <= _ALL:
        raise GpucalError(f"{parameter} is {text!r}: there is no flag {word!r}; write names such as JUMP_DET+HOT")
    return value
