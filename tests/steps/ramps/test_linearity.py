"""The linearity step: which correction is chosen, zero frames, flags."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import NO_LIN_CORR, NONLINEAR
from gpucal.reference import Reference
from gpucal.steps.ramps.linearity import LinearityStep
from tests.transfer import on_host


def described(model):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 1, 5, 4
    return model


def ramp(ngroups=3, nframes=4):
    model = described(datamodels.RampModel((1, ngroups, 4, 5)))
    model.data[:] = 10000 * np.arange(1, ngroups + 1)[:, None, None]
    model.meta.exposure.nframes = nframes
    return model


@pytest.fixture
def linearity():
    """Corrected = observed + 1e-6 observed^2, and the inverse to first order; one pixel has neither."""
    model = described(datamodels.LinearityModel(coeffs=np.zeros((3, 4, 5), np.float32)))
    model.coeffs[1:] = np.array([1, 1e-6])[:, None, None]
    model.inv_coeffs = np.zeros((3, 4, 5), np.float32)
    model.inv_coeffs[1:] = np.array([1, -1e-6])[:, None, None]
    model.dq = np.zeros((4, 5), np.uint32)
    model.dq[1, 1] = NO_LIN_CORR
    model.dq[2, 2] = NONLINEAR
    return model


def process(model, linearity):
    exposure = Exposure(model, "made_uncal.fits")
    return LinearityStep().process(exposure, {"linearity": Reference("linearity", linearity)})


def corrected(counts):
    return counts + 1e-6 * counts**2


@pytest.mark.parametrize("nframes", [1, None])
def test_groups_of_one_frame_are_corrected_as_they_are(linearity, nframes):
    result = process(ramp(nframes=nframes), linearity)
    data = on_host(result.data)
    np.testing.assert_allclose(data[0, :, 0, 0], corrected(np.array([1e4, 2e4, 3e4])), rtol=1e-6)
    np.testing.assert_array_equal(data[0, :, 1, 1], [1e4, 2e4, 3e4])
    assert (result.pixeldq[1, 1], result.pixeldq[2, 2]) == (NO_LIN_CORR, NONLINEAR)


def test_averaged_groups_are_corrected_through_their_frames(linearity):
    """The mean of squares exceeds the square of the mean by the variance of 4 frames 2500 DN apart."""
    result = process(ramp(), linearity)
    excess = on_host(result.data)[0, :, 0, 0] - corrected(np.array([1e4, 2e4, 3e4]))
    np.testing.assert_allclose(excess, 1e-6 * 2500**2 * np.var([0, 1, 2, 3]), rtol=0.1)


@pytest.mark.parametrize("reason", ["no inverse", "uneven frames", "one group"])
def test_averaged_groups_are_corrected_as_they_are_for_want_of(linearity, reason):
    model = ramp(ngroups=1 if reason == "one group" else 3)
    if reason == "no inverse":
        del linearity.inv_coeffs
    if reason == "uneven frames":
        model.meta.exposure.read_times = [[1.0], [2.0], [3.0]]
    counts = model.data[0, :, 0, 0].copy()
    result = process(model, linearity)
    np.testing.assert_allclose(on_host(result.data)[0, :, 0, 0], corrected(counts), rtol=1e-6)


def test_a_reference_without_flags_has_none(linearity):
    linearity.dq = np.zeros((3, 4, 5), np.uint32)
    result = process(ramp(nframes=1), linearity)
    assert not result.pixeldq.any()
    np.testing.assert_allclose(on_host(result.data)[0, 0, 1, 1], corrected(1e4), rtol=1e-6)


@pytest.mark.parametrize("zero_frame", [True, False])
def test_zero_frame_is_corrected_if_it_is_used(linearity, zero_frame):
    model = ramp()
    model.meta.exposure.zero_frame = zero_frame
    model.zeroframe = np.full((1, 4, 5), 5000, np.float32)
    result = process(model, linearity)
    expected = corrected(5000.0) if zero_frame else 5000
    np.testing.assert_allclose(on_host(result.zeroframe)[0, 0, 0], expected, rtol=1e-6)
