"""The most likely count rate of one ramp, given the covariance of its differences.

With d the differences, C their tridiagonal covariance matrix and 1 a vector of ones, chi squared is the
quadratic form of d - rate * 1 in the inverse of C. That inverse is never made: recursions along the ramp, forth
and back, give its products with d and with 1, in a time proportional to the number of groups.

Source: Brandt (2024), PASP 136, 045004, section 4, equations (38) to (48), (61) to (63), (71) and (75).

The work of a pixel lies in scratch memory in the layout of `gpucal.kernels.ramps.first_differences`: its planes,
named below, stand one after another, each with one place more than there are differences.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_function
from gpucal.kernels.ramp_fit.likelihood_noise import (
    PHOTON_BESIDE,
    PHOTON_DIAGONAL,
    READ_BESIDE,
    READ_DIAGONAL,
    covariance_of,
    variance_of,
)
from gpucal.kernels.statistics.pixel_samples import LANES

# Differences; whether each is used; the scaled covariance, diagonal and beside it; determinants of its leading
# and trailing parts; the products of its inverse with ones and with the differences; for the search for
# jumps, by how much chi squared falls without a difference, and without it and the next one.
# The first plane also serves for sorting.
(
    LEADING,
    DIFFERENCE,
    USED,
    DIAGONAL,
    BESIDE,
    TRAILING,
    TIMES_ONES,
    TIMES_DIFFERENCES,
    WITHOUT_ONE,
    WITHOUT_TWO,
) = range(10)
PLANES = 10

# The determinant is brought back to one this often, to stay clear of overflow.
RESCALE_EVERY = 10


def work_bytes_per_row(nx, ndifferences):
    """Bytes of scratch memory for the pixels of one row."""
    return -(-nx // LANES) * PLANES * (ndifferences + 1) * LANES * np.dtype(np.float64).itemsize


def work_space(like, nrows, nx, ndifferences):
    """Scratch memory for the pixels of a block of rows.

    Parameters
    ----------
    like : array
        An array of the backend to use.
    nrows, nx : int
        Size of the block.
    ndifferences : int
        Differences of a ramp.

    Returns
    -------
    (nrows * ceil(nx / LANES), PLANES * (ndifferences + 1), LANES) float64 array
        Not initialized.
    """
    xp = array_namespace(like)
    return xp.empty((nrows * -(-nx // LANES), PLANES * (ndifferences + 1), LANES), dtype=xp.float64)


@pixel_function(inline=True)
def sign_of(place):
    """Alternating sign: negative at the first difference."""
    return 1.0 if place % 2 else -1.0


@pixel_function
def normalization(terms, photons, read_variance):
    """The factor by which to divide a covariance matrix so that its determinant is one."""
    ndifferences = terms.shape[1]
    scale, before, last = 1.0, 1.0, variance_of(terms, 0, photons, read_variance)
    for size in range(2, ndifferences + 1):
        diagonal = variance_of(terms, size - 1, photons, read_variance)
        beside = covariance_of(terms, size - 2, photons, read_variance)
        following = diagonal / scale * last - beside * beside / (scale * scale) * before
        if size % RESCALE_EVERY == 0 or size == ndifferences:
            factor = following ** (1 / size)
            scale *= factor
            before, last = last / (following / factor), 1.0
        else:
            before, last = last, following
    return scale


@pixel_function
def solve_line(terms, photons, read_variance, work, strip, lane):
    """Solve for the rate of a ramp whose differences, and which of them are used, stand in its planes.

    The planes up to TIMES_DIFFERENCES are filled for the search for jumps.

    Parameters
    ----------
    terms : (5, n) float64 array
        Of `gpucal.kernels.ramp_fit.likelihood_noise`.
    photons : float
        Rate over gain: the Poisson variance in a second, DN**2/s.
    read_variance : float
        Of one read, DN**2.
    work, strip, lane
        The pixel's scratch memory.

    Returns
    -------
    of_differences, of_both, of_ones : float64
        Quadratic forms in the inverse of the normalized covariance: of the differences, of differences and
        ones, of ones. The rate is the second over the third.
    scale : float64
        What the covariance was divided by.
    """
    scale = normalization(terms, photons, read_variance)
    determinant = fill_determinants(terms, photons, read_variance, scale, work, strip, lane)
    ndifferences = terms.shape[1]
    stride = ndifferences + 1
    unit = 1.0 / determinant
    crossed = squared = of_both = of_ones = 0.0
    ones_before = differences_before = differences_here = 0.0
    for place in range(ndifferences):
        sign = sign_of(place)
        used = work[strip, USED * stride + place, lane]
        difference = work[strip, DIFFERENCE * stride + place, lane] * used
        leading = work[strip, LEADING * stride + place, lane]
        trailing = work[strip, TRAILING * stride + place + 1, lane]
        link = work[strip, BESIDE * stride + place - 1, lane] if place else 1.0
        if place:
            ones_before = ones_before * link + sign * leading
            differences_here = link * differences_before + sign * difference * leading
        else:
            ones_before = -leading
            differences_here = -difference * leading
        behind = work[strip, TIMES_ONES * stride + place, lane]
        ones = sign * unit * (trailing * ones_before + leading * behind) * used
        behind = work[strip, TIMES_DIFFERENCES * stride + place, lane]
        work[strip, TIMES_DIFFERENCES * stride + place, lane] = (
            sign * unit * (trailing * differences_here + leading * behind)
        )
        work[strip, TIMES_ONES * stride + place, lane] = ones
        crossed += difference * sign / determinant * link * trailing * differences_before
        squared += difference * difference * leading * trailing / determinant
        of_both += difference * ones
        of_ones += ones
        differences_before = differences_here
    return 2 * crossed + squared, of_both, of_ones, scale


@pixel_function
def fill_determinants(terms, photons, read_variance, scale, work, strip, lane):
    """Fill the planes of the covariance and of the recursions that run back; return its determinant."""
    ndifferences = terms.shape[1]
    stride = ndifferences + 1
    for place in range(ndifferences):
        work[strip, DIAGONAL * stride + place, lane] = (
            variance_of(terms, place, photons, read_variance) / scale
        )
    for place in range(ndifferences - 1):
        both = work[strip, USED * stride + place, lane] * work[strip, USED * stride + place + 1, lane]
        beside = covariance_of(terms, place, photons, read_variance) / scale
        work[strip, BESIDE * stride + place, lane] = beside * both

    before, last = 1.0, work[strip, DIAGONAL * stride, lane]
    work[strip, LEADING * stride, lane] = before
    work[strip, LEADING * stride + 1, lane] = last
    for size in range(2, ndifferences + 1):
        beside = work[strip, BESIDE * stride + size - 2, lane]
        diagonal = work[strip, DIAGONAL * stride + size - 1, lane]
        before, last = last, diagonal * last - beside * beside * before
        work[strip, LEADING * stride + size, lane] = last

    after, trailing = 1.0, work[strip, DIAGONAL * stride + ndifferences - 1, lane]
    work[strip, TRAILING * stride + ndifferences, lane] = after
    work[strip, TRAILING * stride + ndifferences - 1, lane] = trailing
    ones = differences = 0.0
    work[strip, TIMES_ONES * stride + ndifferences - 1, lane] = ones
    work[strip, TIMES_DIFFERENCES * stride + ndifferences - 1, lane] = differences
    for place in range(ndifferences - 2, -1, -1):
        sign = sign_of(place + 1)
        beside = work[strip, BESIDE * stride + place, lane]
        used = work[strip, USED * stride + place + 1, lane]
        difference = work[strip, DIFFERENCE * stride + place + 1, lane] * used
        ones = ones * beside + sign * beside * after
        differences = (differences + sign * difference * after) * beside
        work[strip, TIMES_ONES * stride + place, lane] = ones
        work[strip, TIMES_DIFFERENCES * stride + place, lane] = differences
        diagonal = work[strip, DIAGONAL * stride + place, lane]
        after, trailing = trailing, diagonal * trailing - beside * beside * after
        work[strip, TRAILING * stride + place, lane] = trailing
    return last


@pixel_function
def variances_of_rate(terms, photons, read_variance, of_ones, work, strip, lane):
    """The Poisson and the read variance of a rate that was solved for, (DN/s)**2."""
    ndifferences = terms.shape[1]
    plane = TIMES_ONES * (ndifferences + 1)
    poisson = poisson_beside = read = read_beside = 0.0
    before = 0.0
    for place in range(ndifferences):
        weight = work[strip, plane + place, lane] / of_ones
        poisson += weight * weight * (photons * terms[PHOTON_DIAGONAL, place])
        read += weight * weight * (read_variance * terms[READ_DIAGONAL, place])
        if place:
            poisson_beside += weight * before * (photons * terms[PHOTON_BESIDE, place - 1])
            read_beside += weight * before * (read_variance * terms[READ_BESIDE, place - 1])
        before = weight
    return poisson + 2 * poisson_beside, read + 2 * read_beside
