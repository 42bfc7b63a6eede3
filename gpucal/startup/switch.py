"""The switch of all that is done inside other packages for a faster start.

Each of the `TRICKS` stands aside where a package is of another version than those it was tried with. The environment
variable ``GPUCAL_PLAIN_START`` turns them off: all with ``1``, some with their names, such as ``asdf,schemas``.
Products are the same with and without them. What each saves is measured by ``python -m bench.startup --patches``.
"""

import os
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from gpucal.errors import GpucalError

VARIABLE = "GPUCAL_PLAIN_START"

TRICKS = {
    "imports": "parts of astropy and crds are executed when they are used (gpucal/startup/deferred.py)",
    "asdf": "extensions of asdf are loaded when they are used (gpucal/startup/asdf_start.py)",
    "schemas": "schemas of data models are kept on disk (gpucal/startup/schemas.py)",
    "garbage": "a command looks for garbage rarely, and not when it ends (gpucal/startup/garbage.py)",
}

_ALL, _NONE = "1", ("", "0")


def is_on(trick: str, tried: Mapping[str, tuple[str, ...]] = {}) -> bool:
    """Whether one of the `TRICKS` is to be used.

    Parameters
    ----------
    trick : str
        Its name.
    tried : mapping of str to tuple of str, optional
        For each package that it rests on, the versions that it was tried with, such as ``5.4`` for 5.4.0 and 5.4.1.

    Returns
    -------
    bool
        False if the user has turned it off, or a package is of another version.

    Raises
    ------
    GpucalError
        If ``GPUCAL_PLAIN_START`` names something that is none of them.
    """
    return trick not in _turned_off() and all(_is_among(_installed(name), known) for name, known in tried.items())


@cache
def _installed(package: str) -> str:
    """The version of a package: finding it takes milliseconds."""
    return version(package)


def _turned_off() -> set[str]:
    value = os.environ.get(VARIABLE, "").strip()
    if value in _NONE:
        return set()
    if value == _ALL:
        return {*TRICKS}
    names = {name.strip() for name in value.split(",")}
    if unknown := sorted(names - TRICKS.keys()):
        raise GpucalError(f"{VARIABLE} is {value!r}: no {unknown[0]!r}; it takes 1, or some of {', '.join(TRICKS)}")
    return names


def _is_among(installed: str, known: tuple[str, ...]) -> bool:
    return any(installed == one or installed.startswith(f"{one}.") for one in known)
