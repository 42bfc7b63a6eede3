"""Count rates from ramps by maximum likelihood, with jumps found on the way.

The differences between the groups of a ramp are fitted with their full covariance
(`gpucal.kernels.ramp_fit.likelihood_line`), a first time for a rate and jumps
(`gpucal.kernels.ramp_fit.likelihood_jumps`) with Poisson noise after the median difference, and again with that of the
first rate.

Source: Brandt (2024), PASP 136, 045004 and 045005; and the stcal documentation,
https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel, row_tiles
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE, GOOD, JUMP_DET, SATURATED
from gpucal.kernels.ramp_fit.likelihood_jumps import drop_jumps
from gpucal.kernels.ramp_fit.likelihood_line import (
    DIFFERENCE,
    USED,
    solve_line,
    variances_of_rate,
    work_bytes_per_row,
    work_space,
)
from gpucal.kernels.ramp_fit.likelihood_mean import mean_over_integrations
from gpucal.kernels.ramp_fit.likelihood_noise import INTERVAL, sampling_of
from gpucal.kernels.ramp_fit.ols import ERR, SLOPE, VAR_POISSON, VAR_RNOISE, Rates, Results
from gpucal.kernels.statistics.pixel_samples import LANES, sample_median, sample_strip

# The plane of the results after those of least squares.
CHI_SQUARED = 4


class LikelihoodRates(NamedTuple):
    """Count rates, and how well they fit.

    Attributes
    ----------
    rate, rateints : Rates
        For the exposure, and for each integration.
    chi_squared : (ny, nx) float32 array
        Of all integrations together.
    """

    rate: Rates
    rateints: Rates
    chi_squared: np.ndarray


def fit_ramps_by_likelihood(ramps, pixeldq, read_times):
    """Fit all ramps of an exposure.

    Differences with a group that carries any flag are not used.

    Parameters
    ----------
    ramps : Ramps
        The ramps, all groups of which are fitted; their rules have no effect. Zero frames split the first group
        in two, if that is a mean of several reads.
    pixeldq : (ny, nx) uint32 array
        Pixel flags.
    read_times : sequence of sequence of float
        Seconds at which the reads of each group were taken.

    Returns
    -------
    LikelihoodRates
        NaN where no difference can be used. Pixels of which a group, the gain or the read noise is NaN are
        NaN as well, and have no flag for that.
    """
    check_fit(ramp=(ramps.data, ("nints", len(read_times), "ny", "nx")), pixeldq=(pixeldq, "ny nx"))
    splits_first = ramps.zeroframe is not None and np.size(read_times[0]) > 1
    if splits_first:
        read_times = [read_times[0][:1], read_times[0][1:], *read_times[1:]]
    sampling = sampling_of(read_times)
    nints, _, ny, nx = ramps.data.shape
    ndifferences = sampling.terms.shape[1]
    rateints = Results.space(ramps.data, nints, ny, nx, nplanes=CHI_SQUARED + 1)
    ramps = ramps.complete()
    tiles = list(row_tiles(nints * ny, work_bytes_per_row(nx, ndifferences)))
    work = work_space(ramps.data, tiles[0].stop, nx, ndifferences)
    for rows in tiles:
        grid = rows.stop - rows.start, nx
        fit_pixel(grid, rows.start, ramps, pixeldq, splits_first, sampling, work, rateints)
    rate = Results(*mean_over_integrations(*rateints))
    return LikelihoodRates(rate.rates(), rateints.rates(), rate.planes[CHI_SQUARED])


@pixel_kernel
def fit_pixel(row, x, first_row, ramps, pixeldq, splits_first, sampling, work, rateints):
    """Fit the ramp of one pixel in one integration; the rows of all integrations follow each other."""
    terms, planes = sampling.terms, rateints.planes
    ny, nx = pixeldq.shape
    integration, y = (first_row + row) // ny, (first_row + row) % ny
    strip, lane = sample_strip(row, x, nx), x % LANES
    e_per_dn = np.float64(ramps.gain[y, x])
    noise = np.float64(ramps.read_noise[y, x]) / math.sqrt(2.0)
    read_variance = noise * noise
    fill_differences(ramps, splits_first, integration, y, x, terms, work, strip, lane)
    guess = positive(median_of_differences(work, strip, lane, terms.shape[1]))
    rate, found = drop_jumps(terms, sampling.averaged, guess / e_per_dn, read_variance, work, strip, lane)
    photons = (positive(rate) + np.float64(ramps.dark_current[y, x])) / e_per_dn
    of_differences, of_both, of_ones, scale = solve_line(terms, photons, read_variance, work, strip, lane)
    poisson, read = variances_of_rate(terms, photons, read_variance, of_ones, work, strip, lane)
    planes[SLOPE, integration, y, x] = of_both * (1 / of_ones)
    planes[ERR, integration, y, x] = math.sqrt(scale / of_ones)
    planes[VAR_POISSON, integration, y, x] = poisson
    planes[VAR_RNOISE, integration, y, x] = read
    planes[CHI_SQUARED, integration, y, x] = (of_differences - of_both * of_both / of_ones) / scale
    flags = flags_of_ramp(ramps.groupdq, integration, y, x)
    rateints.dq[integration, y, x] = pixeldq[y, x] | flags | (JUMP_DET if found else GOOD)


@pixel_function
def fill_differences(ramps, splits_first, integration, y, x, terms, work, strip, lane):
    """Write the differences of a ramp as rates, DN/s, and whether each is used, to its planes."""
    groupdq = ramps.groupdq
    ndifferences = terms.shape[1]
    stride = ndifferences + 1
    extra = 1 if splits_first else 0
    before = group_signal(ramps, splits_first, integration, 0, y, x)
    flags_before = groupdq[integration, 0, y, x]
    for place in range(ndifferences):
        signal = group_signal(ramps, splits_first, integration, place + 1, y, x)
        flags = groupdq[integration, place + 1 - extra, y, x]
        difference = np.float64(signal - before) / terms[INTERVAL, place]
        work[strip, DIFFERENCE * stride + place, lane] = difference
        work[strip, USED * stride + place, lane] = 0.0 if flags_before | flags else 1.0
        before, flags_before = signal, flags


@pixel_function
def group_signal(ramps, splits_first, integration, group, y, x):
    """The signal of a group, DN; of a first group that is split, the zero frame comes before the rest."""
    data, nframes = ramps.data, ramps.readout.nframes
    if not splits_first:
        return data[integration, group, y, x]
    zero = ramps.zeroframe[integration, y, x]
    if group == 0:
        return zero
    if group == 1:
        return (data[integration, 0, y, x] * np.float32(nframes) - zero) / np.float32(nframes - 1)
    return data[integration, group - 1, y, x]


@pixel_function
def median_of_differences(work, strip, lane, ndifferences):
    """Median of all differences, used or not; NaN if any is."""
    plane = DIFFERENCE * (ndifferences + 1)
    for place in range(ndifferences):
        difference = work[strip, plane + place, lane]
        if math.isnan(difference):
            return math.nan
        work[strip, place, lane] = difference
    return sample_median(work, strip, lane, ndifferences)


@pixel_function
def positive(rate):
    """A rate, or zero for a negative one; NaN stays."""
    return rate * (1.0 if rate > 0 else 0.0)


@pixel_function
def flags_of_ramp(groupdq, integration, y, x):
    """Flags that the groups give their ramp: jump or saturation of any, and no use if none can be used."""
    seen = GOOD
    unusable = True
    for group in range(groupdq.shape[1]):
        flags = groupdq[integration, group, y, x]
        seen |= flags
        unusable = unusable and flags & (SATURATED | DO_NOT_USE) != 0
    return seen & (JUMP_DET | SATURATED) | (DO_NOT_USE if unusable else GOOD)
