"""Helpers are compiled once for each combination of types, and only as a part of their callers."""

import math

import numpy as np
from numba import njit

from gpucal.backend.helper_code import HelperLibrary, helper
from gpucal.backend.loops import COMPILE, INSIDE


def power(value, exponent):
    result = 1.0
    for _ in range(exponent):
        result *= value
    return result


def compiled_caller(inner):
    def caller(values, out):
        for place in range(values.size):
            out[place] = inner(values[place], 0) + inner(values[place], 1) + inner(values[place], place)

    return njit(caller, **COMPILE)


def test_a_caller_computes_what_python_does():
    values, out = np.array([0.5, 3.0, -2.0, math.pi]), np.zeros(4)
    compiled_caller(helper(power, inline="never", **INSIDE))(values, out)
    np.testing.assert_array_equal(out, [power(v, 0) + power(v, 1) + power(v, n) for n, v in enumerate(values)])


def test_numbers_in_the_callers_code_make_no_further_helper():
    inner = helper(power, inline="never", **INSIDE)
    compiled_caller(inner)(np.ones(2), np.zeros(2))
    (overload,) = inner.overloads.values()
    assert isinstance(overload.library, HelperLibrary)
