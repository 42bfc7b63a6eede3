"""Reference arrays that stay on the backend between steps and exposures.

The least recently used arrays leave first when a byte budget is exceeded. The budget is
``GPUCAL_REFERENCE_BYTES``, by default 4 GiB.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

DEFAULT_BUDGET = 4 * 2**30

_arrays: OrderedDict[Hashable, object] = OrderedDict()
_asked: set[Hashable] = set()
_lock = Lock()


def _budget() -> int:
    return int(os.environ.get("GPUCAL_REFERENCE_BYTES", DEFAULT_BUDGET))


def fetch(key: Hashable, make: Callable[[], object]):
    """The array kept under ``key``; made, and kept, when it is not there.

    Parameters
    ----------
    key : hashable
        What identifies the array: file, its modification time, array name, cut, backend.
    make : callable
        Makes the array; it may return None, which is kept too.
    """
    with _lock:
        if key in _arrays:
            _arrays.move_to_end(key)
            return _arrays[key]
    array = make()
    with _lock:
        _arrays[key] = array
        _evict()
    return array


def asked_before(key: Hashable) -> bool:
    """Whether this function was called with the same key before."""
    with _lock:
        before = key in _asked
        _asked.add(key)
    return before


def _evict() -> None:
    total = sum(getattr(array, "nbytes", 0) for array in _arrays.values())
    while total > _budget() and len(_arrays) > 1:
        _key, array = _arrays.popitem(last=False)
        total -= getattr(array, "nbytes", 0)


def clear_store() -> None:
    """Forget all arrays that are kept."""
    with _lock:
        _arrays.clear()
        _asked.clear()
