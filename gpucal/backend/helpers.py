"""Scalar helpers of kernels: plain functions that are compiled as parts of the kernels that call them."""

from collections.abc import Callable
from functools import cached_property, partial
from types import FunctionType

from gpucal.backend.loops import INSIDE


class PixelFunction:
    """A scalar helper of kernels, compiled as a part of each kernel that calls it.

    Parameters
    ----------
    function : callable
        The helper.
    inline : bool
        See `pixel_function`.
    """

    def __init__(self, function: Callable, inline: bool):
        self.function = function
        self.inline = inline

    @cached_property
    def compiled(self) -> Callable:
        """The helper in the form in which compiled functions can call it."""
        from gpucal.backend.helper_code import helper

        return helper(compilable(self.function), inline="always" if self.inline else "never", **INSIDE)


def pixel_function(function: Callable | None = None, *, inline: bool = False) -> PixelFunction:
    """Make a scalar helper callable from pixel kernels.

    Parameters
    ----------
    function : callable
        The helper.
    inline : bool
        Copy its code into its callers before they are compiled. Faster for a short helper that is called in the
        innermost loop; slower to compile.
    """
    if function is None:
        return partial(pixel_function, inline=inline)
    return PixelFunction(function, inline)


def compilable(function: Callable) -> FunctionType:
    """A copy of a function that calls compiled helpers."""
    return _with_helpers(function, lambda helper: helper.compiled)


def interpreted(function: Callable) -> FunctionType:
    """A copy of a function that calls plain Python helpers.

    The CUDA simulator runs kernels as Python, where a compiled callee cannot take the simulator's arrays.
    """
    return _with_helpers(function, lambda helper: interpreted(helper.function))


def _with_helpers(function: Callable, made_of: Callable[[PixelFunction], Callable]) -> FunctionType:
    """A copy of a function that finds what ``made_of`` returns for each of its helpers in their place."""
    names = {
        name: made_of(value) if isinstance(value, PixelFunction) else value
        for name, value in function.__globals__.items()
        if name in function.__code__.co_names
    }
    names["__builtins__"] = function.__globals__["__builtins__"]
    names["__name__"] = function.__module__
    return FunctionType(function.__code__, names, function.__name__, function.__defaults__)
