"""The mean rate over integrations, weighted by variances that do not depend on the noise of each rate.

The Poisson variance of an integration follows its own rate, so that low rates would count too much. It is
scaled to the mean rate of all, which is found again with these weights.

Source: the stcal documentation,
https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html, and jwst 3.0.0.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel, row_tiles
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE, GOOD
from gpucal.kernels.ramp_fit.ols import ERR, SLOPE, VAR_POISSON, VAR_RNOISE
from gpucal.kernels.statistics.pixel_samples import (
    LANES,
    known_median,
    sample_bytes_per_row,
    sample_space,
    sample_strip,
)

ROUNDS = 2


def mean_over_integrations(rateints, rateints_dq):
    """Average the rates of all integrations.

    Parameters
    ----------
    rateints : (nplanes, nints, ny, nx) float32 array
        SLOPE, ERR, VAR_POISSON, VAR_RNOISE of each integration, and further planes that are to be summed.
    rateints_dq : (nints, ny, nx) uint32 array
        Their flags.

    Returns
    -------
    rate : (nplanes, ny, nx) float32 array
        Of the exposure. NaN where all integrations are. That of a single integration is as it was.
    dq : (ny, nx) uint32 array
        Flags of any integration, but DO_NOT_USE only if it is in all.

    Notes
    -----
    The arithmetic is float32, and the sums run over the integrations in order, as in the pipeline.
    """
    read = VAR_RNOISE + 1
    check_fit(rateints=(rateints[:read], (read, "nints", "ny", "nx")), rateints_dq=(rateints_dq, "nints ny nx"))
    if rateints.shape[1] == 1:
        return rateints[:, 0].copy(), rateints_dq[0].copy()
    xp = array_namespace(rateints)
    nplanes, nints, ny, nx = rateints.shape
    rate = xp.empty((nplanes, ny, nx), np.float32)
    dq = xp.empty((ny, nx), np.uint32)
    tiles = list(row_tiles(ny, 2 * sample_bytes_per_row(nx, nints)))
    samples, weights = (sample_space(rateints, tiles[0].stop, nx, nints) for _ in range(2))
    for rows in tiles:
        grid = rows.stop - rows.start, nx
        average_pixel(grid, rows.start, rateints, rateints_dq, samples, weights, rate, dq)
    return rate, dq


@pixel_kernel
def average_pixel(row, x, first_row, rateints, rateints_dq, samples, weights, rate, dq):
    """Average the rates of one pixel."""
    y = first_row + row
    strip, lane = sample_strip(row, x, dq.shape[1]), x % LANES
    nints = rateints_dq.shape[0]
    for integration in range(nints):
        samples[strip, integration, lane] = rateints[SLOPE, integration, y, x]
    slope = np.float32(known_median(samples, strip, lane))
    for _ in range(ROUNDS):
        typical = slope
        fill_weights(rateints, typical, y, x, weights, strip, lane)
        slope = weighted_sum(rateints, SLOPE, 1, typical, y, x, weights, strip, lane)
    poisson = weighted_sum(rateints, VAR_POISSON, 2, typical, y, x, weights, strip, lane)
    read = weighted_sum(rateints, VAR_RNOISE, 2, typical, y, x, weights, strip, lane)
    rate[SLOPE, y, x] = slope
    rate[VAR_POISSON, y, x] = poisson
    rate[VAR_RNOISE, y, x] = read
    rate[ERR, y, x] = math.sqrt(poisson + read)
    for plane in range(VAR_RNOISE + 1, rate.shape[0]):
        total = np.float32(0)
        for integration in range(nints):
            total += rateints[plane, integration, y, x]
        rate[plane, y, x] = total
    seen, always = GOOD, DO_NOT_USE
    for integration in range(nints):
        seen |= rateints_dq[integration, y, x]
        always &= rateints_dq[integration, y, x]
    dq[y, x] = seen if always else (seen | DO_NOT_USE) ^ DO_NOT_USE


@pixel_function
def fill_weights(rateints, typical, y, x, weights, strip, lane):
    """Fill in the weights of the integrations: the inverses of their variances, with a sum of one."""
    total = np.float32(0)
    for integration in range(rateints.shape[1]):
        variance = (
            scaled_poisson(rateints, typical, integration, y, x) + rateints[VAR_RNOISE, integration, y, x]
        )
        weight = np.float32(1) / variance
        weights[strip, integration, lane] = weight
        if not math.isnan(weight):
            total += weight
    for integration in range(rateints.shape[1]):
        weights[strip, integration, lane] /= total


@pixel_function
def scaled_poisson(rateints, typical, integration, y, x):
    """Poisson variance of an integration at the typical rate; zero where the ratio of rates is no use."""
    ratio = typical / rateints[SLOPE, integration, y, x]
    if not math.isfinite(ratio) or ratio < 0:
        ratio = np.float32(0)
    return rateints[VAR_POISSON, integration, y, x] * ratio


@pixel_function
def weighted_sum(rateints, plane, power, typical, y, x, weights, strip, lane):
    """Sum of a plane times a power of the weights, NaN left out; NaN if there is nothing else."""
    total, count = np.float32(0), 0
    for integration in range(rateints.shape[1]):
        value = rateints[plane, integration, y, x]
        if plane == VAR_POISSON:
            value = scaled_poisson(rateints, typical, integration, y, x)
        weight = weights[strip, integration, lane]
        value = value * (weight * weight if power == 2 else weight)
        if not math.isnan(value):
            total += value
            count += 1
    return total if count else np.float32(math.nan)
