"""A digest of everything that the machine code of a kernel is made from: it changes when any of that does."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from gpucal.backend.helpers import PixelFunction

BUILDERS = Path(__file__).parent


def code_digest(function: Callable) -> str:
    """A digest of everything that the machine code of a kernel is made from.

    Parameters
    ----------
    function : callable
        The kernel: a plain function, which may call `PixelFunction` helpers.

    Returns
    -------
    str
        It covers the version of Numba, the files of this package, the files of the kernel and of all helpers that it
        calls, directly or not, and the values of global names that these use.
    """
    functions = list(_reached(function))
    digest = _of_all_kernels().copy()
    for path in sorted({one.__code__.co_filename for one in functions}):
        digest.update(_contents(path))
    for one in functions:
        for name, value in _names_of(one):
            if isinstance(value, int | float | str | tuple):
                digest.update(f"{one.__module__}.{one.__name__} {name}={value!r}\n".encode())
    return digest.hexdigest()[:12]


@cache
def _of_all_kernels():
    """A digest of what the code of every kernel is made with."""
    digest = hashlib.sha1(version("numba").encode())
    for path in sorted(BUILDERS.glob("*.py")):
        digest.update(path.read_bytes())
    return digest


def _reached(function: Callable) -> Iterator[Callable]:
    """A function, the helpers that it calls, and those that they call: each once."""
    waiting, seen = [function], set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        waiting += [value.function for _, value in _names_of(one) if isinstance(value, PixelFunction)]


def _names_of(function: Callable) -> list[tuple[str, object]]:
    """The global names that a function uses, and what they stand for."""
    return [(name, function.__globals__[name]) for name in function.__code__.co_names if name in function.__globals__]


@cache
def _contents(path: str) -> bytes:
    return Path(path).read_bytes()
