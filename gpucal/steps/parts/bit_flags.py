"""Which flags of pixels a parameter names.

Source: the form that `astropy.nddata.bitmask.interpret_bit_flags` reads,
https://docs.astropy.org/en/stable/api/astropy.nddata.bitmask.interpret_bit_flags.html.
"""

import re

from gpucal.errors import GpucalError
from gpucal.kernels.flags import dqflags

ALL_BITS = 0xFFFFFFFF

_FLAGS = re.compile(r"(?P<all_but>~?)\s*(?P<bracket>\()?(?P<names>[^()~]+)(?(bracket)\))")


def bad_bits(good: str | None, name: str) -> int:
    """The flags that make a pixel bad, of a parameter that names those which do not.

    Parameters
    ----------
    good : str or None
        Names of flags or their values, joined by ``+``, ``,`` or ``|``; after ``~`` all others are meant. None,
        ``None``, ``INDEF`` and an empty string mean that no flag makes a pixel bad.
    name : str
        The parameter.

    Returns
    -------
    int
        Bits of DQ.

    Raises
    ------
    GpucalError
        If it is not of this form, or there is no such flag.

    Examples
    --------
    >>> bad_bits("~DO_NOT_USE+NON_SCIENCE", "dqbits")
    513
    """
    text = (good or "").strip()
    if text.upper() in ("", "NONE", "INDEF"):
        return 0
    form = _FLAGS.fullmatch(text)
    if form is None:
        raise GpucalError(f"{name}: {good!r} is no list of flags, such as DO_NOT_USE+JUMP_DET or ~DO_NOT_USE")
    named = 0
    words = [word.strip() for word in re.split(r"[+,|]", form["names"])]
    for word in words:
        named |= _bits(word, name, one_flag=len(words) > 1)
    return named if form["all_but"] else ALL_BITS & ~named


def _bits(word: str, name: str, one_flag: bool) -> int:
    """The bits of a flag's name or value."""
    if word.isdecimal():
        bits = int(word)
        if bits > ALL_BITS or (one_flag and bits.bit_count() > 1):
            raise GpucalError(f"{name}: {word} is not the value of a flag")
        return bits
    if not (word.isupper() and isinstance(getattr(dqflags, word, None), int)):
        raise GpucalError(f"{name}: there is no flag {word!r}")
    return getattr(dqflags, word)
