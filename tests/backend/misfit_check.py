"""Call every function that launches kernels with each of its arrays made one smaller along each axis.

Run as a script, since a loop that reads beyond the end of an array may take the process with it:
``python misfit_check.py`` runs the tests of kernels on the cpu backend, each with its first parameters, and keeps what
they hand to these functions. Then it calls the functions again, each in a process of its own, and prints a line of
JSON for each call: function, argument, axis, and what came of it.
"""

import copy
import importlib
import inspect
import json
import math
import os
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import CodeType, FunctionType, GeneratorType

import numpy as np
import pytest

import gpucal.kernels
from gpucal.backend import select_backend
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.strips import StripKernel

# Tests that come to all of these functions.
KERNEL_TESTS = [Path(__file__).parents[1] / room for room in ("kernels", "wcs")]


def launching_functions() -> dict[str, FunctionType]:
    """The public functions of kernels/ that launch kernels, themselves or through private ones, by dotted name."""
    found = {}
    for module in pkgutil.walk_packages(gpucal.kernels.__path__, "gpucal.kernels."):
        for name, function in vars(importlib.import_module(module.name)).items():
            own = isinstance(function, FunctionType) and function.__module__ == module.name
            if own and not name.startswith("_") and launches(function):
                found[f"{module.name.removeprefix('gpucal.kernels.')}.{name}"] = function
    return found


def launches(function: FunctionType) -> bool:
    """Whether a function names a kernel, a table of kernels, or a private function of its module that launches."""
    for name in names_in(function.__code__):
        value = function.__globals__.get(name)
        members = value.values() if isinstance(value, dict) else [value]
        if any(isinstance(member, PixelKernel) for member in members):
            return True
        if isinstance(value, FunctionType) and name.startswith("_") and value is not function and launches(value):
            return True
    return False


def names_in(code: CodeType) -> set[str]:
    """The global names that code uses, that of nested functions included."""
    nested = (names_in(constant) for constant in code.co_consts if inspect.iscode(constant))
    return set(code.co_names).union(*nested)


class Calls:
    """A pytest plugin that keeps the arguments of calls during which a kernel was launched."""

    def __init__(self, functions: dict[str, FunctionType]):
        self.kept = {name: [] for name in functions}
        self._codes = {function.__code__: name for name, function in functions.items()}
        self._going_on = {}
        self._tests = set()
        for kind in (PixelKernel, StripKernel):
            kind.__call__ = self._noted(kind.__call__)

    def pytest_collection_modifyitems(self, items):
        """Leave only the first parameters of each test."""
        first = {(item.path, item.originalname): item for item in reversed(items)}
        items[:] = [item for item in first.values() if not getattr(item.obj, "is_hypothesis_test", False)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self):
        """Follow the calls of a test."""
        sys.setprofile(self._follow)
        try:
            return (yield)
        finally:
            sys.setprofile(None)

    def _follow(self, frame, event, _argument):
        if frame.f_code not in self._codes:
            return
        if event == "call":
            names = inspect.getargs(frame.f_code).args
            arguments = {name: frame.f_locals[name] for name in names}
            if self._is_news(self._codes[frame.f_code], arguments):
                self._going_on[frame] = copy.deepcopy(arguments)
        elif event == "return":
            self._going_on.pop(frame, None)

    def _noted(self, launch):
        def launched(kernel, shape, *arguments):
            for frame in list(self._going_on) if math.prod(shape) else ():
                name, example = self._codes[frame.f_code], self._going_on.pop(frame)
                if self._is_news(name, example):
                    self.kept[name].append(example)
            return launch(kernel, shape, *arguments)

        return launched

    def _is_news(self, name, arguments) -> bool:
        """Whether a call has arrays which those that were kept lack."""
        before = {path for example in self.kept[name] for path, _ in arrays_in(example)}
        return bool({path for path, _ in arrays_in(arguments)} - before)


def arrays_in(value, path: tuple = ()) -> Iterator[tuple[tuple, np.ndarray]]:
    """The arrays in arguments and, in turn, in the fields and items of these."""
    if isinstance(value, np.ndarray) and value.size and value.ndim:
        yield path, value
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, member in value._asdict().items():
            yield from arrays_in(member, (*path, name))
    elif isinstance(value, dict | list | tuple):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from arrays_in(member, (*path, name))


def replaced(value, path: tuple, array):
    """A copy of arguments with another array at a path."""
    if not path:
        return array
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return value._replace(**{path[0]: replaced(getattr(value, path[0]), path[1:], array)})
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], array)
    return changed


def misfits(examples: list[dict]) -> Iterator[tuple[str, int, dict]]:
    """Arguments with one array that is one smaller along one axis."""
    done = set()
    for example in examples:
        for path, array in arrays_in(example):
            if path in done:
                continue
            done.add(path)
            for axis in range(array.ndim):
                smaller = np.ascontiguousarray(np.delete(array, -1, axis))
                yield ".".join(map(str, path)), axis, replaced(copy.deepcopy(example), path, smaller)


def call_with_misfits(name: str, function: FunctionType, examples: list[dict]) -> None:
    """Call a function with misfits, in a process of its own, and print what came of each."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps([name, "", None, f"the process ended with status {status}"]))
        return
    for argument, axis, arguments in misfits(examples):
        print(json.dumps([name, argument, axis, outcome(function, arguments)]), flush=True)
    os._exit(0)


def outcome(function: FunctionType, arguments: dict) -> str:
    """What comes of a call."""
    try:
        result = function(**arguments)
        if isinstance(result, GeneratorType):
            list(result)
    except Exception as error:
        return f"refused: {type(error).__name__}: {error}"
    return "taken"


def main() -> None:
    functions = launching_functions()
    calls = Calls(functions)
    with redirect_stdout(sys.stderr):
        code = pytest.main(["-q", "-p", "no:cacheprovider", "-k", "not cudasim", *map(str, KERNEL_TESTS)], [calls])
    if code:
        sys.exit(f"the tests of kernels end with {code}")
    select_backend("cpu")
    for name, function in functions.items():
        call_with_misfits(name, function, calls.kept[name])


if __name__ == "__main__":
    main()
