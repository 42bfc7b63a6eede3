"""Polynomials of a strip of pixels, summed in the order of astropy, so that they are equal to the last bit.

Source: `astropy.modeling.polynomial`, https://docs.astropy.org/en/stable/modeling/predef_models2D.html.
"""

from gpucal.backend import pixel_function


@pixel_function
def polynomial_1d(width, w, r, c):
    """``w`` = sum of c_i r^i, by Horner's rule; the constants are the degree and the coefficients from the highest."""
    degree = int(c[0])
    for lane in range(width):
        w[lane] = c[1]
    for place in range(degree):
        for lane in range(width):
            w[lane] = w[lane] * r[lane] + c[2 + place]


@pixel_function
def polynomial_2d(width, w, row_sum, column_sum, r, s, c):
    """``w`` = sum of c_ij r^i s^j with i + j up to the degree, by Horner's rule in both.

    The constants are the degree and the coefficients: for each power of s from the highest, those of the powers of r
    from the highest. What is summed of a power of s stands in ``row_sum``, what is summed of higher ones in
    ``column_sum``; the newest coefficient is taken in with the next product.
    """
    degree = int(c[0])
    for lane in range(width):
        row_sum[lane] = 0.0
        column_sum[lane] = 0.0
    newest, place = c[1], 2
    for power in range(1, degree + 1):
        for lane in range(width):
            column_sum[lane] = s[lane] * (newest + row_sum[lane] + column_sum[lane])
            row_sum[lane] = 0.0
        newest = c[place]
        place += 1
        for _ in range(power):
            for lane in range(width):
                row_sum[lane] = r[lane] * (newest + row_sum[lane])
            newest = c[place]
            place += 1
    for lane in range(width):
        w[lane] = newest + row_sum[lane] + column_sum[lane]
