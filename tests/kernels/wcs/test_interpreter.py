"""Coordinate programs give the same numbers on every backend."""

import numpy as np

from gpucal.kernels.wcs.instructions import (
    ADD,
    AFFINE_2D,
    CONSTANT,
    DIVIDE,
    FACING,
    LENGTH,
    MULTIPLY,
    PARAMETER_AT,
    PARAMETER_NEAREST,
    POWER,
    REPLACE,
    SCALE,
    SELLMEIER,
    SHIFT,
    SUBTRACT,
)
from gpucal.kernels.wcs.interpreter import evaluate_at_points, evaluate_on_grid
from gpucal.kernels.wcs.tables import LESS

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


def test_directions_glasses_and_comparisons_at_points(backend):
    code = program(
        backend,
        (FACING, [3, 4, 5], [0, 1, 2], 0.0, 1.0, 0.0, 1.0, 0.0, 0.0),  # the first two change places
        (LENGTH, [6], [0, 1, 2]),
        (REPLACE, [2], [0], LESS, 0.5, 9.0),
    )
    points = backend.asarray(np.array([[0.6, 0.0, 0.9, np.nan], [0.0, 0.8, 0.9, 0.0], [2.0, 3.0, 1.0, 1.0]]))
    out = backend.xp.empty((5, 4))
    evaluate_at_points(*code, backend.asarray(np.array([3, 4, 5, 6, 2])), NREGISTERS, points, out)
    nan = np.nan
    np.testing.assert_allclose(
        backend.asnumpy(out),
        [
            [0.0, 0.8, 0.9, nan],
            [0.6, 0.0, 0.9, nan],
            [0.8, 0.6, nan, nan],
            np.sqrt([4.36, 9.64, 2.62, nan]),
            [0.6, 9.0, 0.9, nan],
        ],
        rtol=1e-15,
    )


def test_glass_in_air_and_heated(backend):
    wavelength = 2.0
    code = program(backend, (SELLMEIER, [1], [0], 1.5, 0.0, 0.0, 0.04, 0.0, 0.0, 0.5, 1.0, 1e-3, 2e-3, 0.3))
    out = backend.xp.empty((1, 1))
    points = backend.asarray(np.array([[wavelength]]))
    evaluate_at_points(*code, backend.asarray(np.array([1])), NREGISTERS, points, out)
    square = wavelength**2
    air = 1e-8 * (6432.8 + 2949810 * square / (146 * square - 1) + 5540 * square / (41 * square - 1))
    seen = (wavelength * (1 + 0.5 * air) / (1 + air)) ** 2
    squared = 1 + 1.5 * seen / (seen - 0.04)
    heated = 0.5 * (squared - 1) / np.sqrt(squared) * (1e-3 + 2e-3 / (seen - 0.09))
    expected = (np.sqrt(squared) * (1 + air) + heated) / (1 + 0.5 * air)
    np.testing.assert_allclose(backend.asnumpy(out), expected, rtol=1e-15)


def test_where_along_its_trace_a_value_is(backend):
    """The trace is 10 + x + (4 + y) t + t^2, in three samples."""
    terms = (1, 0.0, 1.0, 10.0, 1, 1.0, 0.0, 4.0, 0, 1.0)
    code = program(
        backend,
        (PARAMETER_AT, [3], [0, 1, 2], 3, 1, 3, *terms),
        (PARAMETER_AT, [4], [0, 1, 2], 3, 0, 3, *terms),
        (PARAMETER_NEAREST, [5], [0, 1, 2], 3, 0, 3, *terms),
    )
    x, y = 2.0, 1.0
    samples = 10 + x + (4 + y) * np.float64([0, 0.5, 1]) + np.float64([0, 0.25, 1])
    values = np.float64([samples[0], 14.0, samples[1], 17.0, samples[2] + 1, samples[0] - 1])
    points = backend.asarray(np.array([values, np.full(6, x), np.full(6, y)]))
    out = backend.asarray(np.zeros((3, 6)))
    evaluate_at_points(*code, backend.asarray(np.int64([3, 4, 5])), NREGISTERS, points, out)
    found = backend.asnumpy(out)
    width = np.diff(samples)
    between = [0, 0.5 * (14 - samples[0]) / width[0], 0.5, 0.5 + 0.5 * (17 - samples[1]) / width[1]]
    np.testing.assert_allclose(found[0], [*between, 1 + 0.5 / width[1], -0.5 / width[0]], rtol=1e-14)
    np.testing.assert_allclose(found[1], [*between, 1, 0], rtol=1e-14)
    np.testing.assert_array_equal(found[2, [0, 3, 4, 5]], [0, 1, 1, 0])
    squares = (samples - 14) ** 2
    slopes = [squares[1] - squares[0], (squares[2] - squares[0]) / 2, squares[2] - squares[1]]
    assert squares.argmin() == 1
    assert slopes[1] > 0
    np.testing.assert_allclose(found[2, 1], 0.5 - 0.5 * slopes[1] / (slopes[2] - slopes[1]), rtol=1e-13)
