"""Matrices on the coordinates of a strip of pixels."""

from gpucal.backend import pixel_function


@pixel_function
def affine_2d(width, w, v, r, s, c):
    """(w, v) = matrix . (r, s) + translation; the constants are the rows of the matrix, and the translation."""
    for lane in range(width):
        x, y = r[lane], s[lane]
        w[lane] = c[0] * x + c[1] * y + c[4]
        v[lane] = c[2] * x + c[3] * y + c[5]


@pixel_function
def matrix_3d(width, w, v, u, r, s, t, c):
    """(w, v, u) = matrix . (r, s, t); the constants are the rows of the matrix."""
    for lane in range(width):
        x, y, z = r[lane], s[lane], t[lane]
        w[lane] = c[0] * x + c[1] * y + c[2] * z
        v[lane] = c[3] * x + c[4] * y + c[5] * z
        u[lane] = c[6] * x + c[7] * y + c[8] * z
