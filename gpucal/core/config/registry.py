"""Find a Step class by any name that a user knows it by."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.machinery import PathFinder
from pathlib import Path

from gpucal.core.config.nearest import suggestion
from gpucal.errors import GpucalError
from gpucal.names.steps import OURS_ALONE, STEPS, by_class_name, modules_of, written

# Dotted names that begin so mean a class of ours that has the same last part.
OUR_NAMES = ("gpucal", "jwst")

_STEP = "gpucal.core.step", "Step"

# Whether modules beside a configuration file may be imported: not where a user only looks at it.
_imports_beside: ContextVar[bool] = ContextVar("imports beside configuration files", default=True)


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
    entry = STEPS.get(last) or by_class_name().get(last)
    if entry is None:
        known = (word for alias, entry in written().items() for word in (alias, entry.class_name))
        raise UnknownStepError(f"there is no step or pipeline {name!r}{suggestion(last, known)}")
    if entry.module is None:
        raise UnknownStepError(f"{name} is a part of the JWST pipeline that gpucal does not have yet")
    if package and package not in modules_of(entry):
        ours = f"{entry.package}.{entry.class_name}"
        raise UnknownStepError(f"there is no {name}; {entry.class_name} is {entry.peer_name} or {ours}")
    return entry.load()


def exported_name(step_class: type) -> str:
    """The name of a class in parameter files: that of the jwst package, which both programs read, where it has one."""
    entry = by_class_name().get(step_class.__name__)
    is_known = entry is not None and entry.module == step_class.__module__
    if is_known and step_class.class_alias not in OURS_ALONE:
        return entry.peer_name
    return f"{step_class.__module__}.{step_class.__qualname__}"


def all_classes() -> list[type]:
    """All steps, then all pipelines, each in the order of their names."""
    classes = [entry.load() for entry in written().values()]
    return sorted(classes, key=lambda one: one.is_pipeline)


def class_of_package(package: str, name: str) -> type:
    """A class that a package offers as its own: what ``from gpucal.steps import JumpStep`` asks for.

    Parameters
    ----------
    package : str
        ``gpucal.steps`` or ``gpucal.pipelines``.
    name : str
        The class.

    Returns
    -------
    type
        It is kept in the package, so that it is asked for once.

    Raises
    ------
    AttributeError
        If there is no such step or pipeline.
    ImportError
        If it is a part of the JWST pipeline that gpucal does not have yet: the words of an AttributeError would
        not reach who imports it.
    """
    entry = by_class_name().get(name)
    if entry is None or entry.package != package:
        names = [] if name.startswith("_") else names_in_package(package)
        raise AttributeError(f"module {package!r} has no attribute {name!r}{suggestion(name, names)}")
    if entry.module is None:
        raise ImportError(f"{name} is a part of the JWST pipeline that gpucal does not have yet")
    found = entry.load()
    setattr(sys.modules[package], name, found)
    return found


def names_in_package(package: str) -> list[str]:
    """What ``dir`` tells of a package of steps or of pipelines: its classes, and the modules imported in it."""
    classes = {entry.class_name for entry in written().values() if entry.package == package}
    inside = vars(sys.modules[package]).items()
    return sorted(classes | {name for name, value in inside if name.startswith("__") or inspect.ismodule(value)})


def _users_class(module: str, name: str, directory: Path | None) -> type:
    if directory is not None and not _imports_beside.get():
        _refuse_beside(module, name, directory)
        directory = None
    with _searched_first(directory):
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise UnknownStepError(f"cannot import the step {module}.{name}: {error}") from error
    if not _is_step(found):
        raise UnknownStepError(f"{module}.{name} is not a subclass of gpucal.core.Step")
    return found


def _is_step(found) -> bool:
    """Whether something is a step, by the names of its bases: `Step` cannot be imported, since it imports this file."""
    return inspect.isclass(found) and any((base.__module__, base.__name__) == _STEP for base in found.__mro__)


def _refuse_beside(module: str, name: str, directory: Path) -> None:
    """Raise if a module, or the package that it is in, stands in a directory."""
    if PathFinder.find_spec(module.partition(".")[0], [str(directory)]) is not None:
        raise UnknownStepError(
            f"{module}.{name} is code in {directory}, which help does not run; to see its parameters, put the "
            "configuration file into another directory, and name this one in PYTHONPATH"
        )


@contextmanager
def nothing_imported_beside() -> Iterator[None]:
    """Refuse, inside a ``with`` block, a class whose module stands beside the configuration file that names it."""
    token = _imports_beside.set(False)
    try:
        yield
    finally:
        _imports_beside.reset(token)


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
