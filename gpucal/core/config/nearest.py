"""The valid name nearest to one that was mistyped."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """Find the valid name that a mistyped one most resembles.

    Where the valid names are dotted (``steps.jump.skip``), a name that equals the last part of one of
    them is nearer than any other.

    Parameters
    ----------
    name : str
        The name that was not understood.
    valid : iterable of str
        The names that would have been.

    Returns
    -------
    str or None
        The nearest, or None where none resembles it.
    """
    valid = list(valid)
    last = name.rpartition(".")[2]
    for candidate in valid:
        if candidate.rpartition(".")[2] == last:
            return candidate
    by_case = {candidate.lower(): candidate for candidate in valid}
    whole = get_close_matches(name.lower(), by_case, n=1)
    if whole:
        return by_case[whole[0]]
    by_last = {candidate.lower().rpartition(".")[2]: candidate for candidate in reversed(valid)}
    ends = get_close_matches(last.lower(), by_last, n=1)
    return by_last[ends[0]] if ends else None


def suggestion(name: str, valid: Iterable[str]) -> str:
    """The end of an error message: ``; nearest valid name: 'skip'``, or nothing."""
    found = nearest_name(name, valid)
    return f"; nearest valid name: {found!r}" if found else ""
