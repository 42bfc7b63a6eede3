"""Correction for the non-linear response of a detector, a polynomial for each pixel.

Source: the ``linearity`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/linearity/description.html.
"""

import math

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.kernels.dqflags import NO_LIN_CORR, SATURATED


@pixel_function
def has_correction(coefficients, coefficient_dq, y, x):
    """Whether a pixel can be corrected: not NO_LIN_CORR, no NaN coefficient, a linear term."""
    if coefficient_dq[y, x] & NO_LIN_CORR or coefficients[1, y, x] == 0:
        return False
    for term in range(coefficients.shape[0]):
        if math.isnan(coefficients[term, y, x]):
            return False
    return True


@pixel_function(inline=True)
def polynomial(coefficients, y, x, counts):
    """Value of a pixel's polynomial by Horner's rule, in the precision of ``counts``."""
    degree = coefficients.shape[0] - 1
    value = coefficients[degree, y, x] * counts
    for term in range(degree - 1, 0, -1):
        value = (value + coefficients[term, y, x]) * counts
    return value + coefficients[0, y, x]


def flag_uncorrectable(pixeldq, coefficients, coefficient_dq):
    """Add the flags of the coefficients to the pixels, and NO_LIN_CORR where they cannot be used; in place.

    Parameters
    ----------
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    coefficients : (ncoeffs, ny, nx) float32 array
        Polynomial coefficients, the constant term first; two or more.
    coefficient_dq : (ny, nx) uint32 array
        Their flags.
    """
    flag_pixel(pixeldq.shape, pixeldq, coefficients, coefficient_dq)


@pixel_kernel
def flag_pixel(y, x, pixeldq, coefficients, coefficient_dq):
    """Flag one pixel."""
    pixeldq[y, x] |= coefficient_dq[y, x]
    if not has_correction(coefficients, coefficient_dq, y, x):
        pixeldq[y, x] |= NO_LIN_CORR


def linearize(ramp, groupdq, coefficients, coefficient_dq):
    """Correct each group that is not SATURATED, in place.

    Pixels without a usable correction (see `flag_uncorrectable`) keep their values.
    The arithmetic is in the precision of the ramp.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    coefficients : (ncoeffs, ny, nx) float32 array
        Polynomial coefficients, the constant term first; two or more.
    coefficient_dq : (ny, nx) uint32 array
        Their flags.
    """
    nints, _, ny, nx = ramp.shape
    linearize_ramp((nints, ny, nx), ramp, groupdq, coefficients, coefficient_dq)


@pixel_kernel
def linearize_ramp(integration, y, x, ramp, groupdq, coefficients, coefficient_dq):
    """Correct one pixel's ramp."""
    if not has_correction(coefficients, coefficient_dq, y, x):
        return
    for group in range(ramp.shape[1]):
        if not groupdq[integration, group, y, x] & SATURATED:
            counts = ramp[integration, group, y, x]
            ramp[integration, group, y, x] = polynomial(coefficients, y, x, counts)


def linearize_zeroframe(zeroframe, coefficients, coefficient_dq):
    """Correct the zero frames, in place; zero marks a value that is not usable, and stays zero.

    Parameters
    ----------
    zeroframe : (nints, ny, nx) float32 array
        First frame of each integration, DN, edited.
    coefficients : (ncoeffs, ny, nx) float32 array
        Polynomial coefficients, the constant term first; two or more.
    coefficient_dq : (ny, nx) uint32 array
        Their flags.
    """
    linearize_frame(zeroframe.shape, zeroframe, coefficients, coefficient_dq)


@pixel_kernel
def linearize_frame(integration, y, x, zeroframe, coefficients, coefficient_dq):
    """Correct one pixel of one zero frame."""
    counts = zeroframe[integration, y, x]
    if counts != 0 and has_correction(coefficients, coefficient_dq, y, x):
        zeroframe[integration, y, x] = polynomial(coefficients, y, x, counts)
