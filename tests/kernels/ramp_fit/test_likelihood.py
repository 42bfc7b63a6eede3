"""Likelihood fits against a dense solution in float64 that knows only when the reads were taken."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, HOT, JUMP_DET, SATURATED
from gpucal.kernels.ramp_fit.inputs import Ramps, Readout
from gpucal.kernels.ramp_fit.likelihood import fit_ramps_by_likelihood
from gpucal.kernels.ramp_fit.likelihood_noise import even_read_times, sampling_of
from tests.transfer import on_host

NY, NX = 2, 3
FRAME_TIME = 3.0
GAIN, READ_NOISE = 1.7, 9.0
UNEVEN = [[3.0], [6.0, 9.0, 15.0], [18.0], [24.0, 27.0], [33.0], [36.0]]


def covariance(read_times, photons, read_variance):
    """Covariance of the scaled differences: reads share all photons that came before both; float64."""
    groups = [np.atleast_1d(times).astype(float) for times in read_times]
    times = np.concatenate(groups)
    of_reads = photons * np.minimum.outer(times, times) + read_variance * np.eye(times.size)
    average = np.zeros((len(groups), times.size))
    place = 0
    for group, reads in enumerate(groups):
        average[group, place : place + reads.size] = 1 / reads.size
        place += reads.size
    difference = np.diff(average, axis=0) / np.diff([reads.mean() for reads in groups])[:, None]
    return difference @ of_reads @ difference.T


def dense_fit(read_times, differences, used, photons, read_variance):
    """Rate, chi squared, Poisson variance and read variance of one ramp; float64."""
    poisson, read = (
        covariance(read_times, *parts)[np.ix_(used, used)] for parts in ((photons, 0), (0, read_variance))
    )
    inverse = np.linalg.inv(poisson + read)
    weights = inverse.sum(axis=0) / inverse.sum()
    rate = weights @ differences[used]
    residual = differences[used] - rate
    return rate, residual @ inverse @ residual, weights @ poisson @ weights, weights @ read @ weights


def dense_ramp(read_times, differences, used, dark=0.0):
    """The fit of one ramp with jumps left out, and which differences are left; float64."""
    read_variance = READ_NOISE**2 / 2
    averaged = np.array([np.size(times) > 1 for times in read_times])[1:-1]
    photons = max(np.median(differences), 0) / GAIN
    rate, chi_squared = dense_fit(read_times, differences, used, photons, read_variance)[:2]
    while True:
        choices = [((place,), 20.25) for place in np.flatnonzero(used)]
        pairs = np.flatnonzero(used[1:] & used[:-1] & averaged)
        choices += [((place, place + 1), 23.8) for place in pairs]
        best = 0
        for omitted, threshold in choices:
            left = used.copy()
            left[list(omitted)] = False
            if not left.any():
                continue
            without = dense_fit(read_times, differences, left, photons, read_variance)
            if chi_squared - without[1] - threshold > best:
                best, chosen = chi_squared - without[1] - threshold, (left, *without[:2])
        if not best:
            break
        used, rate, chi_squared = chosen
        if used.sum() <= 3:
            break
    return dense_fit(read_times, differences, used, max(rate, 0) / GAIN + dark / GAIN, read_variance), used


def noisy_ramps(rng, read_times, nints=1, rate=12.0):
    """Reads with photon and read noise, averaged into groups, float32."""
    groups = []
    signal, before = np.zeros((nints, NY, NX)), 0.0
    for times in read_times:
        reads = []
        for time in np.atleast_1d(times):
            signal = signal + rng.poisson(rate * GAIN * (time - before), signal.shape) / GAIN
            before = time
            reads.append(signal + rng.normal(0, READ_NOISE / np.sqrt(2), signal.shape))
        groups.append(np.mean(reads, axis=0))
    return np.stack(groups, axis=1).astype(np.float32)


def fitted(backend, data, groupdq, read_times, pixeldq=None, nframes=1, **parts):
    """Fit, and bring all results to the host."""
    maps = {
        "gain": np.full((NY, NX), GAIN, np.float32),
        "read_noise": np.full((NY, NX), READ_NOISE, np.float32),
    }
    arrays = {"data": data, "groupdq": groupdq, **maps, **parts}
    readout = Readout.of(FRAME_TIME, FRAME_TIME, nframes)
    ramps = Ramps(readout=readout, **{name: backend.asarray(array) for name, array in arrays.items()})
    pixeldq = np.zeros((NY, NX), np.uint32) if pixeldq is None else pixeldq
    result = fit_ramps_by_likelihood(ramps, backend.asarray(pixeldq), read_times)
    rate, rateints = (type(rates)(*map(backend.asnumpy, rates)) for rates in result[:2])
    return rate, rateints, backend.asnumpy(result.chi_squared)


def scaled(data, read_times):
    """Differences of all ramps as rates; float64."""
    middle = np.array([np.mean(times) for times in read_times])
    return np.diff(data.astype(np.float64), axis=1) / np.diff(middle)[:, None, None]


def assert_fit(rates, chi_squared, expected, y, x):
    """One pixel of one integration is as expected."""
    rate, chi, poisson, read = expected
    assert rates.slope[0, y, x] == pytest.approx(rate, rel=1e-5, abs=1e-6)
    assert rates.var_poisson[0, y, x] == pytest.approx(poisson, rel=1e-5, abs=1e-12)
    assert rates.var_rnoise[0, y, x] == pytest.approx(read, rel=1e-5)
    assert rates.err[0, y, x] == pytest.approx(np.sqrt(poisson + read), rel=1e-5)
    assert chi_squared[y, x] == pytest.approx(chi, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    "read_times", [even_read_times(7, 1, 0, FRAME_TIME), even_read_times(12, 4, 1, FRAME_TIME), UNEVEN],
    ids=["frames", "averages", "uneven"],
)  # fmt: skip
def test_the_covariance_is_that_of_the_reads(read_times):
    terms = on_host(sampling_of(read_times).terms)
    diagonal, beside = 0.3 * terms[0] + 5 * terms[1], (0.3 * terms[2] + 5 * terms[3])[:-1]
    expected = covariance(read_times, 0.3, 5)
    np.testing.assert_allclose(
        np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1), expected, atol=1e-14
    )


@pytest.mark.parametrize(
    ("read_times", "rate"),
    [
        (even_read_times(4, 1, 0, FRAME_TIME), 30.0),
        (even_read_times(24, 1, 0, FRAME_TIME), 0.2),
        (even_read_times(8, 4, 1, FRAME_TIME), 4.0),
        (UNEVEN, 50.0),
    ],
    ids=["four groups", "many groups", "averages", "uneven"],
)
def test_ramps_with_flags_and_jumps(backend, read_times, rate):
    rng = np.random.default_rng(5)
    data = noisy_ramps(rng, read_times, rate=rate)
    ngroups = len(read_times)
    groupdq = np.zeros(data.shape, np.uint8)
    groupdq[0, ngroups // 2, 0, 1] = DO_NOT_USE
    groupdq[0, -1, 0, 2] = AD_FLOOR
    if ngroups > 5:
        data[0, 2:, 1, 0] += 900
        data[0, 4:, 1, 1] += 2000
        data[0, 4, 1, 1] -= 700
    dark = np.full((NY, NX), 0.4, np.float32)

    _, rateints, chi_squared = fitted(backend, data, groupdq, read_times, dark_current=dark)

    jumps = 0
    for y, x in np.ndindex(NY, NX):
        differences = scaled(data, read_times)[0, :, y, x]
        good = groupdq[0, :, y, x] == 0
        used = good[1:] & good[:-1]
        expected, left = dense_ramp(read_times, differences, used, dark=0.4)
        assert_fit(rateints, chi_squared, expected, y, x)
        assert rateints.dq[0, y, x] == (0 if (left == used).all() else JUMP_DET)
        jumps += (left != used).any()
    assert jumps == (2 if ngroups > 5 else 0)


def test_a_zero_frame_splits_the_first_group(backend):
    rng = np.random.default_rng(6)
    read_times = even_read_times(5, 4, 0, FRAME_TIME)
    data, zeroframe = noisy_ramps(rng, read_times), np.full((1, NY, NX), 30, np.float32)
    groupdq = np.zeros(data.shape, np.uint8)
    _, rateints, chi_squared = fitted(backend, data, groupdq, read_times, nframes=4, zeroframe=zeroframe)
    split = [read_times[0][:1], read_times[0][1:], *read_times[1:]]
    groups = np.concatenate(
        [zeroframe[:, None], (4 * data[:, :1] - zeroframe[:, None]) / 3, data[:, 1:]], axis=1
    )
    for y, x in np.ndindex(NY, NX):
        expected, _ = dense_ramp(split, scaled(groups, split)[0, :, y, x], np.ones(5, bool))
        assert_fit(rateints, chi_squared, expected, y, x)


def test_a_zero_frame_beside_single_reads_is_ignored(backend):
    read_times = even_read_times(5, 1, 0, FRAME_TIME)
    data = noisy_ramps(np.random.default_rng(7), read_times)
    groupdq = np.zeros(data.shape, np.uint8)
    zeroframe = np.full((1, NY, NX), 1e6, np.float32)
    with_it, without = (
        fitted(backend, data, groupdq, read_times, **parts)[0] for parts in ({"zeroframe": zeroframe}, {})
    )
    np.testing.assert_array_equal(with_it.slope, without.slope)


def test_ramps_that_cannot_be_fitted(backend):
    read_times = even_read_times(5, 1, 0, FRAME_TIME)
    data = noisy_ramps(np.random.default_rng(8), read_times)
    groupdq, pixeldq = np.zeros(data.shape, np.uint8), np.zeros((NY, NX), np.uint32)
    groupdq[0, :, 0, 0] = DO_NOT_USE, SATURATED, SATURATED, SATURATED, DO_NOT_USE
    groupdq[0, :, 0, 1] = 0, SATURATED, SATURATED, SATURATED, SATURATED
    data[0, 2, 0, 2] = np.nan
    gain, read_noise = np.full((NY, NX), GAIN, np.float32), np.full((NY, NX), READ_NOISE, np.float32)
    gain[1, 0], read_noise[1, 1] = np.nan, np.nan
    pixeldq[1, 2] = HOT
    maps = {"gain": gain, "read_noise": read_noise}

    rate, rateints, _ = fitted(backend, data, groupdq, read_times, pixeldq, **maps)

    for y, x in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)):
        for values in (rate.slope, rate.err, rate.var_poisson, rate.var_rnoise):
            assert np.isnan(values[y, x])
    assert rate.dq.tolist() == [[DO_NOT_USE | SATURATED, SATURATED, 0], [0, 0, HOT]]
    assert np.isfinite(rate.slope[1, 2])
    np.testing.assert_array_equal(rate.slope, rateints.slope[0])


def mean_of(rateints):
    """The mean over integrations, by the formula; float64."""
    slopes, poisson, read = (
        values.astype(np.float64) for values in (rateints.slope, rateints.var_poisson, rateints.var_rnoise)
    )
    slope = np.nanmedian(slopes, axis=0)
    for _ in range(2):
        ratio = slope / slopes
        at_mean = poisson * np.where(np.isfinite(ratio) & (ratio > 0), ratio, 0)
        weights = 1 / (at_mean + read)
        weights /= np.nansum(weights, axis=0)
        slope = np.nansum(weights * slopes, axis=0)
    return slope, np.nansum(at_mean * weights**2, axis=0), np.nansum(read * weights**2, axis=0)


def test_integrations_are_averaged(backend):
    read_times = even_read_times(6, 1, 0, FRAME_TIME)
    data = noisy_ramps(np.random.default_rng(9), read_times, nints=5, rate=2.0)
    groupdq = np.zeros(data.shape, np.uint8)
    groupdq[0, :, 0, 0] = DO_NOT_USE
    groupdq[1, 3:, 0, 0] = SATURATED
    data[2, 3:, 0, 1] += 5000

    rate, rateints, chi_squared = fitted(backend, data, groupdq, read_times)

    slope, poisson, read = mean_of(rateints)
    np.testing.assert_allclose(rate.slope, slope, rtol=2e-6)
    np.testing.assert_allclose(rate.var_poisson, poisson, rtol=5e-6)
    np.testing.assert_allclose(rate.var_rnoise, read, rtol=5e-6)
    np.testing.assert_allclose(rate.err, np.sqrt(poisson + read), rtol=5e-6)
    assert rate.dq[0, 0] == SATURATED and rateints.dq[0, 0, 0] == DO_NOT_USE
    assert rate.dq[0, 1] == JUMP_DET and (rateints.dq[:, 0, 1] > 0).tolist() == [
        False,
        False,
        True,
        False,
        False,
    ]
    # Four differences less the rate of each of five integrations; one integration of the first pixel has none.
    assert np.isnan(chi_squared[0, 0]) and 5 < chi_squared[1].mean() < 50
