"""Means of stacked images without the outliers of each pixel.

Source: sigma clipping as `astropy.stats.sigma_clip` does it along the first axis,
https://docs.astropy.org/en/stable/api/astropy.stats.sigma_clip.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.statistics.clip_bounds import (
    COUNT,
    LOWER,
    STATE_ROWS,
    UPPER,
    find_bounds,
    place_of,
)
from gpucal.kernels.statistics.sorted_samples import LARGEST, sort_samples


class ClippedMean(NamedTuple):
    """The mean of what is kept of a stack, and within which bounds that is.

    Attributes
    ----------
    mean : (ny, nx) float32 array
        Zero where no value is finite.
    lower, upper : (ny, nx) float64 array
        Values from one to the other are kept.
    """

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def clipped_mean(stack, sigma, rounds=None) -> ClippedMean:
    """The mean of each pixel over a stack of images, without outliers.

    Values further than so many standard deviations from the median are left out, until none is.

    Parameters
    ----------
    stack : (n, ny, nx) float32 array
        Images; NaN and infinities are left out.
    sigma : float
        Standard deviations within which values are kept.
    rounds : int, optional
        How often values are left out at most; None or zero for no limit.

    Returns
    -------
    ClippedMean
        As of astropy.

    Raises
    ------
    ValueError
        If the stack is no stack of images.
    """
    check_fit(stack=(stack, "n ny nx"))
    xp = array_namespace(stack)
    shape = stack.shape[1:]
    clipped = ClippedMean(xp.empty(shape, np.float32), xp.empty(shape, np.float64), xp.empty(shape, np.float64))
    scratch = Scratch(len(stack), STATE_ROWS)
    # No round leaves out fewer than one value, but the last.
    most = rounds or len(stack) + 1
    values = in_a_row(stack)
    flat = ClippedMean(*map(in_a_row, clipped))
    clip_strip((1, values.shape[-1]), scratch, values, float(sigma), most, flat)
    return clipped


@strip_kernel
def clip_strip(_, begin, end, samples, state, stack, sigma, rounds, clipped):
    """Clip the values of a strip of pixels."""
    mean, lower, upper = clipped
    nvalues, width = stack.shape[0], end - begin
    for place in range(nvalues):
        values, sample = stack[place, begin:end], samples[place]
        for lane in range(width):
            sample[lane] = values[lane] if abs(values[lane]) <= LARGEST else np.float32(np.nan)
    sort_samples(samples, nvalues, width, state[COUNT])
    find_bounds(samples, nvalues, width, state, sigma, rounds)
    for lane in range(width):
        # A value that an early round left out may be within the last bounds.
        first = place_of(samples, lane, 0, int(state[COUNT, lane]), state[LOWER, lane], False)
        last = place_of(samples, lane, 0, int(state[COUNT, lane]), state[UPPER, lane], True)
        total = 0.0
        for place in range(first, last):
            total += np.float64(samples[place, lane])
        mean[begin + lane] = total / max(last - first, 1)
        lower[begin + lane], upper[begin + lane] = state[LOWER, lane], state[UPPER, lane]


def error_of_mean(stack, variances, clipped):
    """The error of a clipped mean from the variances of the values that it is of.

    Parameters
    ----------
    stack, variances : (n, ny, nx) float32 array
        Images, and the variance of each value.
    clipped : ClippedMean
        The mean of the stack.

    Returns
    -------
    (ny, nx) float32 array
        Root of the sum of the variances of what was kept, over their number; zero where nothing was.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(
        stack=(stack, "n ny nx"),
        variances=(variances, "n ny nx"),
        mean=(clipped.mean, "ny nx"),
        lower=(clipped.lower, "ny nx"),
        upper=(clipped.upper, "ny nx"),
    )
    xp = array_namespace(stack)
    kept = (stack >= clipped.lower) & (stack <= clipped.upper)
    total = xp.where(kept, variances, np.float32(0)).sum(axis=0, dtype=np.float64)
    return (xp.sqrt(total) / xp.maximum(kept.sum(axis=0), 1)).astype(np.float32)
