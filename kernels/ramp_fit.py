"""Count rates from ramps by optimally weighted least squares (OLS).

Each ramp is cut into segments between jumps and saturation (`gpucal.kernels.ols_ramps`), a straight line
is fitted to each (`gpucal.kernels.ols_segments`), and the slopes are averaged over the segments of an
integration and over those of all integrations, weighted by the inverse of their read-noise variances.
The Poisson variance rests on a robust rate of the pixel (`gpucal.kernels.ols_median_rate`).

Source: the ``ramp_fitting`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ramp_fitting/description.html, and the stcal
documentation, https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.dqflags import DO_NOT_USE, GOOD, JUMP_DET, NO_GAIN_VALUE, PERSISTENCE, SATURATED
from gpucal.kernels.ols_median_rate import median_rate
from gpucal.kernels.ols_ramps import INVALID, next_segment, shortest_segment, survey_ramp
from gpucal.kernels.ols_segments import noise_in_electrons, poisson_variance, read_variance, segment_slope

# Variances from here on mean "not measured", and are set to zero.
LARGE_VARIANCE = 1.0e6

# The flags of groups that stand in the products.
CARRIED = JUMP_DET | PERSISTENCE | SATURATED

# The planes of the results.
SLOPE, ERR, VAR_POISSON, VAR_RNOISE = range(4)


class Rates(NamedTuple):
    """Count rates of pixels, (ny, nx) or (nints, ny, nx).

    Attributes
    ----------
    slope, err : float32 array
        Rate and its standard error, DN/s.
    dq : uint32 array
        Flags.
    var_poisson, var_rnoise : float32 array
        The parts of the variance, (DN/s)**2.
    """

    slope: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray


def fit_ramps(ramps, pixeldq):
    """Fit all ramps of an exposure.

    Parameters
    ----------
    ramps : Ramps
        The ramps.
    pixeldq : (ny, nx) uint32 array
        Pixel flags.

    Returns
    -------
    rate, rateints : Rates
        For the exposure, and for each integration. The rate is NaN and the variances are zero where no
        group can be used. Pixels without a gain are flagged NO_GAIN_VALUE and DO_NOT_USE.
    """
    xp = array_namespace(ramps.data)
    nints, _, ny, nx = ramps.data.shape
    rate = xp.empty((4, ny, nx), np.float32)
    rate_dq = xp.empty((ny, nx), np.uint32)
    rateints = xp.empty((4, nints, ny, nx), np.float32)
    rateints_dq = xp.empty((nints, ny, nx), np.uint32)
    fit_pixel((ny, nx), *ramps.complete(), pixeldq, rate, rate_dq, rateints, rateints_dq)
    return as_rates(rate, rate_dq), as_rates(rateints, rateints_dq)


def as_rates(planes, dq):
    """The planes of a result, by name."""
    return Rates(planes[SLOPE], planes[ERR], dq, planes[VAR_POISSON], planes[VAR_RNOISE])


@pixel_kernel
def fit_pixel(
    y, x, data, groupdq, gain, read_noise, readout, dark_current, zeroframe, rules, pixeldq,
    rate, rate_dq, rateints, rateints_dq,
):  # fmt: skip
    """Fit the ramps of one pixel."""
    e_per_dn = np.float64(gain[y, x])
    noise = noise_in_electrons(np.float64(read_noise[y, x]), e_per_dn, readout.nframes)
    current = total_current(data, groupdq, zeroframe, dark_current, y, x, readout, rules)
    input_dq = flags_before_fit(pixeldq[y, x], e_per_dn)
    rate_slope = rate_read = rate_poisson = 0.0
    seen = GOOD
    always_spoiled = INVALID
    for integration in range(data.shape[0]):
        reading, flags, spoiled = survey_ramp(groupdq, zeroframe, integration, y, x, rules)
        spoiled |= input_dq & INVALID
        slope, read, poisson, total = 0.0, 0.0, 0.0, 0.0
        if not spoiled:
            slope, read, poisson, total = fit_integration(
                data, groupdq, zeroframe, integration, y, x, noise, e_per_dn, current, reading, readout
            )
        variance = capped_inverse(read)
        rateints[SLOPE, integration, y, x] = np.nan if spoiled else slope * variance
        rateints[ERR, integration, y, x] = math.sqrt(capped_inverse(total))
        rateints[VAR_POISSON, integration, y, x] = capped_inverse(poisson)
        rateints[VAR_RNOISE, integration, y, x] = variance
        rateints_dq[integration, y, x] = input_dq | spoiled | (flags & CARRIED)
        rate_slope += slope
        rate_read += read
        rate_poisson += poisson
        seen |= flags
        always_spoiled &= spoiled
    variance = capped_inverse(rate_read)
    poisson_part = capped_inverse(rate_poisson)
    rate[SLOPE, y, x] = np.nan if always_spoiled else rate_slope * variance
    rate[ERR, y, x] = math.sqrt(poisson_part + variance)
    rate[VAR_POISSON, y, x] = poisson_part
    rate[VAR_RNOISE, y, x] = variance
    rate_dq[y, x] = input_dq | always_spoiled | (seen & CARRIED)


@pixel_function
def flags_before_fit(pixeldq, gain):
    """The flags of a pixel, with those of a missing gain."""
    return pixeldq if gain > 0 else pixeldq | (DO_NOT_USE | NO_GAIN_VALUE)


@pixel_function(inline=True)
def total_current(data, groupdq, zeroframe, dark_current, y, x, readout, rules):
    """The rate that makes Poisson noise, DN/s: that of the pixel, where positive, and the dark current."""
    source = median_rate(data, groupdq, zeroframe, y, x, readout, rules)
    dark = np.float64(dark_current[y, x])
    return source + dark if source > 0 else dark


@pixel_function(inline=True)
def fit_integration(data, groupdq, zeroframe, integration, y, x, noise, gain, current, reading, readout):
    """Fit the segments of one ramp.

    Returns
    -------
    tuple of float
        Sums over the segments: the slope over its read variance, and the inverses of the read, Poisson
        and total variances.
    """
    weighted_slope = inverse_read = inverse_poisson = inverse_total = 0.0
    shortest = shortest_segment(groupdq, integration, y, x, reading)
    stop = 0
    while stop < groupdq.shape[1]:
        start, stop = next_segment(groupdq, integration, y, x, stop, shortest, reading)
        if start == stop:
            break
        slope = segment_slope(data, zeroframe, integration, start, stop, y, x, noise, gain, reading, readout)
        read = read_variance(stop - start, noise, gain, reading, readout)
        poisson = poisson_variance(stop - start, current, gain, reading, readout)
        weighted_slope += slope / read
        inverse_read += 1.0 / read
        inverse_total += 1.0 / (read + poisson)
        if poisson > 0:
            inverse_poisson += 1.0 / poisson
    return weighted_slope, inverse_read, inverse_poisson, inverse_total


@pixel_function
def capped_inverse(weight):
    """The variance of a summed weight; zero where it is too large to have been measured."""
    if weight == 0:
        return 0.0
    variance = 1.0 / weight
    return 0.0 if variance >= LARGE_VARIANCE else variance
