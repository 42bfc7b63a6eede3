"""The IRS2 correction, on a detector of 32 x 8 normal pixels in each output, against the formula in float64."""

import numpy as np
import pytest

from gpucal.backend.selection import on_backend
from gpucal.backend.strips import Scratch
from gpucal.kernels.readout.irs2_layout import irs2_layout
from gpucal.kernels.refpix.irs2 import irs2_plan, subtract_irs2
from gpucal.kernels.refpix.irs2_fourier import SeriesPlan, turns, weight_image, weighted_series
from gpucal.kernels.refpix.irs2_refout import fill_from_neighbours
from gpucal.kernels.refpix.irs2_series import mean_frame

BLOCKS, NX, TAPER = 2, 8, 6
NSAMPLES, PERIOD = 20 * BLOCKS, 22 * BLOCKS + 8
NROWS, LENGTH = 5 * NSAMPLES, NX * PERIOD


def ramp_of(ngroups, seed=61):
    """Whole numbers, so that some samples equal their mean."""
    rng = np.random.default_rng(seed)
    ramp = rng.normal(0, 10, (2, ngroups, NROWS, NX)) + rng.normal(0, 20, (2, ngroups, 1, 1))
    return np.rint(ramp + np.linspace(0, 30, NX)).astype(np.float32)


def weights_of(seed=62):
    rng = np.random.default_rng(seed)
    low = np.exp(-((np.fft.fftfreq(LENGTH) / 0.03) ** 2))
    return (low * (rng.normal(1, 0.2, (2, 4, LENGTH)) + 0.2j * rng.normal(size=(2, 4, LENGTH)))).astype(
        np.complex64
    )


def in_time(image, output):
    """The samples of one output as a series in time, zero between them; image as [slow, column]."""
    made = np.zeros((NX, PERIOD))
    columns = image[:, NSAMPLES * output : NSAMPLES * (output + 1)]
    made[:, times_of(np.arange(NSAMPLES))] = columns if output % 2 else columns[:, ::-1]
    return made


def times_of(sample):
    return sample // 20 * 22 + sample % 20 + (sample % 20 >= 8) + (sample % 20 >= 12)


def is_normal(sample):
    return (sample % 20 < 8) | (sample % 20 >= 12)


def without_line(made):
    """Less the line through the first and last four rows, which here are all; missing samples stay zero."""
    time = (np.arange(LENGTH) - (LENGTH - 1) / 2).reshape(NX, PERIOD)
    there = made != 0
    if there.any():
        made = made - np.polyval(np.polyfit(time[there], made[there], 1), time) * there
    return made


def filled(made):
    """Missing samples as weighted means of their neighbours, then by three rounds of the filter."""
    flat = made.ravel()
    offsets = np.arange(-15, 16)
    weights = np.sin((offsets + 16) / 32 * np.pi)
    first = flat.copy()
    for n in np.flatnonzero(flat == 0):
        near = flat[(n + offsets) % LENGTH]
        total = (weights * (near != 0)).sum()
        first[n] = (weights * near).sum() / total if total else 0
    half = LENGTH // 2
    flat_part = PERIOD // 22 * NX // 2 - TAPER // 2
    fall = (1 + np.cos(np.pi * np.arange(TAPER) / TAPER)) / 2
    gain = np.concatenate([np.ones(flat_part), fall])
    gain = np.concatenate([gain, np.zeros(half - 2 * len(gain)), gain[::-1], [1]])
    gain = np.concatenate([gain, gain[1:half][::-1]])
    known = np.zeros((NX, PERIOD), bool)
    known[:, times_of(np.flatnonzero(is_normal(np.arange(NSAMPLES))))] = True
    now = first
    for _ in range(3):
        now = np.where(known.ravel(), first, np.fft.ifft(np.fft.fft(now) * gain).real)
    return now


def spread(made):
    """Series of reference pixels: first reads in the four places round them, then second reads."""
    reference = np.zeros_like(made)
    for block in range(BLOCKS):
        for place, source in zip(range(7, 15), (9, 11, 9, 11, 10, 12, 10, 12), strict=True):
            reference[:, 22 * block + place] = made[:, 22 * block + source]
    return reference.ravel()


def expected(ramp, detector, alpha, beta, keep):
    out = []
    turn = slice(None, None, -1 if detector == "NRS2" else 1)
    for integration in ramp.astype(np.float64):
        images = integration.transpose(0, 2, 1)[:, turn, turn]
        mean = images.mean(axis=0)
        for image in images:
            made = [without_line(in_time(image - mean, output)) for output in range(5)]
            reference = filled(made[0])
            parts = [reference.reshape(NX, PERIOD) + in_time(mean, 0)]
            for output in range(1, 5):
                both = np.fft.fft(spread(made[output])) * beta[output - 1]
                both += np.fft.fft(reference) * alpha[output - 1]
                corrected = made[output] - np.fft.ifft(both).real.reshape(NX, PERIOD)
                normal = times_of(np.flatnonzero(is_normal(np.arange(NSAMPLES))))
                corrected[:, normal] += in_time(mean, output)[:, normal]
                parts.append(corrected)
            samples = np.arange(NSAMPLES)[is_normal(np.arange(NSAMPLES)) | keep]
            parts = [part[:, times_of(samples)][:, :: 1 if k % 2 else -1] for k, part in enumerate(parts)]
            out.append(np.concatenate(parts[0 if keep else 1 :], axis=1)[turn, turn].T)
    return np.array(out).reshape(*ramp.shape[:2], -1, NX)


@pytest.mark.parametrize(("detector", "keep"), [("NRS1", True), ("NRS2", False)])
def test_correction_in_float64(backend, detector, keep):
    ramp, (alpha, beta) = ramp_of(2), weights_of()
    plan = on_backend(irs2_plan(irs2_layout(detector, BLOCKS), NX, keep, TAPER))
    weights = [[backend.asarray(weight_image(one, NX)) for one in kind] for kind in (alpha, beta)]

    corrected = backend.asnumpy(subtract_irs2(backend.asarray(ramp.copy()), plan, *weights))

    want = expected(ramp, detector, alpha, beta, keep)
    assert corrected.shape == want.shape == (2, 2, NROWS if keep else 4 * 16 * BLOCKS, NX)
    np.testing.assert_allclose(corrected, want, rtol=0, atol=1e-4)


def test_a_drift_that_all_show_is_removed(backend):
    """With all weight on the reference output, what is slow and common to all outputs goes."""
    rng = np.random.default_rng(63)
    drift = 50 * np.sin(2 * np.pi * (np.arange(LENGTH).reshape(NX, PERIOD) / LENGTH * 3 + 0.2))
    sample = np.arange(NSAMPLES)
    ramp = np.empty((1, 2, NROWS, NX), np.float32)
    for group, amplitude in enumerate(rng.normal(0, 1, 2)):
        for output in range(5):
            order = sample if output % 2 else sample[::-1]
            ramp[0, group, NSAMPLES * output + order] = amplitude * drift[:, times_of(sample)].T
    plan = on_backend(irs2_plan(irs2_layout("NRS1", BLOCKS), NX, taper=TAPER))
    one, nothing = (backend.asarray(weight_image(np.full(LENGTH, v, np.complex64), NX)) for v in (1, 0))

    corrected = backend.asnumpy(subtract_irs2(backend.asarray(ramp.copy()), plan, [one] * 4, [nothing] * 4))

    differences = np.ptp(ramp[0, 1] - ramp[0, 0])
    assert differences > 30
    np.testing.assert_allclose(corrected[0, 1], corrected[0, 0], atol=1e-3 * differences)


def test_nan_in_a_normal_pixel_spoils_that_pixel_alone(backend):
    ramp = np.repeat(ramp_of(2)[:1], 2, axis=-1)
    ramp[0, 1, NSAMPLES, NX] = (
        np.nan
    )  # the first normal pixel of the first output, in the middle of the frame
    length, nx = 2 * LENGTH, 2 * NX
    plan = on_backend(irs2_plan(irs2_layout("NRS1", BLOCKS), nx, taper=TAPER))
    weights = [[backend.asarray(weight_image(np.ones(length, np.complex64), nx))] * 4] * 2

    corrected = backend.asnumpy(subtract_irs2(backend.asarray(ramp), plan, *weights))

    np.testing.assert_array_equal(np.argwhere(np.isnan(corrected)), [(0, 0, 0, NX), (0, 1, 0, NX)])


def test_series_are_weighted_at_each_frequency(backend):
    """One is given by some image rows, of which one stands at two times, the other by its spectrum."""
    rng = np.random.default_rng(64)
    rows = rng.normal(size=(3, NX)).astype(np.float32)
    places, wanted = np.full(PERIOD, -1), np.array([0, 5, 17, 51])
    places[[1, 5, 6, 40]] = 0, 2, 0, 1
    first = np.where(places[:, None] >= 0, rows[places], 0).T.ravel()
    second = rng.normal(size=LENGTH)
    alpha, beta = weights_of()[:, 0]
    spectrum = np.fft.fft(second)

    on = backend.asarray
    plan = on_backend(SeriesPlan(turns(np.arange(PERIOD), PERIOD, NX), places, wanted, len(rows)))
    images = [on(weight_image(weights, NX)) for weights in (alpha, beta)]
    given = on(spectrum.reshape(PERIOD, NX)[:, : NX // 2 + 1].astype(np.complex64))
    made = backend.asnumpy(weighted_series(on(rows), images[1], given, images[0], plan))

    expected = np.fft.ifft(np.fft.fft(first) * beta + spectrum * alpha).real
    np.testing.assert_allclose(made, expected.reshape(NX, PERIOD)[:, wanted].T, atol=1e-5)


def test_runs_of_missing_samples_are_filled_round_the_end_of_the_image(backend):
    """Whole rows and single samples are missing; where nothing is near, zero is left."""
    rng = np.random.default_rng(66)
    period, nslow, weights = 12, 40, np.array([1, 0.5, 0.25], np.float32)
    measured = rng.normal(size=(period, nslow)).astype(np.float32)
    measured[[0, 4, 5, 11]] = 0
    measured[rng.random(measured.shape) < 0.1] = 0
    measured[3:9, 20] = 0
    padded = np.empty((period, nslow + 2), np.float32)
    padded[:, 1:-1], padded[:, 0], padded[:, -1] = measured, measured[:, -1], measured[:, 0]
    filled = backend.asarray(np.empty_like(measured))

    fill_from_neighbours(filled.shape, Scratch(state=2), backend.asarray(padded), backend.asarray(weights), filled)

    series = measured.T.ravel().astype(np.float64)
    near = np.array([np.roll(series, -offset) for offset in range(-2, 3)])
    factors = weights[[2, 1, 0, 1, 2], None]
    total = (factors * (near != 0)).sum(axis=0)
    expected = np.where(series != 0, series, (factors * near).sum(axis=0) / np.where(total, total, 1))
    np.testing.assert_allclose(backend.asnumpy(filled).T.ravel(), expected, rtol=1e-6)
    assert backend.asnumpy(filled)[6, 20] == 0


def test_the_mean_of_a_frame_is_that_of_double_precision(backend):
    ramp = np.random.default_rng(67).normal(9000, 30, (7, 3, 5)).astype(np.float32)
    mean = backend.asnumpy(mean_frame(backend.asarray(ramp)))
    np.testing.assert_array_equal(mean, ramp.astype(np.float64).sum(axis=0) / 7)


def test_of_any_weights_the_part_counts_that_keeps_series_real():
    rng = np.random.default_rng(65)
    weights = (rng.normal(size=LENGTH) + 1j * rng.normal(size=LENGTH)).astype(np.complex64)
    values = rng.normal(size=LENGTH)
    image = weight_image(weights, NX).astype(np.complex128)
    half = np.concatenate([image, np.zeros((PERIOD, NX - image.shape[1]))], axis=1).ravel()
    frequencies = np.arange(LENGTH // 2 + 1)
    known = frequencies % NX <= NX // 2
    full = np.fft.fft(np.fft.ifft(np.fft.fft(values) * weights).real)
    np.testing.assert_allclose(
        (np.fft.fft(values) * half)[frequencies[known]], full[frequencies[known]], atol=1e-4
    )
