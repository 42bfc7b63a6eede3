"""Helpers are compiled once for each combination of types, and only as a part of their callers."""

import math

import numpy as np
import pytest
from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import DefaultPassBuilder
from numba.core.dispatcher import Dispatcher

from gpucal.backend.helper_code import helper, numba_is_as_expected
from gpucal.backend.helper_compiler import HelperLibrary
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


def _without_last_passes(state):
    raise AttributeError("there is no such pipeline")


# What another version of Numba could have changed: the class, the attribute, and what stands there.
CHANGES = [
    (DefaultPassBuilder, "define_nopython_pipeline", staticmethod(_without_last_passes)),
    (JITCodeLibrary, "_raise_if_finalized", lambda self: 1 / 0),
    (Dispatcher, "get_call_template", property(lambda self: None)),
]


@pytest.fixture
def tried_anew():
    """Numba is tried again, here and in tests that follow."""
    numba_is_as_expected.cache_clear()
    yield
    numba_is_as_expected.cache_clear()


@pytest.mark.usefixtures("tried_anew")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[1])
def test_another_numba_compiles_helpers_in_its_own_way(change, monkeypatch, caplog):
    with monkeypatch.context() as changed:
        changed.setattr(*change)
        assert not numba_is_as_expected()
    inner = helper(power, inline="never", **INSIDE)
    values, out = np.array([0.5, 3.0]), np.zeros(2)
    compiled_caller(inner)(values, out)
    np.testing.assert_array_equal(out, [power(v, 0) + power(v, 1) + power(v, n) for n, v in enumerate(values)])
    assert not any(isinstance(made.library, HelperLibrary) for made in inner.overloads.values())
    assert "this version of Numba is not as expected" in caplog.text


@pytest.mark.usefixtures("tried_anew")
def test_the_numba_that_is_installed_is_as_expected(caplog):
    assert numba_is_as_expected() and not caplog.records
