"""Rates from ramps, against weighted fits by NumPy and against the documented formulas in float64."""

import numpy as np
import pytest

from gpucal.backend import strips, use_backend
from gpucal.kernels.flags.dqflags import (
    AD_FLOOR,
    CHARGELOSS,
    DEAD,
    DO_NOT_USE,
    GOOD,
    JUMP_DET,
    NO_GAIN_VALUE,
    PERSISTENCE,
    SATURATED,
)
from gpucal.kernels.ramp_fit.charge_loss import restore_read_variance
from gpucal.kernels.ramp_fit.inputs import Ramps, ReadingRules, Readout
from gpucal.kernels.ramp_fit.ols import fit_ramps

GROUP_TIME, FRAME_TIME, NFRAMES = 42.5, 10.625, 2
GAIN, READ_NOISE = 1.75, 12.0
NOISE = READ_NOISE * GAIN / np.sqrt(2 * NFRAMES)  # of one group, electrons
G, J, S, D = GOOD, JUMP_DET, SATURATED, DO_NOT_USE


def fit(backend, data, groupdq=GOOD, pixeldq=0, gain=GAIN, read_noise=READ_NOISE, suppress=True, **options):
    """Fit ramps given as (nints, ngroups, npixels); return rate and rateints on the host, (npixels, ...)."""
    data = np.float32(data)[:, :, None, :]
    groupdq = np.broadcast_to(groupdq, (*np.shape(groupdq)[:-1], data.shape[1]))[..., None, None]

    def filled(value, shape, dtype=np.float32):
        return backend.asarray(np.broadcast_to(value, shape).astype(dtype))

    image = data.shape[2:]
    for name, shape in (("dark_current", image), ("zeroframe", (data.shape[0], *image))):
        if name in options:
            options[name] = filled(options[name], shape)
    ramps = Ramps(
        data=backend.asarray(data),
        groupdq=filled(groupdq, data.shape, np.uint8),
        gain=filled(gain, image),
        read_noise=filled(read_noise, image),
        readout=Readout.of(GROUP_TIME, FRAME_TIME, NFRAMES),
        rules=ReadingRules(suppress),
        **options,
    )
    products = fit_ramps(ramps, filled(pixeldq, image, np.uint32))
    restore_read_variance(ramps, *products)
    for product in products:
        assert [plane.dtype.name for plane in product] == ["float32"] * 2 + ["uint32"] + ["float32"] * 2
    return (type(product)(*(backend.asnumpy(plane)[..., 0, :] for plane in product)) for product in products)


def exponent(signal):
    """Fixsen's exponent for a segment's signal, electrons."""
    ratio = max(signal / np.sqrt(NOISE**2 + signal), 0) if NOISE**2 + signal > 0 else 0
    return [0, 0.4, 1, 3, 6, 10][np.searchsorted([5, 10, 20, 50, 100], ratio, side="right")]


def fitted_slope(groups, signals):
    """Slope of one segment by NumPy's weighted fit, DN/s."""
    if len(groups) == 2:
        return (signals[1] - signals[0]) / GROUP_TIME
    middle = (len(groups) - 1) / 2
    power = exponent((signals[-1] - signals[0]) * GAIN)
    weights = np.abs((np.arange(len(groups)) - middle) / middle) ** power
    return np.polyfit(groups, signals, 1, w=np.sqrt(weights))[0] / GROUP_TIME


def read_variance(n):
    return 12 * NOISE**2 / ((n**3 - n) * GROUP_TIME**2 * GAIN**2)


def poisson_variance(n, rate):
    return rate / (GROUP_TIME * GAIN * (n - 1))


@pytest.mark.parametrize("ngroups", [2, 3, 4, 5, 10])
@pytest.mark.parametrize("rate", [-1.0, 0.05, 0.5, 2.0, 8.0, 60.0, 900.0])
def test_unflagged_ramp(backend, ngroups, rate):
    """Each of the six weightings is reached, and a falling ramp."""
    rng = np.random.default_rng(ngroups)
    time = np.arange(ngroups)[:, None] * GROUP_TIME
    data = np.float32(rate * time + rng.normal(0, 3, (ngroups, 3)) + 100)
    image, _ = fit(backend, data[None])
    expected = [fitted_slope(np.arange(ngroups), ramp.astype(float)) for ramp in data.T]
    np.testing.assert_allclose(image.slope, expected, rtol=2e-6)
    median = np.median(np.diff(data.astype(float), axis=0), axis=0) / GROUP_TIME
    poisson = poisson_variance(ngroups, np.maximum(median, 0))
    np.testing.assert_allclose(image.var_poisson, poisson, rtol=1e-6)
    np.testing.assert_allclose(image.var_rnoise, read_variance(ngroups), rtol=1e-6)
    np.testing.assert_allclose(image.err, np.sqrt(poisson + read_variance(ngroups)), rtol=1e-6)
    assert not image.dq.any()


def test_the_six_weightings_are_reached():
    """The signals of `test_unflagged_ramp` with ten groups."""
    assert [exponent(rate * GROUP_TIME * 9 * GAIN) for rate in (0.05, 0.15, 0.5, 2.0, 8.0, 60.0)] == [
        0, 0.4, 1, 3, 6, 10,
    ]  # fmt: skip


def test_segments_are_averaged_with_the_weights_of_their_read_noise(backend):
    flags = [G, G, G, J, G, G, D, G, G, S]
    segments = [np.arange(0, 3), np.arange(3, 6), np.arange(7, 9)]
    data = np.float32([10, 52, 95, 500, 540, 584, 9e4, 660, 705, 6e4])
    image, ints = fit(backend, data[None, :, None], flags)
    slopes = [fitted_slope(groups, data[groups].astype(float)) for groups in segments]
    read = np.array([read_variance(len(groups)) for groups in segments])
    median = np.median([42, 43, 40, 44, 45]) / GROUP_TIME
    poisson = np.array([poisson_variance(len(groups), median) for groups in segments])
    slope = np.sum(slopes / read) / np.sum(1 / read)
    for product in (image, ints):
        np.testing.assert_allclose(product.slope.squeeze(), slope, rtol=1e-6)
        np.testing.assert_allclose(product.var_rnoise.squeeze(), 1 / np.sum(1 / read), rtol=1e-6)
        np.testing.assert_allclose(product.var_poisson.squeeze(), 1 / np.sum(1 / poisson), rtol=1e-6)
        assert product.dq.item() == J | S
    np.testing.assert_allclose(ints.err.squeeze(), np.sum(1 / (read + poisson)) ** -0.5, rtol=1e-6)
    total = 1 / np.sum(1 / read) + 1 / np.sum(1 / poisson)
    np.testing.assert_allclose(image.err.squeeze(), np.sqrt(total), rtol=1e-6)


def test_integrations_are_averaged(backend):
    data = np.float32([[10, 53, 93, 135], [8, 60, 111, 6e4], [0, 0, 0, 0]])[:, :, None]
    flags = [[G, G, G, G], [G, G, G, S], [S, S, S, S]]
    image, ints = fit(backend, data, flags)
    slopes = [fitted_slope(np.arange(n), data[i, :n, 0].astype(float)) for i, n in enumerate((4, 3))]
    np.testing.assert_allclose(ints.slope[:2, 0], slopes, rtol=1e-6)
    assert np.isnan(ints.slope[2, 0])
    assert [plane[2, 0] for plane in (ints.err, ints.var_poisson, ints.var_rnoise)] == [0, 0, 0]
    assert ints.dq[:, 0].tolist() == [0, S, S | D]
    weights = np.array([1 / read_variance(4), 1 / read_variance(3)])
    np.testing.assert_allclose(image.slope, np.sum(slopes * weights) / weights.sum(), rtol=1e-6)
    np.testing.assert_allclose(image.var_rnoise, 1 / weights.sum(), rtol=1e-6)
    median = (42 + 51.5 + 0) / 3 / GROUP_TIME
    poisson = 1 / (1 / poisson_variance(4, median) + 1 / poisson_variance(3, median))
    np.testing.assert_allclose(image.var_poisson, poisson, rtol=1e-6)
    assert image.dq.item() == S


def test_dark_current_adds_to_the_poisson_noise(backend):
    data = 40.0 * np.arange(5)[None, :, None] * [[[1, -1]]]
    image, _ = fit(backend, data, dark_current=0.25)
    rate = np.array([40 / GROUP_TIME + 0.25, 0.25])
    np.testing.assert_allclose(image.var_poisson, poisson_variance(5, rate), rtol=1e-6)


@pytest.mark.parametrize(
    ("flags", "zeroframe", "time"),
    [
        ([G, S, S, S], 0, (NFRAMES + 1) * FRAME_TIME / 2),
        ([G, S, S, S], 77, (NFRAMES + 1) * FRAME_TIME / 2),
        ([S, S, S, S], 77, FRAME_TIME),
    ],
)
def test_a_ramp_of_one_group(backend, flags, zeroframe, time):
    data = np.float32([50, 8e3, 6e4, 6e4])[None, :, None]
    signal = 50 if flags[0] == G else zeroframe
    image, ints = fit(backend, data, flags, zeroframe=zeroframe, suppress=False)
    read = 2 * (NOISE / time / GAIN) ** 2
    poisson = signal / time / (time * GAIN)
    for product in (image, ints):
        np.testing.assert_allclose(product.slope.squeeze(), signal / time, rtol=1e-6)
        np.testing.assert_allclose(product.var_rnoise.squeeze(), read, rtol=1e-6)
        np.testing.assert_allclose(product.var_poisson.squeeze(), poisson, rtol=1e-6)
        np.testing.assert_allclose(product.err.squeeze(), np.sqrt(read + poisson), rtol=1e-6)
        assert product.dq.item() == S


def test_a_single_later_group_is_timed_as_a_group(backend):
    image, _ = fit(backend, np.float32([5, 90, 6e4])[None, :, None], [D, G, S], suppress=False)
    np.testing.assert_allclose(image.slope, 90 / GROUP_TIME, rtol=1e-6)
    np.testing.assert_allclose(image.var_rnoise, 2 * (NOISE / GROUP_TIME / GAIN) ** 2, rtol=1e-6)


@pytest.mark.parametrize("flags", [[G, S, S], [S, S, S], [D, G, S], [G | PERSISTENCE, S, S]])
def test_one_group_is_suppressed(backend, flags):
    data = np.float32([50, 8e3, 6e4])[None, :, None]
    image, ints = fit(backend, data, flags, zeroframe=70)
    for product in (image, ints):
        assert np.isnan(product.slope).all()
        assert not any(plane.any() for plane in (product.err, product.var_poisson, product.var_rnoise))
        assert product.dq.item() == S | D | (flags[0] & PERSISTENCE)


def test_exposures_of_one_group_are_fitted_all_the_same(backend):
    image, ints = fit(backend, np.float32([[[30, 30]], [[60, 60]]]), pixeldq=[[0, DEAD]])
    time = (NFRAMES + 1) * FRAME_TIME / 2
    np.testing.assert_allclose(ints.slope, np.array([[30, 30], [60, 60]]) / time, rtol=1e-6)
    np.testing.assert_allclose(image.slope, 45 / time, rtol=1e-6)
    np.testing.assert_allclose(image.var_poisson, 45 / time / (time * GAIN) / 2, rtol=1e-6)
    assert image.dq.tolist() == [0, DEAD]


@pytest.mark.parametrize(
    ("flags", "pixeldq", "of_ints", "of_image"),
    [
        ([[G, G, G], [G, G, G]], DEAD, [DEAD, DEAD], DEAD),
        ([[G, J, G], [G, G, G]], 0, [J, 0], J),
        ([[G, PERSISTENCE, G], [G, G, G]], 0, [PERSISTENCE, 0], PERSISTENCE),
        ([[G, G, S], [G, G, G]], 0, [S, 0], S),
        ([[S, S, S], [G, G, G]], 0, [S | D, 0], S),
        ([[S, S, S], [D, D, D]], 0, [S | D, D], S | D),
        ([[D, D, D], [G, G, G]], 0, [D, 0], 0),
        ([[D, D, D], [D, D, D]], 0, [D, D], D),
        ([[G, D, G], [G, AD_FLOOR, G]], 0, [0, 0], 0),
        ([[G, G, G], [G, G, G]], D, [D, D], D),
        ([[G, G, G], [G, G, G]], S, [S, S], S),
    ],
)
def test_flags(backend, flags, pixeldq, of_ints, of_image):
    data = np.broadcast_to(np.float32([0, 40, 80])[:, None], (2, 3, 1))
    image, ints = fit(backend, data, flags, pixeldq)
    assert ints.dq[:, 0].tolist() == of_ints
    assert image.dq.item() == of_image
    unusable = np.array([bool(flag & D) or pixeldq == S for flag in of_ints])
    np.testing.assert_array_equal(np.isnan(ints.slope[:, 0]), unusable)
    assert np.isnan(image.slope).item() == unusable.all()


def test_pixels_without_a_gain(backend):
    data = np.broadcast_to(np.float32([0, 40, 80])[:, None], (1, 3, 3))
    image, ints = fit(backend, data, gain=[[np.nan, 0, -1.75]])
    for product in (image, ints):
        assert (product.dq == NO_GAIN_VALUE | D).all()
        assert np.isnan(product.slope).all()
        assert not product.err.any()


def test_nan_read_noise_gives_nan_without_a_flag(backend):
    image, ints = fit(backend, np.float32([0, 40, 80])[None, :, None], read_noise=np.nan)
    for product in (image, ints):
        assert np.isnan([product.slope.item(), product.err.item(), product.var_rnoise.item()]).all()
        assert product.dq.item() == 0


def test_an_unmeasured_variance_is_zero(backend):
    image, _ = fit(backend, np.float32([0, 40, 80])[None, :, None], read_noise=1e6)
    assert (image.var_rnoise.item(), image.slope.item()) == (0, 0)


def test_a_ramp_of_jumps_alone_has_a_rate_of_zero(backend):
    image, _ = fit(backend, np.float32([0, 40, 80])[None, :, None], [J, J, J])
    assert (image.slope.item(), image.err.item(), image.dq.item()) == (0, 0, J)


def test_read_variance_as_if_no_charge_had_been_lost(backend):
    lost = CHARGELOSS | D
    data = np.broadcast_to(np.float32([0, 40, 80, 115, 140, 150])[:, None], (2, 6, 1))
    flags = [[G, G, G, lost, lost, lost], [G] * 6]
    image, ints = fit(backend, data, flags)
    np.testing.assert_allclose(ints.var_rnoise[:, 0], read_variance(6), rtol=1e-6)
    np.testing.assert_allclose(image.var_rnoise, read_variance(6) / 2, rtol=1e-6)
    kept_image, kept = fit(backend, data, [[G, G, G, D, D, D], [G] * 6])
    for product, same in ((image, kept_image), (ints, kept)):
        np.testing.assert_array_equal(product.slope, same.slope)
        np.testing.assert_array_equal(product.err, same.err)
        np.testing.assert_array_equal(product.var_poisson, same.var_poisson)


@pytest.mark.parametrize("width", [1, 5, 64, 256])
def test_results_do_not_depend_on_the_width_of_strips(monkeypatch, width):
    rng = np.random.default_rng(8)
    shape = (3, 6, 4, 133)
    data = np.cumsum(rng.normal(60, 9, shape), axis=1).astype(np.float32)
    groupdq = rng.choice([G] * 25 + [J, S, D, PERSISTENCE], shape).astype(np.uint8)
    groupdq[1, :2] = D  # groups that are of no use in any pixel
    image = shape[2:]

    def products():
        with use_backend("cpu"):
            ramps = Ramps(
                data, groupdq, np.full(image, GAIN, np.float32), np.full(image, READ_NOISE, np.float32),
                Readout.of(GROUP_TIME, FRAME_TIME, NFRAMES),
            )  # fmt: skip
            return [plane for rates in fit_ramps(ramps, np.zeros(image, np.uint32)) for plane in rates]

    expected = products()
    monkeypatch.setattr(strips, "strip_width", lambda _scratch, columns: min(width, columns))
    for plane, same in zip(products(), expected, strict=True):
        np.testing.assert_array_equal(plane, same)
