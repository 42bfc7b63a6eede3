"""Run coordinate programs on strips of pixels.

Each instruction is decoded once for all pixels of a strip, and its loop over the pixels is vector code on a CPU; on a
device a strip is one pixel, and all threads take the same branch. The interpreter is compiled once for all exposures
and modes: their programs are arrays.
"""

from gpucal.backend import pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch
from gpucal.kernels.wcs.instructions import (
    ADD,
    AFFINE_2D,
    COLUMNS,
    CONSTANT,
    CONSTANTS,
    DIVIDE,
    FACING,
    FIRST_READ,
    FIRST_WRITTEN,
    FROM_TANGENT_PLANE,
    LENGTH,
    MATRIX_3D,
    MULTIPLY,
    OPERATION,
    PARAMETER_AT,
    PARAMETER_NEAREST,
    POLYNOMIAL_1D,
    POLYNOMIAL_2D,
    POWER,
    PROJECT,
    REPLACE,
    ROUND,
    SCALE,
    SELLMEIER,
    SHIFT,
    SUBTRACT,
    TABLE_1D,
    TO_CARTESIAN,
    TO_CARTESIAN_NEAR,
    TO_SPHERICAL,
    TO_TANGENT_PLANE,
    UNPROJECT,
    WITHIN,
)
from gpucal.kernels.wcs.optics import facing, length, sellmeier
from gpucal.kernels.wcs.polynomials import polynomial_1d, polynomial_2d
from gpucal.kernels.wcs.rotations import affine_2d, matrix_3d
from gpucal.kernels.wcs.spheres import (
    from_tangent_plane,
    project,
    to_cartesian,
    to_cartesian_near,
    to_spherical,
    to_tangent_plane,
    unproject,
)
from gpucal.kernels.wcs.tables import choose_within, replace_where, round_to_whole, table_1d
from gpucal.kernels.wcs.traces import parameter_at, parameter_nearest


def evaluate_on_grid(code, constants, results, nregisters, origin, out):
    """Evaluate a program at the pixels of a rectangle.

    Parameters
    ----------
    code : (ninstructions, 8) int64 array
        See `gpucal.kernels.wcs.instructions`. Registers 0 and 1 hold x and y at the beginning.
    constants : (nconstants,) float64 array
        Of the instructions.
    results : (nresults,) int64 array
        The registers to give back.
    nregisters : int
        How many there are.
    origin : tuple of float
        x and y of the first pixel; others are at whole numbers from there.
    out : (nresults, ny, nx) float64 array
        Filled.
    """
    check_fit(code=(code, ("n", COLUMNS)), results=(results, "nresults"), out=(out, "nresults ny nx"))
    run_on_grid(out.shape[1:], Scratch(state=nregisters), code, constants, results, *origin, out)


def evaluate_at_points(code, constants, results, nregisters, points, out):
    """Evaluate a program at points.

    Parameters
    ----------
    code, constants, results, nregisters
        See `evaluate_on_grid`; the first registers hold the coordinates of the points at the beginning.
    points : (ninputs, npoints) float64 array
        Coordinates.
    out : (nresults, npoints) float64 array
        Filled.
    """
    check_fit(
        code=(code, ("n", COLUMNS)),
        results=(results, "nresults"),
        points=(points, "ninputs npoints"),
        out=(out, "nresults npoints"),
    )
    run_at_points(out.shape[1:], Scratch(state=nregisters), code, constants, results, points, out)


@strip_kernel
def run_on_grid(row, begin, end, samples, state, code, constants, results, x0, y0, out):
    """One strip of a rectangle."""
    width = end - begin
    x, y = state[0], state[1]
    for lane in range(width):
        x[lane] = x0 + (begin + lane)
        y[lane] = y0 + row
    run_program(width, state, code, constants)
    for result in range(results.size):
        values, place = state[results[result]], out[result, row, begin:end]
        for lane in range(width):
            place[lane] = values[lane]


@strip_kernel
def run_at_points(begin, end, samples, state, code, constants, results, points, out):
    """One strip of a list of points."""
    width = end - begin
    for axis in range(points.shape[0]):
        values, place = points[axis, begin:end], state[axis]
        for lane in range(width):
            place[lane] = values[lane]
    run_program(width, state, code, constants)
    for result in range(results.size):
        values, place = state[results[result]], out[result, begin:end]
        for lane in range(width):
            place[lane] = values[lane]


@pixel_function
def run_program(width, state, code, constants):
    """Run all instructions on the registers of a strip."""
    for number in range(code.shape[0]):
        row = code[number]
        operation = row[OPERATION]
        w, v, u = state[row[FIRST_WRITTEN]], state[row[FIRST_WRITTEN + 1]], state[row[FIRST_WRITTEN + 2]]
        r, s, t = state[row[FIRST_READ]], state[row[FIRST_READ + 1]], state[row[FIRST_READ + 2]]
        c = constants[row[CONSTANTS] :]
        if operation == POLYNOMIAL_2D:
            polynomial_2d(width, w, v, u, r, s, c)
        elif operation == MATRIX_3D:
            matrix_3d(width, w, v, u, r, s, t, c)
        elif operation == AFFINE_2D:
            affine_2d(width, w, v, r, s, c)
        elif operation == TO_CARTESIAN:
            to_cartesian(width, w, v, u, r, s)
        elif operation == TO_SPHERICAL:
            to_spherical(width, w, v, r, s, t, c)
        elif operation == TO_TANGENT_PLANE:
            to_tangent_plane(width, w, v, r, s)
        elif operation == FROM_TANGENT_PLANE:
            from_tangent_plane(width, w, v, r, s)
        elif operation == TO_CARTESIAN_NEAR:
            to_cartesian_near(width, w, v, u, r, s)
        elif operation == PROJECT:
            project(width, w, v, r, s, t)
        elif operation == UNPROJECT:
            unproject(width, w, v, u, r, s)
        elif operation == POLYNOMIAL_1D:
            polynomial_1d(width, w, r, c)
        elif operation == TABLE_1D:
            table_1d(width, w, r, c)
        elif operation == FACING:
            facing(width, w, v, u, r, s, t, c)
        elif operation == LENGTH:
            length(width, w, r, s, t)
        elif operation == SELLMEIER:
            sellmeier(width, w, r, c)
        elif operation == REPLACE:
            replace_where(width, w, r, c)
        elif operation == WITHIN:
            choose_within(width, w, r, s, t, c)
        elif operation == ROUND:
            round_to_whole(width, w, r)
        elif operation == PARAMETER_AT:
            parameter_at(width, w, r, s, t, c)
        elif operation == PARAMETER_NEAREST:
            parameter_nearest(width, w, r, s, t, c)
        else:
            arithmetic(operation, width, w, r, s, c)


@pixel_function
def arithmetic(operation, width, w, r, s, c):
    """Instructions of arithmetic: they write one register, from registers or constants."""
    if operation == SHIFT:
        for lane in range(width):
            w[lane] = r[lane] + c[0]
    elif operation == SCALE:
        for lane in range(width):
            w[lane] = r[lane] * c[0]
    elif operation == CONSTANT:
        for lane in range(width):
            w[lane] = c[0]
    elif operation == ADD:
        for lane in range(width):
            w[lane] = r[lane] + s[lane]
    elif operation == SUBTRACT:
        for lane in range(width):
            w[lane] = r[lane] - s[lane]
    elif operation == MULTIPLY:
        for lane in range(width):
            w[lane] = r[lane] * s[lane]
    elif operation == DIVIDE:
        for lane in range(width):
            w[lane] = r[lane] / s[lane]
    elif operation == POWER:
        for lane in range(width):
            w[lane] = r[lane] ** s[lane]
