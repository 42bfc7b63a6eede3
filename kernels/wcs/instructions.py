"""The instructions of coordinate programs.

An instruction is a row of whole numbers: what to do, up to three registers that it writes, up to three that it reads,
and where its constants begin. A register holds a number for each pixel of a strip.
"""

(
    CONSTANT,  # w = c
    SHIFT,  # w = r + c
    SCALE,  # w = r * c
    ADD,  # w = r + s
    SUBTRACT,  # w = r - s
    MULTIPLY,  # w = r * s
    DIVIDE,  # w = r / s
    POWER,  # w = r ** s
    POLYNOMIAL_1D,  # w = sum of c_i r^i
    POLYNOMIAL_2D,  # w = sum of c_ij r^i s^j; two more registers are written over
    AFFINE_2D,  # (w, v) = matrix . (r, s) + (c, d)
    MATRIX_3D,  # (w, v, u) = matrix . (r, s, t)
    TO_CARTESIAN,  # direction (w, v, u) of longitude and latitude, degrees
    TO_SPHERICAL,  # longitude and latitude, degrees, of direction (r, s, t)
    TO_TANGENT_PLANE,  # gnomonic projection (w, v), degrees, of native longitude and latitude
    FROM_TANGENT_PLANE,  # native longitude and latitude of a point of the tangent plane
    TO_CARTESIAN_NEAR,  # as TO_CARTESIAN, by series where both angles are small
    PROJECT,  # the point of the tangent plane, degrees, of the native direction (r, s, t)
    UNPROJECT,  # the native direction (w, v, u) of a point of the tangent plane
    TABLE_1D,  # w = the value of a table at r, linear between its points
    LENGTH,  # w = length of the vector (r, s, t)
    FACING,  # (w, v) = two rows of a matrix . (r, s, t), and u the third coordinate of a direction that faces forward
    SELLMEIER,  # w = index of refraction of a glass at the wavelength r
    REPLACE,  # w = a constant where r compares to another one, else r
    WITHIN,  # w = s where r is between two constants, else t
    ROUND,  # w = the whole number nearest to r, of two the greater one
    PARAMETER_AT,  # w = where along its trace a source at (s, t) has the value r, linear between samples
    PARAMETER_NEAREST,  # the same, where the square of what it differs is smallest
) = range(28)

# Columns of a row.
OPERATION, FIRST_WRITTEN, FIRST_READ, CONSTANTS, COLUMNS = 0, 1, 4, 7, 8
