"""Optional results of ramp fitting, against weighted fits by NumPy in float64."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, GOOD, JUMP_DET, SATURATED
from gpucal.kernels.ramp_fit.inputs import Ramps, ReadingRules, Readout
from gpucal.kernels.ramp_fit.ols import fit_ramps
from gpucal.kernels.ramp_fit.optional import fit_segments

GROUP_TIME, GAIN, READ_NOISE = 20.0, 2.0, 10.0
NOISE = READ_NOISE * GAIN / np.sqrt(2)
PEDESTAL_GROUPS = 0.5
G, J, S, D = GOOD, JUMP_DET, SATURATED, DO_NOT_USE


def fit(backend, data, flags, suppress=True):
    """Optional results of ramps given as (nints, ngroups, npixels), without the row axis."""
    data, flags = np.float32(data)[:, :, None], np.uint8(flags)[:, :, None]
    image = data.shape[2:]
    pixels = [backend.asarray(np.full(image, value, np.float32)) for value in (GAIN, READ_NOISE)]
    readout = Readout.of(GROUP_TIME, GROUP_TIME, 1)
    ramps = Ramps(
        backend.asarray(data), backend.asarray(flags), *pixels, readout, rules=ReadingRules(suppress)
    )
    _, ints = fit_ramps(ramps, backend.asarray(np.zeros(image, np.uint32)))
    results = fit_segments(ramps, ints.slope, PEDESTAL_GROUPS)
    assert all(plane.dtype == np.float32 for plane in results)
    return type(results)(*(backend.asnumpy(plane)[..., 0, :] for plane in results))


def fitted_line(groups, signals, power):
    """Slope and value at group zero, and their uncertainties, with weights |...|**power / R**2."""
    middle = (len(groups) - 1) / 2
    weights = np.abs((np.arange(len(groups)) - middle) / middle) ** power / NOISE**2
    design = np.stack([groups, np.ones(len(groups))], axis=1).astype(float)
    covariance = np.linalg.inv(design.T @ (weights[:, None] * design))
    return covariance @ design.T @ (weights * signals), np.sqrt(np.diag(covariance))


def test_the_line_of_each_segment(backend):
    ramp = np.float32([5, 25, 47, 66, 900, 1920, 2890, 3910, 4000, 4010])
    flags = [G, G, G, G, J, G, G, G, D, G]
    opt = fit(backend, ramp[None, :, None], np.array(flags)[None, :, None])
    assert opt.slope.shape == (1, 2, 1)
    median = np.median([20, 22, 19, 1020, 970, 1020]) / GROUP_TIME
    for number, (groups, power) in enumerate([(np.arange(0, 4), 0.4), (np.arange(4, 8), 6)]):
        (slope, yint), (sigslope, sigyint) = fitted_line(groups, ramp[groups].astype(float), power)
        read = 12 * NOISE**2 / (60 * GROUP_TIME**2 * GAIN**2)
        expected = {
            "slope": slope / GROUP_TIME, "sigslope": sigslope, "yint": yint, "sigyint": sigyint,
            "var_rnoise": read, "weights": 1 / read, "var_poisson": median / (GROUP_TIME * GAIN * 3),
        }  # fmt: skip
        for name, value in expected.items():
            np.testing.assert_allclose(getattr(opt, name)[0, number, 0], value, rtol=2e-6, err_msg=name)


def test_a_segment_of_two_groups(backend):
    ramp = np.float32([0, 7, 31, 80])
    flags = np.array([D, D, J, G])[None, :, None]
    opt = fit(backend, ramp[None, :, None], flags, suppress=False)
    slope = (80 - 31) / GROUP_TIME
    np.testing.assert_allclose(opt.slope[0, 0, 0], slope, rtol=1e-6)
    np.testing.assert_allclose(opt.yint[0, 0, 0], 31 - 2 * 49, rtol=1e-6)
    np.testing.assert_allclose([opt.sigslope[0, 0, 0], opt.sigyint[0, 0, 0]], np.sqrt(2) * NOISE, rtol=1e-6)


def test_a_segment_of_one_group(backend):
    flags = np.array([G, S, S])[None, :, None]
    opt = fit(backend, np.float32([50, 6e4, 6e4])[None, :, None], flags, suppress=False)
    np.testing.assert_allclose(opt.slope[0, 0, 0], 50 / GROUP_TIME, rtol=1e-6)
    assert [opt.sigslope.item(), opt.yint.item(), opt.sigyint.item()] == [0, 0, 0]
    np.testing.assert_allclose(opt.weights * opt.var_rnoise, 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("flags", "room", "fitted"),
    [
        ([G, G, G, G], 1, 1),
        ([G, G, J, G], 2, 2),
        ([G, D, G, G], 1, 1),
        ([G, D, G, D], 2, 1),
        ([S, S, S, S], 0, 0),
    ],
)
def test_room_for_segments(backend, flags, room, fitted):
    """Ramps of single groups have room for all of them, and a fit of the first."""
    data = np.float32([1, 21, 41, 61])[None, :, None]
    opt = fit(backend, data, np.array(flags)[None, :, None])
    assert opt.slope.shape == (1, room, 1)
    assert np.count_nonzero(opt.slope) == fitted


def test_pedestals(backend):
    data = np.float32([[100, 140, 180], [100, 140, 6e4], [6e4, 6e4, 6e4]])[:, :, None]
    opt = fit(backend, data, np.array([[G, G, G], [G, G, S], [S, S, S]])[:, :, None])
    expected = 100 - PEDESTAL_GROUPS * 40 / GROUP_TIME
    np.testing.assert_allclose(opt.pedestal[:, 0], [expected, expected, 0], rtol=1e-6)


def test_jumps_are_measured_in_order(backend):
    data = np.float32([[0, 10, 520, 530, 840, 6e4], [0, 10, 20, 30, 40, 50]])[:, :, None]
    flags = np.array([[J, G, J, G, J | D, J | S], [G] * 6])[:, :, None]
    opt = fit(backend, data, flags)
    np.testing.assert_array_equal(opt.crmag[:, :, 0], [[510, 310, np.nan], [0, 0, 0]])


def test_no_jumps_no_magnitudes(backend):
    opt = fit(backend, np.zeros((2, 3, 1)), np.zeros((2, 3, 1)))
    assert opt.crmag.shape == (2, 0, 1)
