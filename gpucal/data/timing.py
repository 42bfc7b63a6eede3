"""Keywords of timing: what they have to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import NamedTuple


class Range(NamedTuple):
    """What a keyword has to be.

    Attributes
    ----------
    path : str
        Its place in the metadata tree.
    words : str
        What it has to be, for people.
    holds : function
        Whether a value is that.
    """

    path: str
    words: str
    holds: Callable[[float], bool]


TIMING = {
    "NFRAMES": Range("exposure.nframes", "at least 1", lambda value: value >= 1),
    "FRMDIVSR": Range("exposure.frame_divisor", "at least 1", lambda value: value >= 1),
    "GROUPGAP": Range("exposure.groupgap", "at least 0", lambda value: value >= 0),
    "NOUTPUTS": Range("exposure.noutputs", "at least 1", lambda value: value >= 1),
    "TGROUP": Range("exposure.group_time", "more than 0", lambda value: value > 0),
    "TFRAME": Range("exposure.frame_time", "more than 0", lambda value: value > 0),
}


def value_at(meta, path: str):
    """The value at a place of a metadata tree, such as ``exposure.nframes``; None if there is none."""
    return reduce(lambda node, name: getattr(node, name, None), path.split("."), meta)


def timing_fault(meta, keywords: Iterable[str]) -> str | None:
    """What is wrong, in words, if a keyword of timing is out of its range; one that is missing is not.

    Parameters
    ----------
    meta : metadata tree
        Of an exposure or a reference.
    keywords : iterable of str
        Names in `TIMING`.
    """
    for keyword in keywords:
        needed = TIMING[keyword]
        value = value_at(meta, needed.path)
        if value is not None and not needed.holds(value):
            return f"keyword {keyword} is {value}; it has to be {needed.words}"
    return None
