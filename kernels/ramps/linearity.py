"""Correction for the non-linear response of a detector, a polynomial for each pixel.

Source: the ``linearity`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/linearity/description.html.
"""

import math

from gpucal.backend import pixel_function, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, strip_at
from gpucal.kernels.flags.dqflags import NO_LIN_CORR, SATURATED

# The planes of scratch memory.
USABLE, VALUE = range(2)


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
    check_fit(
        pixeldq=(pixeldq, "ny nx"),
        coefficients=(coefficients, "ncoeffs ny nx"),
        coefficient_dq=(coefficient_dq, "ny nx"),
    )
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
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        coefficients=(coefficients, "ncoeffs ny nx"),
        coefficient_dq=(coefficient_dq, "ny nx"),
    )
    nints, _, ny, nx = ramp.shape
    linearize_strip((nints * ny, nx), Scratch(samples=2), ramp, groupdq, coefficients, coefficient_dq)


@strip_kernel
def linearize_strip(line, begin, end, scratch, _state, ramp, groupdq, coefficients, coefficient_dq):
    """Correct the ramps of a strip of pixels; the rows of all integrations follow each other."""
    ny = ramp.shape[2]
    integration, y = line // ny, line % ny
    strip = strip_at(y, begin, end)
    fill_usable(coefficients, coefficient_dq, y, strip, scratch)
    for group in range(ramp.shape[1]):
        fill_values(ramp, integration, group, coefficients, y, strip, scratch)
        for lane in range(strip.count):
            x = strip.first + lane
            counts, value = ramp[integration, group, y, x], scratch[VALUE, lane]
            saturated = groupdq[integration, group, y, x] & SATURATED
            is_corrected = (scratch[USABLE, lane] != 0) & (saturated == 0)
            ramp[integration, group, y, x] = value if is_corrected else counts


@pixel_function
def fill_usable(coefficients, coefficient_dq, y, strip, scratch):
    """Write to the plane USABLE one for pixels that can be corrected, and zero for others; see `has_correction`."""
    for lane in range(strip.count):
        x = strip.first + lane
        usable = (coefficient_dq[y, x] & NO_LIN_CORR == 0) & (coefficients[1, y, x] != 0)
        scratch[USABLE, lane] = 1 if usable else 0
    for term in range(coefficients.shape[0]):
        for lane in range(strip.count):
            usable = scratch[USABLE, lane]
            scratch[USABLE, lane] = 0 if math.isnan(coefficients[term, y, strip.first + lane]) else usable


@pixel_function
def fill_values(ramp, integration, group, coefficients, y, strip, scratch):
    """Write the values of the polynomials of one group to the plane VALUE; see `polynomial`."""
    degree = coefficients.shape[0] - 1
    for lane in range(strip.count):
        x = strip.first + lane
        scratch[VALUE, lane] = coefficients[degree, y, x] * ramp[integration, group, y, x]
    for term in range(degree - 1, 0, -1):
        for lane in range(strip.count):
            x = strip.first + lane
            value = scratch[VALUE, lane] + coefficients[term, y, x]
            scratch[VALUE, lane] = value * ramp[integration, group, y, x]
    for lane in range(strip.count):
        scratch[VALUE, lane] += coefficients[0, y, strip.first + lane]


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
    check_fit(
        zeroframe=(zeroframe, "nints ny nx"),
        coefficients=(coefficients, "ncoeffs ny nx"),
        coefficient_dq=(coefficient_dq, "ny nx"),
    )
    linearize_frame(zeroframe.shape, zeroframe, coefficients, coefficient_dq)


@pixel_kernel
def linearize_frame(integration, y, x, zeroframe, coefficients, coefficient_dq):
    """Correct one pixel of one zero frame."""
    counts = zeroframe[integration, y, x]
    if counts != 0 and has_correction(coefficients, coefficient_dq, y, x):
        zeroframe[integration, y, x] = polynomial(coefficients, y, x, counts)
