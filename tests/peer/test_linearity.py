"""The linearity step agrees with the peer."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import HOT, JUMP_DET, NO_LIN_CORR, NONLINEAR, SATURATED
from gpucal.steps.ramps.linearity import LinearityStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

ROWS, COLUMNS = 18, 14
REFERENCE_ROWS, REFERENCE_COLUMNS = 30, 24

# nints, ngroups, nframes, zero frame, degree of the polynomials
CASES = [
    (1, 1, 1, False, 1),
    (1, 2, 2, True, 2),
    (2, 3, 8, False, 5),
    (1, 10, 4, True, 4),
    (1, 20, 1, True, 5),
]


def described(model, xstart, ystart, xsize, ysize):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


def ramp(rng, nints, ngroups, nframes, zero_frame):
    """Ramps without bias that saturate at 50000 DN, with some NaN and other flags."""
    shape = (nints, ngroups, ROWS, COLUMNS)
    counts = rng.gamma(0.8, 40000 / ngroups, (nints, 1, ROWS, COLUMNS)) * np.arange(1, ngroups + 1)[:, None, None]
    counts = np.minimum(counts + rng.normal(0, 10, shape), 50000)
    model = described(datamodels.RampModel(data=counts.astype(np.float32)), 5, 9, COLUMNS, ROWS)
    model.groupdq[counts == 50000] = SATURATED
    model.groupdq[rng.random(shape) < 0.05] |= JUMP_DET
    model.data[rng.random(shape) < 0.005] = np.nan
    model.pixeldq[:] = rng.choice([0, HOT, NO_LIN_CORR], (ROWS, COLUMNS), p=[0.9, 0.05, 0.05])
    exposure = model.meta.exposure
    exposure.nints, exposure.ngroups, exposure.nframes, exposure.zero_frame = nints, ngroups, nframes, zero_frame
    if zero_frame:
        model.zeroframe = (counts[:, 0] * 0.9).astype(np.float32)
        model.zeroframe[rng.random(model.zeroframe.shape) < 0.1] = 0
    return model


def polynomial(rng, degree):
    """A mild non-linearity for each pixel, with NaN and without a linear term here and there."""
    shape = (degree + 1, REFERENCE_ROWS, REFERENCE_COLUMNS)
    terms = rng.normal(0, 0.02, shape) * (60000.0 ** (1 - np.arange(degree + 1)))[:, None, None]
    terms[0] = rng.normal(0, 1, shape[1:])
    terms[1] += 1
    terms[1][rng.random(shape[1:]) < 0.03] = 0
    terms[:, rng.random(shape[1:]) < 0.02] = np.nan
    terms[-1][rng.random(shape[1:]) < 0.02] = np.nan
    return terms.astype(np.float32)


def linearity(rng, degree, inverse):
    """Coefficients that cover more than the exposure."""
    model = datamodels.LinearityModel(coeffs=polynomial(rng, degree))
    flags = rng.choice([0, NO_LIN_CORR, NONLINEAR], (REFERENCE_ROWS, REFERENCE_COLUMNS), p=[0.9, 0.05, 0.05])
    model.dq = flags.astype(np.uint32)
    if inverse:
        model.inv_coeffs = polynomial(rng, degree)
    return described(model, 1, 1, REFERENCE_COLUMNS, REFERENCE_ROWS)


@pytest.fixture
def both(peer_step):
    """Run the step of both on a ramp."""

    def run(model, reference):
        # The peer edits the reference that it is given.
        given = {"override_linearity": reference.copy()}
        return LinearityStep.call(model, **given), peer_step("linearity", model, **given)

    return run


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize(("nints", "ngroups", "nframes", "zero_frame", "degree"), CASES)
def test_ramps(both, nints, ngroups, nframes, zero_frame, degree, inverse):
    rng = np.random.default_rng(ngroups)
    model = ramp(rng, nints, ngroups, nframes, zero_frame)
    ours, theirs = both(model, linearity(rng, degree, inverse))
    compare(ours, theirs).assert_agrees()
    changed = (theirs.data != model.data) & ~np.isnan(model.data)
    assert changed.mean() > 0.4
    assert not changed[(model.groupdq & SATURATED) != 0].any()
    assert ((theirs.pixeldq & NO_LIN_CORR) != 0).sum() > ((model.pixeldq & NO_LIN_CORR) != 0).sum()


def test_uneven_frames_are_not_rebuilt(both):
    rng = np.random.default_rng(41)
    model = ramp(rng, 1, 4, 4, False)
    reference = linearity(rng, 3, True)
    rebuilt, _ = both(model, reference)
    model.meta.exposure.read_times = [[1.0], [2.0], [3.0], [4.0]]
    ours, theirs = both(model, reference)
    compare(ours, theirs).assert_agrees()
    assert np.nanmax(np.abs(ours.data - rebuilt.data)) > 1


def test_zero_frame_that_was_not_read_out(both):
    """ZEROFRAME is true in the header and there is no array."""
    rng = np.random.default_rng(42)
    model = ramp(rng, 1, 4, 1, False)
    model.meta.exposure.zero_frame = True
    compare(*both(model, linearity(rng, 3, False))).assert_agrees()


def test_no_reference(peer_step):
    model = ramp(np.random.default_rng(43), 1, 4, 1, False)
    ours = LinearityStep.call(model, override_linearity="N/A")
    compare(ours, peer_step("linearity", model, override_linearity="N/A")).assert_agrees()
