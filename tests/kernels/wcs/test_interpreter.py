"""Coordinate programs give the same numbers on every backend."""

import numpy as np

from gpucal.kernels.wcs.instructions import (
    ADD,
    AFFINE_2D,
    CONSTANT,
    DIVIDE,
    MULTIPLY,
    POWER,
    SCALE,
    SHIFT,
    SUBTRACT,
)
from gpucal.kernels.wcs.interpreter import evaluate_at_points, evaluate_on_grid

NREGISTERS = 8


def program(backend, *instructions):
    """Instructions, each an operation, the registers written and read, and its constants, on the backend."""
    rows, constants = [], []
    for operation, written, read, *given in instructions:
        rows.append([operation, *padded(written), *padded(read), len(constants)])
        constants += given
    return backend.asarray(np.int64(rows)), backend.asarray(np.float64([*constants, 0.0]))


def padded(registers):
    """Three registers; those that an instruction does not use are the last one."""
    return [*registers, NREGISTERS - 1, NREGISTERS - 1, NREGISTERS - 1][:3]


def test_arithmetic_on_a_grid(backend):
    code = program(
        backend,
        (SHIFT, [2], [0], 10.0),  # x + 10
        (SCALE, [3], [1], 4.0),  # 4 y
        (ADD, [4], [2, 3]),
        (SUBTRACT, [5], [2, 3]),
        (MULTIPLY, [2], [4, 5]),  # (x + 10)^2 - (4 y)^2
        (CONSTANT, [3], [], 2.0),
        (DIVIDE, [4], [2, 3]),
        (POWER, [5], [0, 3]),  # x^2
    )
    out = backend.asarray(np.zeros((2, 3, 5)))
    evaluate_on_grid(*code, backend.asarray(np.int64([4, 5])), NREGISTERS, (7.0, -2.0), out)
    y, x = np.indices((3, 5)) + np.float64([-2, 7])[:, None, None]
    np.testing.assert_array_equal(backend.asnumpy(out), [((x + 10) ** 2 - (4 * y) ** 2) / 2, x**2])


def test_an_affine_transform_at_points(backend):
    code = program(backend, (AFFINE_2D, [2, 3], [0, 1], 2.0, 0.5, -1.0, 4.0, 100.0, 200.0))
    points = np.float64([[0, 1, 0, 3], [0, 0, 1, 8]])
    out = backend.asarray(np.zeros((2, 4)))
    evaluate_at_points(*code, backend.asarray(np.int64([2, 3])), NREGISTERS, backend.asarray(points), out)
    np.testing.assert_array_equal(backend.asnumpy(out), [[100, 102, 100.5, 110], [200, 199, 204, 229]])
