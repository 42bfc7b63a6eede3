"""Non-linear response of a pixel, and the polynomial that corrects it.

In units of a pixel's own scale S (its full well, DN), with u = linear / S and v = measured / S, the
correction is u = v (1 + a v + b v^2) for all pixels, so a pixel's correction coefficients are
(0, 1, a / S, b / S^2). The response v(u) that inverts it is a polynomial fitted once; its error is
below 1e-6 of full well, which is less than the quantum of the converter.
"""

import numpy as np
from numpy.polynomial import chebyshev, polynomial

CORRECTION_SHAPE = (0.45, 0.55)
RESPONSE_DEGREE = 7
LARGEST_SIGNAL = 1.5


def correction_polynomial(strength):
    """Coefficients of the correction in units of the pixel's scale.

    Parameters
    ----------
    strength : float
        Fraction by which the measured signal falls short of the linear one near full well.

    Returns
    -------
    ndarray (4,)
        Orders 0 to 3.
    """
    quadratic, cubic = CORRECTION_SHAPE
    return np.array([0.0, 1.0, quadratic * strength, cubic * strength])


def response_polynomial(strength):
    """Coefficients of the response, the inverse of the correction, in units of the pixel's scale.

    Parameters
    ----------
    strength : float
        As for `correction_polynomial`.

    Returns
    -------
    ndarray (n,)
        Orders 0 to n - 1; order 0 is zero.
    """
    if strength == 0:
        return np.array([0.0, 1.0])
    measured = 0.5 * LARGEST_SIGNAL * (1 - np.cos(np.linspace(0, np.pi, 401)))
    linear = polynomial.polyval(measured, correction_polynomial(strength))
    ratio = np.ones_like(linear)
    ratio[1:] = measured[1:] / linear[1:]
    fit = chebyshev.Chebyshev.fit(linear, ratio, RESPONSE_DEGREE - 1)
    return np.concatenate([[0.0], fit.convert(kind=np.polynomial.Polynomial).coef])


def pixel_coefficients(shape, scale):
    """Coefficients in DN of each pixel.

    Parameters
    ----------
    shape : ndarray (n,)
        Coefficients in units of the pixel's scale, order 0 first.
    scale : ndarray (ny, nx)
        Scale of each pixel, DN.

    Returns
    -------
    ndarray (n, ny, nx), float32
    """
    planes = np.zeros((len(shape), *scale.shape), np.float32)
    for order, coefficient in enumerate(shape):
        np.multiply(scale.astype(np.float64) ** (1 - order), coefficient, out=planes[order], casting="unsafe")
    return planes


def measured_signal(linear, scale, shape):
    """What the pixels measure of a linear signal.

    Parameters
    ----------
    linear : ndarray (ny, nx), float32
        Signal, DN.
    scale : ndarray (ny, nx), float32
        Scale of each pixel, DN.
    shape : ndarray (n,)
        Coefficients of the response in units of the scale.

    Returns
    -------
    ndarray (ny, nx), float32
    """
    fraction = linear / scale
    ratio = np.full_like(fraction, np.float32(shape[-1]))
    for coefficient in shape[-2:0:-1]:
        ratio *= fraction
        ratio += np.float32(coefficient)
    ratio *= linear
    return ratio
