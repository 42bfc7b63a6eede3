"""Count rates from ramps by optimally weighted least squares (OLS).

Each ramp is cut into segments between jumps and saturation (`gpucal.kernels.ramp_fit.ols_ramps`), a straight line
is fitted to each (`gpucal.kernels.ramp_fit.ols_segments`), and the slopes are averaged over the segments of an
integration and over those of all integrations, weighted by the inverse of their read-noise variances.
The Poisson variance rests on a robust rate of the pixel (`gpucal.kernels.ramp_fit.ols_median_rate`).

Source: the ``ramp_fitting`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ramp_fitting/description.html, and the stcal
documentation, https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, as_one_row, strip_at
from gpucal.kernels.flags.dqflags import DO_NOT_USE, GOOD, JUMP_DET, NO_GAIN_VALUE, PERSISTENCE, SATURATED
from gpucal.kernels.ramp_fit.inputs import groups_of
from gpucal.kernels.ramp_fit.ols_median_rate import fill_currents
from gpucal.kernels.ramp_fit.ols_ramps import AS_FLAGGED, INVALID, next_segment, shortest_segment, survey_ramp
from gpucal.kernels.ramp_fit.ols_segments import (
    noise_in_electrons,
    poisson_variance,
    read_variance,
    segment_slope,
)
from gpucal.kernels.ramp_fit.ols_strips import (
    CURRENT,
    DIFFERENCES,
    FITTED,
    NEVER,
    NOISE,
    OTHERS,
    POISSON,
    RATE_POISSON,
    RATE_READ,
    RATE_SLOPE,
    READ,
    common_segment,
    fill_plane,
    fit_common_segment,
    mark_others,
)

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


class Results(NamedTuple):
    """Memory for rates of pixels, as kernels fill it.

    Attributes
    ----------
    planes : (nplanes, ..., ny, nx) float32 array
        SLOPE, ERR, VAR_POISSON, VAR_RNOISE, and others that a kernel has.
    dq : (..., ny, nx) uint32 array
        Flags.
    """

    planes: np.ndarray
    dq: np.ndarray

    @classmethod
    def space(cls, like, *shape, nplanes=4) -> "Results":
        """Uninitialized memory beside an array."""
        xp = array_namespace(like)
        return cls(xp.empty((nplanes, *shape), np.float32), xp.empty(shape, np.uint32))

    def rates(self) -> Rates:
        """The results by name."""
        planes = self.planes
        return Rates(planes[SLOPE], planes[ERR], self.dq, planes[VAR_POISSON], planes[VAR_RNOISE])


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
    check_fit(pixeldq=(pixeldq, ramps.data.shape[2:]))
    nints, _, ny, nx = ramps.data.shape
    rate, rateints = Results.space(ramps.data, ny, nx), Results.space(ramps.data, nints, ny, nx)
    scratch = Scratch(state=DIFFERENCES + ramps.ngroups - 1)
    in_a_row = (Results(*map(as_one_row, results)) for results in (rate, rateints))
    fit_strip((1, ny * nx), scratch, ramps.complete().in_a_row(), as_one_row(pixeldq), *in_a_row)
    return rate.rates(), rateints.rates()


@strip_kernel
def fit_strip(y, begin, end, _samples, scratch, ramps, pixeldq, rate, rateints):
    """Fit the ramps of a strip of pixels."""
    strip = strip_at(y, begin, end)
    gain, readout = ramps.gain, ramps.readout
    fill_currents(ramps, strip, scratch)
    fill_noise(ramps.read_noise, gain, readout, strip, scratch)
    start_rate(pixeldq, gain, rate.dq, strip, scratch)
    for integration in range(ramps.data.shape[0]):
        ramp = groups_of(ramps.data, integration, ramps.groups)
        ramp_dq = groups_of(ramps.groupdq, integration, ramps.groups)
        start, stop = common_segment(ramp_dq, strip)
        mark_others(ramp_dq, start, stop, ramps.rules, strip, scratch)
        flag_ramps(ramp_dq, integration, pixeldq, gain, rateints.dq, strip, scratch)
        if stop - start > 1:
            fit_common_segment(ramp, start, stop, gain, readout.group_time, strip, scratch)
            store_common_segment(integration, stop - start, gain, readout, rateints.planes, strip, scratch)
        fit_others(ramp, ramp_dq, integration, ramps, pixeldq, rateints, strip, scratch)
        gather_flags(rateints.dq, integration, rate.dq, strip, scratch)
    store_rate(pixeldq, gain, rate.planes, rate.dq, strip, scratch)


@pixel_function
def fill_noise(read_noise, gain, readout, strip, scratch):
    """Write the read noise, electrons, to the plane NOISE."""
    for lane in range(strip.count):
        x = strip.first + lane
        given, e_per_dn = np.float64(read_noise[strip.y, x]), np.float64(gain[strip.y, x])
        scratch[NOISE, lane] = noise_in_electrons(given, e_per_dn, readout.nframes)


@pixel_function
def flags_before_fit(pixeldq, gain):
    """The flags of a pixel, with those of a missing gain."""
    return pixeldq if gain > 0 else pixeldq | (DO_NOT_USE | NO_GAIN_VALUE)


@pixel_function
def start_rate(pixeldq, gain, rate_dq, strip, scratch):
    """Clear the sums over the integrations, and write the flags of the pixels before the fit."""
    fill_plane(scratch, RATE_SLOPE, 0.0, strip)
    fill_plane(scratch, RATE_READ, 0.0, strip)
    fill_plane(scratch, RATE_POISSON, 0.0, strip)
    fill_plane(scratch, NEVER, 1.0, strip)
    for lane in range(strip.count):
        x = strip.first + lane
        rate_dq[strip.y, x] = flags_before_fit(pixeldq[strip.y, x], gain[strip.y, x])


@pixel_function
def flag_ramps(groupdq, integration, pixeldq, gain, rateints_dq, strip, scratch):
    """Write the flags of the ramps of one integration, and mark those of pixels that are not to be fitted."""
    for lane in range(strip.count):
        x = strip.first + lane
        flags = flags_before_fit(pixeldq[strip.y, x], gain[strip.y, x])
        rateints_dq[integration, strip.y, x] = flags
        scratch[OTHERS, lane] += flags & INVALID != GOOD
    for group in range(groupdq.shape[0]):
        for lane in range(strip.count):
            x = strip.first + lane
            rateints_dq[integration, strip.y, x] |= groupdq[group, strip.y, x] & CARRIED


@pixel_function
def store_common_segment(integration, length, gain, readout, rateints, strip, scratch):
    """Store the fits of a segment that pixels have in common, and add them to the sums over the integrations.

    What is stored of the ramps that are marked in the plane OTHERS has no meaning.
    """
    fill_variances(length, gain, readout, strip, scratch)
    for lane in range(strip.count):
        weighted = scratch[FITTED, lane] / scratch[READ, lane]
        variance = capped_inverse(1.0 / scratch[READ, lane])
        rateints[SLOPE, integration, strip.y, strip.first + lane] = weighted * variance
        scratch[RATE_SLOPE, lane] += weighted if scratch[OTHERS, lane] == 0 else 0.0
    for lane in range(strip.count):
        variance = capped_inverse(1.0 / (scratch[READ, lane] + scratch[POISSON, lane]))
        error = math.sqrt(variance if scratch[OTHERS, lane] == 0 else 0.0)
        rateints[ERR, integration, strip.y, strip.first + lane] = error
    for lane in range(strip.count):
        weight = 1.0 / scratch[READ, lane]
        rateints[VAR_RNOISE, integration, strip.y, strip.first + lane] = capped_inverse(weight)
        scratch[RATE_READ, lane] += weight if scratch[OTHERS, lane] == 0 else 0.0
    for lane in range(strip.count):
        poisson = scratch[POISSON, lane]
        weight = 1.0 / poisson if poisson > 0 else 0.0
        rateints[VAR_POISSON, integration, strip.y, strip.first + lane] = capped_inverse(weight)
        scratch[RATE_POISSON, lane] += weight if scratch[OTHERS, lane] == 0 else 0.0


@pixel_function
def fill_variances(length, gain, readout, strip, scratch):
    """Write the variances of the slope of a segment, (DN/s)**2, to the planes READ and POISSON."""
    for lane in range(strip.count):
        e_per_dn = np.float64(gain[strip.y, strip.first + lane])
        scratch[READ, lane] = read_variance(length, scratch[NOISE, lane], e_per_dn, AS_FLAGGED, readout)
    for lane in range(strip.count):
        e_per_dn = np.float64(gain[strip.y, strip.first + lane])
        scratch[POISSON, lane] = poisson_variance(
            length, scratch[CURRENT, lane], e_per_dn, AS_FLAGGED, readout
        )


@pixel_function
def fit_others(data, groupdq, integration, ramps, pixeldq, rateints, strip, scratch):
    """Fit the ramps that are marked in the plane OTHERS one by one."""
    zeroframe, planes = ramps.zeroframe[integration], rateints.planes
    for lane in range(strip.count):
        if scratch[OTHERS, lane] == 0:
            continue
        y, x = strip.y, strip.first + lane
        e_per_dn = np.float64(ramps.gain[y, x])
        input_dq = flags_before_fit(pixeldq[y, x], e_per_dn)
        reading, flags, spoiled = survey_ramp(groupdq, zeroframe, y, x, ramps.rules)
        spoiled |= input_dq & INVALID
        slope, read, poisson, total = 0.0, 0.0, 0.0, 0.0
        if not spoiled:
            slope, read, poisson, total = fit_integration(
                data, groupdq, zeroframe, y, x, scratch[NOISE, lane], e_per_dn,
                scratch[CURRENT, lane], reading, ramps.readout,
            )  # fmt: skip
        variance = capped_inverse(read)
        planes[SLOPE, integration, y, x] = np.nan if spoiled else slope * variance
        planes[ERR, integration, y, x] = math.sqrt(capped_inverse(total))
        planes[VAR_POISSON, integration, y, x] = capped_inverse(poisson)
        planes[VAR_RNOISE, integration, y, x] = variance
        rateints.dq[integration, y, x] = input_dq | spoiled | (flags & CARRIED)
        scratch[RATE_SLOPE, lane] += slope
        scratch[RATE_READ, lane] += read
        scratch[RATE_POISSON, lane] += poisson


@pixel_function
def fit_integration(data, groupdq, zeroframe, y, x, noise, gain, current, reading, readout):
    """Fit the segments of one ramp.

    Returns
    -------
    tuple of float
        Sums over the segments: the slope over its read variance, and the inverses of the read, Poisson
        and total variances.
    """
    weighted_slope = inverse_read = inverse_poisson = inverse_total = 0.0
    shortest = shortest_segment(groupdq, y, x, reading)
    stop = 0
    while stop < groupdq.shape[0]:
        start, stop = next_segment(groupdq, y, x, stop, shortest, reading)
        if start == stop:
            break
        slope = segment_slope(data, zeroframe, start, stop, y, x, noise, gain, reading, readout)
        read = read_variance(stop - start, noise, gain, reading, readout)
        poisson = poisson_variance(stop - start, current, gain, reading, readout)
        weighted_slope += slope / read
        inverse_read += 1.0 / read
        inverse_total += 1.0 / (read + poisson)
        if poisson > 0:
            inverse_poisson += 1.0 / poisson
    return weighted_slope, inverse_read, inverse_poisson, inverse_total


@pixel_function
def gather_flags(rateints_dq, integration, rate_dq, strip, scratch):
    """Add the flags of one integration to those of the exposure; the plane NEVER tells that none was of use."""
    for lane in range(strip.count):
        rate_dq[strip.y, strip.first + lane] |= rateints_dq[integration, strip.y, strip.first + lane]
    for lane in range(strip.count):
        is_useless = rateints_dq[integration, strip.y, strip.first + lane] & DO_NOT_USE != GOOD
        scratch[NEVER, lane] = scratch[NEVER, lane] if is_useless else 0.0


@pixel_function
def store_rate(pixeldq, gain, rate, rate_dq, strip, scratch):
    """Store the mean over the integrations. DO_NOT_USE stands where it is in all of them."""
    for lane in range(strip.count):
        y, x = strip.y, strip.first + lane
        never = scratch[NEVER, lane] > 0
        spoiled = never or flags_before_fit(pixeldq[y, x], gain[y, x]) & INVALID != GOOD
        variance = capped_inverse(scratch[RATE_READ, lane])
        poisson = capped_inverse(scratch[RATE_POISSON, lane])
        rate[SLOPE, y, x] = np.nan if spoiled else scratch[RATE_SLOPE, lane] * variance
        rate[ERR, y, x] = math.sqrt(poisson + variance)
        rate[VAR_POISSON, y, x] = poisson
        rate[VAR_RNOISE, y, x] = variance
        if not never:
            rate_dq[y, x] = (rate_dq[y, x] | DO_NOT_USE) ^ DO_NOT_USE


@pixel_function
def capped_inverse(weight):
    """The variance of a summed weight; zero where it is too large to have been measured."""
    if weight == 0:
        return 0.0
    variance = 1.0 / weight
    return 0.0 if variance >= LARGE_VARIANCE else variance
