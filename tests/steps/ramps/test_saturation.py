"""The saturation step: references cut to the subarray, optional superbias, zero frames, read pattern."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, InputError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, HOT, NO_SAT_CHECK, SATURATED
from gpucal.reference import Reference
from gpucal.steps.ramps.saturation import SaturationStep
from tests.transfer import on_host


def described(model, xstart=1, xsize=5, ysize=4):
    model.meta.instrument.name = "NIRCAM"
    model.meta.instrument.detector = "NRCA1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, 1, xsize, ysize
    return model


@pytest.fixture
def ramp():
    """Three groups of 4 frames; one pixel jumps in the second group and saturates in the third."""
    model = described(datamodels.RampModel((1, 3, 4, 5)))
    model.data[:] = np.array([10100, 10200, 10300])[:, None, None]
    model.data[0, :, 2, 3] = 11000, 25000, 60000
    model.meta.exposure.nframes = 4
    return model


@pytest.fixture
def saturation():
    """A limit of 50000 DN for each pixel, which does not hold for one; two columns more than the ramp."""
    model = described(datamodels.SaturationModel((4, 7)), xsize=7)
    model.data[:] = 50000
    model.data[0, 0] = np.nan
    model.dq[3, 4] = HOT
    return model


@pytest.fixture
def superbias():
    """A bias of 10000 DN."""
    model = described(datamodels.SuperBiasModel((4, 5)))
    model.data[:] = 10000
    return model


def process(ramp, saturation, superbias, **parameters):
    references = {
        "saturation": Reference("saturation", saturation),
        "superbias": superbias and Reference("superbias", superbias),
    }
    return SaturationStep(**parameters).process(Exposure(ramp, "made_uncal.fits"), references)


def test_saturated_groups_and_their_neighbours(ramp, saturation, superbias):
    result = process(ramp, saturation, superbias)
    expected = np.zeros((4, 5), dtype=np.uint8)
    expected[1:4, 2:5] = SATURATED
    np.testing.assert_array_equal(on_host(result.groupdq)[0, 2], expected)
    assert not result.groupdq[0, 0].any()
    assert result.pixeldq[0, 0] == NO_SAT_CHECK
    assert result.pixeldq[3, 4] == HOT
    assert np.isnan(saturation.data[0, 0])


@pytest.mark.parametrize(("use_readpatt", "second_group"), [(True, DO_NOT_USE), (False, 0)])
def test_the_read_pattern_shows_the_event_of_the_second_group(
    ramp, saturation, superbias, use_readpatt, second_group
):
    result = process(ramp, saturation, superbias, use_readpatt=use_readpatt)
    assert result.groupdq[0, 1, 2, 3] == second_group


def test_without_superbias_the_first_group_looks_bright(ramp, saturation):
    """The bias, extrapolated to the third group, would saturate: no event is needed to explain it."""
    assert process(ramp, saturation, None).groupdq[0, 1, 2, 3] == 0


def test_the_read_pattern_must_be_known_if_it_is_used(ramp, saturation, superbias):
    ramp.meta.exposure.nframes = None
    with pytest.raises(InputError, match="keyword NFRAMES is missing"):
        process(ramp, saturation, superbias)
    assert process(ramp, saturation, superbias, use_readpatt=False).groupdq[0, 2, 2, 3] == SATURATED


def test_growth_is_a_parameter(ramp, saturation, superbias):
    result = process(ramp, saturation, superbias, n_pix_grow_sat=0)
    assert (result.groupdq[0, 2] == SATURATED).sum() == 1


@pytest.mark.parametrize("zero_frame", [True, False])
def test_zero_frame_is_blanked_if_it_is_used(ramp, saturation, superbias, zero_frame):
    ramp.meta.exposure.zero_frame = zero_frame
    ramp.zeroframe = np.full((1, 4, 5), 10050, np.float32)
    ramp.zeroframe[0, 0, 4] = 55000
    result = process(ramp, saturation, superbias)
    assert (result.zeroframe == 0).sum() == (4 if zero_frame else 0)


def test_reference_is_cut_to_the_subarray(ramp, saturation, superbias):
    described(ramp, xstart=3)
    described(superbias, xstart=3)
    result = process(ramp, saturation, superbias)
    assert result.pixeldq[0, 0] == 0
    assert result.pixeldq[3, 2] == HOT
