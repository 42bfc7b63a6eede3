"""The stand-in refuses what CuPy refuses; on a machine with a device, CuPy itself is asked too."""

from importlib import import_module

import numpy as np
import pytest

from tests.backend.strict_device import strict_cupy
from tests.conftest import DEVICE_FOUND

HOST = np.arange(3.0)


def add_in_place(array, other):
    array += other


def fill(array, values):
    array[...] = values


REFUSED = {
    "conversion": lambda cupy, array: np.asarray(array),
    "comparison by NumPy": lambda cupy, array: np.testing.assert_array_equal(array, HOST),
    "sum with a host array": lambda cupy, array: array + HOST,
    "sum in place": lambda cupy, array: add_in_place(array, HOST),
    "host array in a function": lambda cupy, array: cupy.maximum(array, HOST),
    "filling from a host array": lambda cupy, array: fill(array, HOST),
    "filling from a list": lambda cupy, array: fill(array, [1, 2, 3]),
    "list beside an operator": lambda cupy, array: array + [1, 2, 3],
    "contiguous host array": lambda cupy, array: cupy.ascontiguousarray(HOST),
    "set of scalars": lambda cupy, array: set(array),
}


@pytest.fixture(params=["stand-in", "CuPy"] if DEVICE_FOUND else ["stand-in"])
def cupy(request):
    return strict_cupy() if request.param == "stand-in" else import_module("cupy")


@pytest.mark.parametrize("use", REFUSED.values(), ids=REFUSED)
def test_hidden_transfers_are_refused(cupy, use):
    with pytest.raises((TypeError, ValueError)):
        use(cupy, cupy.asarray(HOST))


def test_numbers_and_scalars_are_not(cupy):
    array = cupy.asarray(HOST)
    array[1] = np.float32(7)
    array[array > 5] += 1
    assert float(array.sum()) == 10.0 and int(array.argmax()) == 1 and (array[2] == 2).all()
    np.testing.assert_array_equal(cupy.asnumpy(np.sqrt(array * 2)), np.sqrt([0.0, 16.0, 4.0]))
