"""Compile the functions that CPU loops call, but only to LLVM's intermediate code.

Numba makes optimized machine code of every function that it compiles, so that Python could call it. A kernel and its
helpers are called by a compiled loop alone. It includes their intermediate code and is then optimized as a whole:
machine code of their own would never run. Without it compiling takes a third less time, and the loops are the same, or
faster where they include a function that Numba would have kept apart for its size.

This uses parts of Numba that are not public and may change with any version. So a helper of a few words is compiled
and called first; if that goes wrong, helpers are compiled in Numba's usual way.
"""

import logging
from collections.abc import Callable
from functools import cache

from numba import njit, types

log = logging.getLogger(__name__)


def helper(function: Callable, **settings) -> Callable:
    """Compile a function as a helper.

    Where a caller passes a literal integer, Numba would compile the function anew for each number. A helper is compiled
    once for all integers: the optimizer sees the number anyhow, in the caller that includes the code.

    Parameters
    ----------
    function : callable
        A function that Numba can compile.
    **settings
        Settings of `numba.njit`.

    Returns
    -------
    callable
        To be called by compiled functions, not by Python.
    """
    return _helper(function, **settings) if numba_is_as_expected() else njit(function, **settings)


@cache
def numba_is_as_expected() -> bool:
    """Whether helpers can be compiled in this way by the Numba that is installed; if not, a warning says why."""
    try:
        _try_one()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        log.warning("Kernels take longer to compile: this version of Numba is not as expected (%s)", reason)
        return False
    return True


def _helper(function: Callable, **settings) -> Callable:
    from gpucal.backend.helper_compiler import HelperCompiler

    compiled = njit(function, pipeline_class=HelperCompiler, **settings)
    if compiled is function:  # Numba is not to compile anything
        return function
    template_for = compiled.get_call_template
    compiled.get_call_template = lambda args, kws: template_for(
        tuple(map(types.unliteral, args)), {name: types.unliteral(one) for name, one in kws.items()}
    )
    return compiled


def _try_one() -> None:
    """Compile a helper and a caller of it, and see that they are what they should be.

    Raises
    ------
    Exception
        Whatever goes wrong.
    """
    inner = _helper(_times, inline="never", no_cpython_wrapper=True, no_cfunc_wrapper=True)
    if inner is _times:
        return

    def outer(value):
        return inner(value, 2) + inner(value, 3)

    result = njit(outer)(1.5)
    if result != _times(1.5, 2) + _times(1.5, 3):
        raise RuntimeError(f"a caller of a helper gave {result}")
    if len(inner.overloads) != 1:
        raise RuntimeError(f"a helper was compiled {len(inner.overloads)} times")


def _times(value, count):
    total = 0.0
    for _ in range(count):
        total += value
    return total
