"""CPU loops: compiled by Numba once for each combination of argument types, kept on disk, called without Numba.

Numba can keep compiled functions on disk as well, but has to be imported to load them. A process that finds its loops
here does not import Numba. A loop that cannot be called in this way, for the types of its arguments, is left to Numba.
"""

import ctypes
import hashlib
import os
from collections.abc import Callable
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import RLock

import numpy as np

from gpucal.backend.code_files import made_once, safe_folder
from gpucal.backend.object_code import ObjectCode, UnfitCodeError, processor
from gpucal.backend.vectors import wide_vectors

# Division by zero gives infinity or NaN, as on a device. References to arrays are not counted: a kernel keeps none, and
# counting would take several times as long as the work of a typical pixel.
COMPILE = {"error_model": "numpy", "_nrt": False}

# Functions inside a launcher are called by compiled code alone, and need no wrappers for Python or C.
INSIDE = COMPILE | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

_SCALARS = {int: ctypes.c_int64, float: ctypes.c_double, bool: ctypes.c_uint8, np.bool_: ctypes.c_uint8} | {
    dtype: getattr(ctypes, f"c_{dtype.__name__}")
    for dtype in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
}
_SCALARS |= {np.float32: ctypes.c_float, np.float64: ctypes.c_double}

# The environment variables that change the code that Numba makes. Others only say where it is kept, how it runs, or
# what is logged.
CODE_SETTINGS = (
    "NUMBA_BOUNDSCHECK",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "NUMBA_DEBUGINFO",
    "NUMBA_DISABLE_INTEL_SVML",
    "NUMBA_ENABLE_AVX",
    "NUMBA_ENABLE_PROFILING",
    "NUMBA_EXTEND_VARIABLE_LIFETIMES",
    "NUMBA_LLVM_REFPRUNE_FLAGS",
    "NUMBA_LLVM_REFPRUNE_PASS",
    "NUMBA_LOOP_VECTORIZE",
    "NUMBA_OPT",
    "NUMBA_SLP_VECTORIZE",
)

_LLVM_NAMES = {ctypes.c_float: "float", ctypes.c_double: "double"}

# The status that a compiled function returns unless it ends in an exception: a value, or None.
_RETURNED = (0, -2)


class CpuLoop:
    """A loop over rows of a grid, called as ``loop(start, stop, *arguments)``; other threads run meanwhile.

    Parameters
    ----------
    name, source : str
        Name and source code of the loop.
    folder : Path
        Where compiled loops are kept; its name changes with the code of the functions that this one calls.
    build : callable
        Returns the function that the source defines, for Numba to compile.
    """

    _turn = RLock()

    def __init__(self, name: str, source: str, folder: Path, build: Callable[[], Callable]):
        self.name = name
        self._source = source
        self.folder = folder
        self._build = build
        self._loaded: dict[tuple, Callable] = {}

    def __call__(self, *arguments) -> None:
        """Run the loop; compile it first if these types of arguments are new."""
        kind = tuple([_kind_of(argument) for argument in arguments])
        loop = self._loaded.get(kind)
        if loop is None:
            with self._turn:
                loop = self._loaded.get(kind) or self._load(kind, arguments)
                self._loaded[kind] = loop
        loop(*arguments)

    def _load(self, kind: tuple, arguments: tuple) -> Callable:
        try:
            types = _ctypes_of(arguments)
            path = safe_folder(self.folder) / f"{self.name}-{self._digest(kind)}.o"
            code = made_once(path, ObjectCode.read, lambda path: self._compile_and_keep(path, arguments, types))
            return _caller(code.load(), types)
        except UnfitCodeError:
            return self._loaded_by_numba()

    def _compile_and_keep(self, path: Path, arguments: tuple, types: list) -> ObjectCode:
        code = self._compile(arguments, types)
        with suppress(OSError):  # the next process compiles it again
            code.save(path)
        return code

    def _compile(self, arguments: tuple, types: list) -> ObjectCode:
        """Compile for these arguments, and check that the code takes them in the way that `_flatten` passes them."""
        from numba import config, njit, typeof

        if config.DISABLE_JIT:
            raise UnfitCodeError("Numba is not to compile anything")
        signature = tuple(typeof(argument) for argument in arguments)
        dispatcher = njit(self._build(), nogil=True, **INSIDE)
        with wide_vectors():
            dispatcher.compile(signature)
        try:
            return _object_code(dispatcher.overloads[signature], types)
        except (AttributeError, TypeError, ValueError) as error:
            raise UnfitCodeError(f"this Numba keeps compiled code in another way ({error})") from error

    def _loaded_by_numba(self) -> Callable:
        from numba import njit

        with _cache_directory(safe_folder(self.folder)):
            return njit(self._build(), nogil=True, cache=True, **COMPILE)

    def _digest(self, kind: tuple) -> str:
        """A digest of what the compiled code depends on beside the functions that it calls."""
        settings = [f"{name}={os.environ[name]}" for name in CODE_SETTINGS if name in os.environ]
        parts = [self._source, _in_words(kind), *_compilers(), *settings]
        return hashlib.sha1("\n".join(parts).encode()).hexdigest()[:16]


def _object_code(compiled, types: list) -> ObjectCode:
    """The machine code of a function that Numba has compiled, which takes parameters of these types.

    Raises
    ------
    UnfitCodeError
        If it takes others.
    """
    packer = compiled.target_context.get_arg_packer(compiled.fndesc.argtypes)
    name = compiled.fndesc.llvm_func_name
    if [_without_pointee(str(one)) for one in packer.argument_types] != [_llvm_name(one) for one in types]:
        raise UnfitCodeError(f"{name} takes arguments in another way")
    *_, (code, _) = compiled.library.serialize_using_object_code()
    return ObjectCode(name, code)


@cache
def _compilers() -> tuple[str, ...]:
    return version("numba"), version("llvmlite"), processor()


def _kind_of(argument):
    """A key that differs for arguments of different types, and takes less time to find than their Numba types."""
    if isinstance(argument, np.ndarray):
        flags = argument.flags
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return argument.dtype, argument.ndim, layout, flags.writeable, flags.aligned
    if isinstance(argument, tuple):
        return type(argument), *[_kind_of(part) for part in argument]
    if type(argument) is int:
        return int, argument.bit_length() > 63  # too long for an integer with a sign
    return type(argument)


def _in_words(kind) -> str:
    """A key of `_kind_of` as text, which is the same in all processes."""
    if isinstance(kind, tuple):
        return f"({', '.join(map(_in_words, kind))})"
    if not isinstance(kind, type):
        return repr(kind)
    return f"{kind.__module__}.{kind.__qualname__}{getattr(kind, '_fields', '')}"


def _ctypes_of(arguments: tuple) -> list:
    """The types of the parameters that stand for these arguments.

    Raises
    ------
    UnfitCodeError
        If there are others than arrays, numbers and tuples of these.
    """
    types = []
    for argument in arguments:
        if isinstance(argument, tuple):
            types += _ctypes_of(argument)
        elif isinstance(argument, np.ndarray):
            sizes = [ctypes.c_int64] * 2
            types += [ctypes.c_void_p] * 2 + sizes + [ctypes.c_void_p] + sizes * argument.ndim
        elif type(argument) in _SCALARS and _kind_of(argument) != (int, True):
            types.append(_SCALARS[type(argument)])
        else:
            raise UnfitCodeError(f"an argument is of type {type(argument).__name__}")
    return types


def _flatten(argument, flat: list) -> None:
    """Append the parameters of the compiled function that stand for an argument.

    An array is passed as Numba does: two pointers to its owner (none here), the number of its elements, the bytes of
    an element, its address, its shape and its strides.
    """
    if isinstance(argument, tuple):
        for part in argument:
            _flatten(part, flat)
    elif isinstance(argument, np.ndarray):
        flat += (0, 0, argument.size, argument.itemsize, argument.ctypes.data, *argument.shape, *argument.strides)
    elif isinstance(argument, np.generic):
        flat.append(argument.item())
    else:
        flat.append(argument)


def _caller(address: int, types: list) -> Callable:
    """A Python function that calls the compiled one at an address.

    Its first two parameters point to where it writes its result and its exception.
    """
    function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *types)(address)

    def call(*arguments):
        result, exception = ctypes.c_void_p(), ctypes.c_void_p()
        flat = [ctypes.addressof(result), ctypes.addressof(exception)]
        _flatten(arguments, flat)
        status = function(*flat)
        if status not in _RETURNED:
            raise RuntimeError(f"a compiled loop failed with status {status}")

    return call


def _llvm_name(ctype) -> str:
    if ctype is ctypes.c_void_p:
        return "pointer"
    return _LLVM_NAMES.get(ctype) or f"i{8 * ctypes.sizeof(ctype)}"


def _without_pointee(llvm_type: str) -> str:
    return "pointer" if llvm_type == "ptr" or llvm_type.endswith("*") else llvm_type


@contextmanager
def _cache_directory(folder: Path):
    """Let Numba keep compiled functions in a folder, unless the user has named another one."""
    from numba import config

    before = config.CACHE_DIR
    if not before:
        config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        config.CACHE_DIR = before
