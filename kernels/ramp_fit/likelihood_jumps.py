"""Jumps in a ramp: differences without which its line fits much better.

For each difference, and each pair of neighbours, the fit without them follows from the fit with all: to omit a
difference is to fit one more unknown, the height of a jump there. Pairs matter where groups average several reads,
since a jump within such a group spoils the differences on both sides of it. The worst are omitted first, and the rest
is fitted again.

Source: Brandt (2024), PASP 136, 045005, sections 3.1 and 3.2.
"""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.ramp_fit.likelihood_line import (
    BESIDE,
    LEADING,
    TIMES_DIFFERENCES,
    TIMES_ONES,
    TRAILING,
    USED,
    WITHOUT_ONE,
    WITHOUT_TWO,
    solve_line,
)

# By how much chi squared must fall for one difference, or two neighbours, to be left out: 4.5 sigma.
ONE_THRESHOLD = 20.25
TWO_THRESHOLD = 23.8

# Nothing is left out of ramps that are left with no more differences than this by earlier rounds.
FEWEST_DIFFERENCES = 3

# An omission lowers chi squared by no more than its value: ramps with a chi squared below this need no search. This
# holds only for positive variances; those of a pixel with a negative gain are not.
LEAST_CHI_SQUARED = 20.0


@pixel_function
def drop_jumps(terms, averaged, photons, read_variance, work, strip, lane):
    """Mark the differences with jumps as not used, and return the rate without them.

    Parameters
    ----------
    terms, averaged
        Of `gpucal.kernels.ramp_fit.likelihood_noise.Sampling`.
    photons : float
        Rate over gain: the Poisson variance in a second, DN**2/s.
    read_variance : float
        Of one read, DN**2.
    work, strip, lane
        The pixel's scratch memory.

    Returns
    -------
    rate : float64
        DN/s, NaN if no difference is used. In agreement with the pipeline, the sum of the rates if several
        omissions are equally good.
    found : bool
        Whether any difference was marked.
    """
    ndifferences = terms.shape[1]
    rate, found = np.nan, False
    for turn in range(ndifferences):
        of_differences, of_both, of_ones, scale = solve_line(terms, photons, read_variance, work, strip, lane)
        if turn == 0:
            rate = of_both * (1 / of_ones)
        chi_squared = (of_differences - of_both * of_both / of_ones) / scale
        if math.isnan(chi_squared) or (photons >= 0 and chi_squared <= LEAST_CHI_SQUARED):
            break
        fit = of_differences, of_both, of_ones, scale
        best_one = improve_without_one(fit, chi_squared, work, strip, lane, ndifferences)
        best_two = improve_without_two(fit, chi_squared, averaged, work, strip, lane, ndifferences)
        if math.isnan(best_one) or math.isnan(best_two):
            break
        one_is_better = best_one - ONE_THRESHOLD > best_two - TWO_THRESHOLD
        if not (best_one > ONE_THRESHOLD if one_is_better else best_two > TWO_THRESHOLD):
            break
        if one_is_better:
            rate = drop_one(fit, best_one, work, strip, lane, ndifferences)
        else:
            rate = drop_two(fit, best_two, work, strip, lane, ndifferences)
        found = True
        if count_used(work, strip, lane, ndifferences) <= FEWEST_DIFFERENCES:
            break
    return rate, found


@pixel_function
def count_used(work, strip, lane, ndifferences):
    """How many differences are used."""
    count = 0
    for place in range(ndifferences):
        if work[strip, USED * (ndifferences + 1) + place, lane]:
            count += 1
    return count


@pixel_function
def improve_without_one(fit, chi_squared, work, strip, lane, ndifferences):
    """Fill the plane of what chi squared falls by without each difference; return the most, or NaN."""
    stride = ndifferences + 1
    most = -math.inf
    for place in range(ndifferences):
        gained = 0.0
        if work[strip, USED * stride + place, lane]:
            gained = chi_squared - without_one(fit, place, work, strip, lane, ndifferences)[1]
        work[strip, WITHOUT_ONE * stride + place, lane] = gained
        most = larger(most, gained)
    return most


@pixel_function
def improve_without_two(fit, chi_squared, averaged, work, strip, lane, ndifferences):
    """Fill the plane of what chi squared falls by without each difference and the next; return the most, or NaN.

    Only pairs with an averaged group between them count. If one of a pair is not used, it is the other that
    is left out.
    """
    stride = ndifferences + 1
    most = -math.inf
    for place in range(ndifferences - 1):
        if not work[strip, USED * stride + place, lane]:
            gained = work[strip, WITHOUT_ONE * stride + place + 1, lane]
        elif not work[strip, USED * stride + place + 1, lane]:
            gained = work[strip, WITHOUT_ONE * stride + place, lane]
        else:
            gained = chi_squared - without_two(fit, place, work, strip, lane, ndifferences)[1]
        work[strip, WITHOUT_TWO * stride + place, lane] = gained
        most = larger(most, gained if averaged[place] else gained * 0.0)
    return most


@pixel_function
def larger(most, value):
    """The larger of two values; NaN if either is."""
    return value if value > most or math.isnan(value) else most


@pixel_function
def drop_one(fit, best, work, strip, lane, ndifferences):
    """Mark the differences whose omission is best; return the rate without them."""
    stride = ndifferences + 1
    rate = 0.0
    for place in range(ndifferences):
        if work[strip, WITHOUT_ONE * stride + place, lane] == best:
            rate += without_one(fit, place, work, strip, lane, ndifferences)[0]
    for place in range(ndifferences):
        if work[strip, WITHOUT_ONE * stride + place, lane] == best:
            work[strip, USED * stride + place, lane] = 0.0
    return rate


@pixel_function
def drop_two(fit, best, work, strip, lane, ndifferences):
    """Mark the pairs whose omission is best; return the rate without them."""
    stride = ndifferences + 1
    rate = 0.0
    for place in range(ndifferences - 1):
        if work[strip, WITHOUT_TWO * stride + place, lane] != best:
            continue
        if not work[strip, USED * stride + place, lane]:
            rate += without_one(fit, place + 1, work, strip, lane, ndifferences)[0]
        elif not work[strip, USED * stride + place + 1, lane]:
            rate += without_one(fit, place, work, strip, lane, ndifferences)[0]
        else:
            rate += without_two(fit, place, work, strip, lane, ndifferences)[0]
    for place in range(ndifferences - 1):
        if work[strip, WITHOUT_TWO * stride + place, lane] == best:
            work[strip, USED * stride + place, lane] = 0.0
            work[strip, USED * stride + place + 1, lane] = 0.0
    return rate


@pixel_function
def without_one(fit, place, work, strip, lane, ndifferences):
    """Rate and chi squared without one difference: with a free height of its jump."""
    of_differences, of_both, of_ones, scale = fit
    stride = ndifferences + 1
    ones = work[strip, TIMES_ONES * stride + place, lane]
    differences = work[strip, TIMES_DIFFERENCES * stride + place, lane]
    inverse = inverse_diagonal(place, work, strip, lane, ndifferences)
    rate = (inverse * of_both - differences * ones) / (of_ones * inverse - ones * ones)
    height = (differences - rate * ones) / inverse
    chi_squared = (
        of_differences
        + rate * rate * of_ones
        - 2 * rate * of_both
        + height * height * inverse
        - 2 * height * differences
        + 2 * rate * height * ones
    )
    return rate, chi_squared / scale


@pixel_function
def without_two(fit, place, work, strip, lane, ndifferences):
    """Rate and chi squared without a difference and the next: with free heights of two jumps."""
    of_differences, of_both, of_ones, scale = fit
    stride = ndifferences + 1
    ones = work[strip, TIMES_ONES * stride + place, lane]
    next_ones = work[strip, TIMES_ONES * stride + place + 1, lane]
    differences = work[strip, TIMES_DIFFERENCES * stride + place, lane]
    next_differences = work[strip, TIMES_DIFFERENCES * stride + place + 1, lane]
    inverse = inverse_diagonal(place, work, strip, lane, ndifferences)
    next_inverse = inverse_diagonal(place + 1, work, strip, lane, ndifferences)
    beside = inverse_beside(place, work, strip, lane, ndifferences)

    own = ones * ones - of_ones * inverse
    shared = ones * next_ones - of_ones * beside
    excess = of_both * ones - differences * of_ones
    next_height = excess / own - (of_both * next_ones - next_differences * of_ones) / shared
    next_height /= shared / own - (next_ones * next_ones - of_ones * next_inverse) / shared
    height = (excess - next_height * shared) / own
    rate = (of_both - height * ones - next_height * next_ones) / of_ones

    chi_squared = of_differences + rate * rate * of_ones
    chi_squared = chi_squared + height * height * inverse + next_height * next_height * next_inverse
    chi_squared -= 2 * rate * of_both + 2 * height * differences + 2 * next_height * next_differences
    chi_squared += (
        2 * rate * height * ones + 2 * rate * next_height * next_ones + 2 * height * next_height * beside
    )
    return rate, chi_squared / scale


@pixel_function
def inverse_diagonal(place, work, strip, lane, ndifferences):
    """Element of the inverse covariance on its diagonal, for a difference that is used; else zero."""
    stride = ndifferences + 1
    parts = work[strip, LEADING * stride + place, lane] * work[strip, TRAILING * stride + place + 1, lane]
    return (
        parts / work[strip, LEADING * stride + ndifferences, lane] * work[strip, USED * stride + place, lane]
    )


@pixel_function
def inverse_beside(place, work, strip, lane, ndifferences):
    """Element of the inverse covariance for a difference and the next one."""
    stride = ndifferences + 1
    parts = -work[strip, BESIDE * stride + place, lane] * work[strip, LEADING * stride + place, lane]
    parts *= work[strip, TRAILING * stride + place + 2, lane]
    return parts / work[strip, LEADING * stride + ndifferences, lane]
