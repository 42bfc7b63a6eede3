"""Find a Step class by any name that a user knows it by."""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from gpucal.core.config.nearest import suggestion
from gpucal.errors import GpucalError

PACKAGES = ("gpucal.steps", "gpucal.pipelines")

# Dotted names that begin so mean a class of ours that has the same last part.
OUR_NAMES = ("gpucal", "jwst")


class UnknownStepError(GpucalError):
    """No step or pipeline has that name."""


def find_class(name: str, directory: Path | None = None) -> type:
    """Find a step or pipeline.

    Parameters
    ----------
    name : str
        An alias (``jump``, ``calwebb_detector1``), a class (``JumpStep``), a dotted name of ours or of the
        jwst package (``jwst.jump.JumpStep``), or the dotted name of a user's own Step class.
    directory : pathlib.Path, optional
        Where modules of the user are looked for first: beside the configuration file that names them.

    Returns
    -------
    type
        A subclass of `gpucal.core.step.Step`.

    Raises
    ------
    UnknownStepError
        If there is none; the message has the nearest name.
    """
    name = name.strip().rpartition("::")[2]
    package, _, last = name.rpartition(".")
    if package and package.partition(".")[0] not in OUR_NAMES:
        return _users_class(package, last, directory)
    for module in _likeliest_first(last):
        for step_class in _classes_in(module):
            if last in (step_class.__name__, step_class.class_alias):
                return step_class
    known = (word for step in all_classes() for word in (step.class_alias, step.__name__))
    raise UnknownStepError(f"there is no step or pipeline {name!r}{suggestion(last, known)}")


def all_classes() -> list[type]:
    """All steps, then all pipelines, each in the order of their names."""
    return [step_class for module in _modules() for step_class in _classes_in(module)]


@cache
def _modules() -> tuple[str, ...]:
    """The modules that may define steps; none of them is imported."""
    return tuple(
        f"{package}.{module.name}"
        for package in PACKAGES
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
    )


def _likeliest_first(name: str) -> list[str]:
    """The modules, those named as the step before the others, so that few are imported."""
    wanted = _squashed(name)
    return sorted(_modules(), key=lambda module: _squashed(module.rpartition(".")[2]) not in wanted)


def _squashed(name: str) -> str:
    return name.lower().replace("_", "")


@cache
def _classes_in(module: str) -> tuple[type, ...]:
    """The steps that a module of ours defines."""
    from gpucal.core.step import Step  # here, because steps find each other through this module

    members = vars(importlib.import_module(module)).values()
    return tuple(
        member
        for member in members
        if inspect.isclass(member)
        and issubclass(member, Step)
        and member.__module__ == module
        and member.class_alias is not None
    )


def _users_class(module: str, name: str, directory: Path | None) -> type:
    from gpucal.core.step import Step

    with _searched_first(directory):
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise UnknownStepError(f"cannot import the step {module}.{name}: {error}") from error
    if not (inspect.isclass(found) and issubclass(found, Step)):
        raise UnknownStepError(f"{module}.{name} is not a subclass of gpucal.core.Step")
    return found


@contextmanager
def _searched_first(directory: Path | None) -> Iterator[None]:
    """Import from a directory before all others, inside a ``with`` block."""
    if directory is None:
        yield
        return
    sys.path.insert(0, str(directory))
    try:
        yield
    finally:
        sys.path.remove(str(directory))
