"""The superbias step: the bias that is subtracted, its cut, and the zero frames."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.ramps.superbias import SuperBiasStep
from tests.transfer import on_host


def described(model, xstart, ystart, xsize, ysize):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


@pytest.fixture
def superbias():
    """A bias that grows along the detector: row + 100 x column, one-based."""
    y, x = np.indices((8, 8)) + 1
    model = described(datamodels.SuperBiasModel((8, 8)), 1, 1, 8, 8)
    model.data = (y + 100 * x).astype(np.float32)
    model.data[3, 4] = np.nan
    model.dq = np.zeros((8, 8), np.uint32)
    model.dq[3, 4] = 4194304
    return model


def exposure(zero_frame):
    model = described(datamodels.RampModel((1, 2, 4, 5)), 3, 2, 5, 4)
    model.data[:] = 5000
    model.zeroframe = np.full((1, 4, 5), 4000, np.float32)
    model.zeroframe[0, 0, 0] = 0
    model.meta.exposure.zero_frame = zero_frame
    return Exposure(model, "made_uncal.fits")


def process(exposure, superbias):
    return SuperBiasStep().process(exposure, {"superbias": Reference("superbias", superbias)})


def test_the_cut_of_the_bias_is_subtracted(superbias):
    bias = np.nan_to_num(superbias.data[1:5, 2:7])

    result = process(exposure(True), superbias)

    np.testing.assert_array_equal(on_host(result.data)[0], [5000 - bias] * 2)
    expected = 4000 - bias
    expected[0, 0] = 0
    np.testing.assert_array_equal(on_host(result.zeroframe)[0], expected)
    assert result.pixeldq[2, 2] == 4194304
    assert np.count_nonzero(result.pixeldq) == 1
    assert np.isnan(superbias.data[3, 4])


def test_zero_frames_that_the_keyword_denies_are_left(superbias):
    result = process(exposure(False), superbias)

    assert (result.zeroframe[0, 1:] == 4000).all()


def test_a_bias_of_another_part_of_the_detector_is_refused(superbias):
    with pytest.raises(ReferenceFileError, match="does not match the exposure"):
        process(exposure(True), described(superbias, 5, 1, 8, 8))
