"""The dq_init step: mask, the user's flags, flag arrays that do not fit."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, InputError
from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, JUMP_DET
from gpucal.reference import Reference
from gpucal.steps.ramps.dq_init import DQInitStep
from tests.transfer import on_host


def described(model, xstart=1, xsize=5):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, 1, xsize, 4
    return model


@pytest.fixture
def ramp():
    """A ramp with a jump in all its groups."""
    model = described(datamodels.RampModel((1, 2, 4, 5)), xstart=3)
    model.groupdq[:] = JUMP_DET
    return model


@pytest.fixture
def mask():
    """Two columns more than the ramp, one dead pixel that must not be used."""
    model = described(datamodels.MaskModel(dq=np.zeros((4, 7), np.uint32)), xsize=7)
    model.dq[1, 4] = DEAD | DO_NOT_USE
    return model


def process(model, mask, **parameters):
    exposure = Exposure(model, "made_uncal.fits")
    return DQInitStep(**parameters).process(exposure, {"mask": Reference("mask", mask)})


def test_flags_of_the_mask(ramp, mask):
    result = process(ramp, mask)
    expected = np.zeros((4, 5), dtype=np.uint32)
    expected[1, 2] = DEAD | DO_NOT_USE
    np.testing.assert_array_equal(on_host(result.pixeldq), expected)
    assert (result.groupdq[0, :, 1, 2] == (JUMP_DET | DO_NOT_USE)).all()
    assert (result.groupdq == JUMP_DET).sum() == 38


def test_flags_of_the_user_are_added(ramp, mask, tmp_path):
    flags = np.zeros((4, 5), dtype=np.int16)
    flags[0, 0] = HOT | DO_NOT_USE
    fits.writeto(tmp_path / "mine.fits", flags)
    result = process(ramp, mask, user_supplied_dq=str(tmp_path / "mine.fits"))
    assert result.pixeldq[0, 0] == HOT | DO_NOT_USE
    assert result.pixeldq[1, 2] == DEAD | DO_NOT_USE
    assert result.groupdq[0, 1, 0, 0] & DO_NOT_USE
    assert mask.dq[0, 2] == 0


def test_flags_of_the_user_must_fit(ramp, mask, tmp_path):
    fits.writeto(tmp_path / "mine.fits", np.zeros((4, 7), dtype=np.int16))
    with pytest.raises(InputError, match=r"mine.fits: user_supplied_dq has shape \(4, 7\)"):
        process(ramp, mask, user_supplied_dq=str(tmp_path / "mine.fits"))


@pytest.mark.parametrize("content", [None, "no FITS file"])
def test_flags_of_the_user_must_be_readable(ramp, mask, tmp_path, content):
    path = tmp_path / "mine.fits"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="mine.fits: cannot be read as user_supplied_dq"):
        process(ramp, mask, user_supplied_dq=str(path))


def test_flag_arrays_of_another_shape_are_replaced(ramp, mask, caplog):
    ramp.pixeldq = np.full((2, 2), HOT, dtype=np.uint32)
    ramp.groupdq = np.full((1, 1, 2, 2), JUMP_DET, dtype=np.uint8)
    result = process(ramp, mask)
    assert not (result.pixeldq & HOT).any()
    assert result.groupdq.shape == (1, 2, 4, 5)
    assert not (result.groupdq & JUMP_DET).any()
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2
