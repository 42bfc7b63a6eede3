"""The dq_init step agrees with the peer."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.data import InputError
from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, JUMP_DET, REFERENCE_PIXEL
from gpucal.steps.ramps.dq_init import DQInitStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

SHAPE = (2, 3, 18, 14)


def described(model, xstart, ystart, xsize, ysize):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    model.meta.exposure.type = "NRC_IMAGE"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


@pytest.fixture
def ramp():
    """A ramp with some flags."""
    rng = np.random.default_rng(51)
    model = described(datamodels.RampModel(data=rng.normal(1e4, 10, SHAPE).astype(np.float32)), 5, 9, 14, 18)
    model.pixeldq[:] = rng.choice([0, HOT], SHAPE[-2:])
    model.groupdq[:] = rng.choice([0, JUMP_DET], SHAPE)
    return model


@pytest.fixture
def mask(tmp_path):
    """A mask that covers more than the exposure, whose bits are those of its own table."""
    rng = np.random.default_rng(52)
    flags = [0, DO_NOT_USE, DEAD, HOT, REFERENCE_PIXEL, REFERENCE_PIXEL | DO_NOT_USE]
    model = datamodels.MaskModel(dq=rng.choice(flags, (30, 24)).astype(np.uint32))
    names = ("DO_NOT_USE", "DEAD", "HOT", "REFERENCE_PIXEL")
    model.dq_def = [(bit, 2**bit, name, "") for bit, name in enumerate(names)]
    path = tmp_path / "mask.fits"
    described(model, 1, 1, 24, 30).save(path)
    return str(path)


@pytest.fixture
def both(peer_step):
    """Run the step of both."""

    def run(source, **parameters):
        return DQInitStep.call(source, **parameters), peer_step("dq_init", source, **parameters)

    return run


def test_a_ramp_with_flags(both, ramp, mask):
    ours, theirs = both(ramp, override_mask=mask)
    compare(ours, theirs).assert_agrees()
    for flag in (DO_NOT_USE, DEAD, HOT, REFERENCE_PIXEL):
        assert (theirs.pixeldq & flag).any()
    assert (theirs.groupdq == (JUMP_DET | DO_NOT_USE)).any()


def test_a_raw_file(both, ramp, mask, tmp_path):
    raw = datamodels.Level1bModel(data=ramp.data.astype(np.uint16))
    raw.update(ramp)
    raw.save(tmp_path / "made_uncal.fits")
    compare(*both(str(tmp_path / "made_uncal.fits"), override_mask=mask)).assert_agrees()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint32])
def test_flags_of_the_user(both, ramp, mask, tmp_path, dtype):
    flags = np.random.default_rng(53).choice([0, 1, 64], SHAPE[-2:]).astype(dtype)
    path = str(tmp_path / "mine.fits")
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(flags)]).writeto(path)
    ours, theirs = both(ramp, override_mask=mask, user_supplied_dq=path)
    compare(ours, theirs).assert_agrees()
    assert (theirs.pixeldq & 64).any()


def test_flags_of_another_shape_are_refused_where_jwst_resets_them(ramp, mask, peer_step):
    ramp.groupdq = np.full((1, 1, 4, 4), JUMP_DET, np.uint8)
    assert not (peer_step("dq_init", ramp, override_mask=mask).groupdq & JUMP_DET).any()
    with pytest.raises(InputError, match=r"groupdq has shape \(1, 1, 4, 4\)"):
        DQInitStep.call(ramp, override_mask=mask)


def test_no_reference(both, ramp):
    compare(*both(ramp, override_mask="N/A")).assert_agrees()
