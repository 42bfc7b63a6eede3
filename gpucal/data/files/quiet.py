"""Warnings that say nothing of use about a file, held back while other threads read and write, too."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import RLock

# Which warnings are held back: for each category how many blocks do so, the filter, and the list that it was put into.
_turn = RLock()
_held: dict[type[Warning], tuple[int, tuple, list]] = {}


class _WhatIsHeldBack(type):
    """Counts those categories as derived which are held back at the time."""

    def __subclasscheck__(cls, category: type) -> bool:
        return any(issubclass(category, held) for held in tuple(_held))


class HeldBack(Warning, metaclass=_WhatIsHeldBack):
    """The category of a filter that stands for good, in lists of filters that are put back inside a block, too."""


@contextmanager
def quietly(category: type[Warning] = Warning) -> Iterator[None]:
    """Hold warnings of a category back inside a ``with`` block, in all threads.

    `warnings.catch_warnings` puts back at its end what was there at its beginning. Where the blocks of two threads
    overlap, the filters of one stay for good. Here the first block adds a filter, and the last takes it away. Where
    another package puts back older filters meanwhile, the one for `HeldBack` stands in for it.
    """
    with _turn:
        _stand()
        count, *added = _held[category] if category in _held else (0, *_add(category))
        _held[category] = (count + 1, *added)
    try:
        yield
    finally:
        with _turn:
            count, *added = _held.pop(category)
            if count > 1:
                _held[category] = (count - 1, *added)
            else:
                _take_away(*added)


def _stand() -> None:
    """Add the filter that stands for good, where it is not there."""
    if not any(category is HeldBack for _action, _message, category, *_ in warnings.filters):
        warnings.filterwarnings("ignore", category=HeldBack)


def _add(category: type[Warning]) -> tuple[tuple, list]:
    warnings.filterwarnings("ignore", ".*", category)  # with a pattern, unlike what is usual: it is ours alone
    return warnings.filters[0], warnings.filters


def _take_away(added: tuple, place: list) -> None:
    """Take a filter away; from its list, too, where another package has put a copy in its place for a while."""
    for filters in (place, warnings.filters):
        with suppress(ValueError):
            filters.remove(added)


_stand()
