"""The refpix step: which correction applies to which readout, and which parameters are read."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.steps.ramps.refpix import RefPixStep
from tests.transfer import on_backend, on_host

NO_REFERENCES = {"refpix": None, "sirskernel": None}


def exposure(shape=(16, 16), corner=(1, 1), noutputs=1, name="SUB160", axes=(1, 2), instrument="NIRCAM"):
    """Zeros in a subarray of a detector, by default in its lower left corner."""
    model = datamodels.RampModel((1, 2, *shape))
    model.meta.instrument.name = instrument
    model.meta.exposure.noutputs = noutputs
    subarray = model.meta.subarray
    subarray.name = name
    subarray.xstart, subarray.ystart = corner
    subarray.ysize, subarray.xsize = shape
    subarray.fastaxis, subarray.slowaxis = axes
    return Exposure(model, "made_uncal.fits")


def process(exposure, references=NO_REFERENCES, **parameters):
    return RefPixStep(**parameters).process(exposure, references)


def test_one_output_takes_flagged_pixels_by_parity():
    given = exposure()
    given.pixeldq[:, :4] = REFERENCE_PIXEL
    given.pixeldq[0, 0] |= DO_NOT_USE
    given.data[...] = on_backend(np.arange(16) % 2 * 10 + 5)
    given.data[..., 0, 0] = 1e6

    data = process(given).data

    assert (data[..., 1:, :] == 0).all()
    assert (data[..., 0, 0] == 1e6 - 5).all()


def test_parities_are_pooled_when_asked_for():
    given = exposure()
    given.pixeldq[:, :4] = REFERENCE_PIXEL
    given.data[...] = on_backend(np.arange(16) % 2 * 10)

    data = process(given, odd_even_columns=False).data

    np.testing.assert_array_equal(on_host(data)[0, 0, 0, :2], [-5, 5])


def test_four_outputs_take_the_edges_and_then_the_sides():
    given = exposure(noutputs=4)
    given.data[..., 4:, :] = 8
    given.data[..., :4, :] = 3

    data = process(given, side_smoothing_length=1, side_gain=0.5).data

    assert (data[..., :4, :] == 0).all()
    assert (data[..., 4:, :] == 2.5).all()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"use_side_ref_pixels": False, "side_smoothing_length": 3}, [0, 5, 5, 0]),
        ({"side_smoothing_length": 3}, [0, 0, 0, 0]),
        ({"side_smoothing_length": 5}, [0, 5, 5, 0]),
        ({"side_smoothing_length": 3, "side_gain": 2.0}, [0, -5, -5, 0]),
    ],
)
def test_parameters_of_the_sides_are_read(parameters, expected):
    """Two rows stand out, which a median over five rows does not see."""
    given = exposure(noutputs=4)
    given.data[..., 8:10, :] = 5

    data = process(given, **parameters).data

    np.testing.assert_array_equal(on_host(data)[0, 1, 7:11, 9], expected)


def test_the_clipping_limit_is_read():
    given = exposure()
    given.pixeldq[:, :4] = REFERENCE_PIXEL
    given.data[..., 3, :2] = 32

    assert process(given, siglimit=3.0).data[0, 0, 8, 8] == 0
    given.data[..., 3, :2] = 32
    given.data[..., :3, :] = given.data[..., 4:, :] = 0
    assert process(given, siglimit=10.0).data[0, 0, 8, 8] == -1


@pytest.mark.parametrize("name", ["SUB512", "SUB512S", "SUB32"])
def test_outer_columns_serve_where_no_reference_pixels_are(name):
    given = exposure(shape=(12, 12), corner=(1000, 950), name=name, axes=(2, 1), instrument="NIRSPEC")
    given.data[:, 0, :, :4] = given.data[:, 0, :, -4:] = 7

    result = process(given)

    assert (result.data[0, 0, :, 4:8] == -7).all()
    assert (result.data[0, 1] == 0).all()
    assert not result.pixeldq.any()


@pytest.mark.parametrize("noutputs", [1, 4])
def test_without_reference_pixels_nothing_changes(noutputs):
    given = exposure(corner=(1000, 950), noutputs=noutputs)
    given.data[...] = 7

    assert (process(given).data == 7).all()


@pytest.mark.parametrize("zero_frame", [True, False])
def test_zero_frames_are_corrected_where_the_keyword_says_so(zero_frame):
    given = exposure()
    given.meta.exposure.zero_frame = zero_frame
    given.pixeldq[:, :4] = REFERENCE_PIXEL
    given.zeroframe = on_backend(np.full((1, 16, 16), 9, np.float32))
    given.zeroframe[0, 10, 10] = 0

    zeroframe = process(given).zeroframe

    assert zeroframe[0, 10, 10] == 0
    assert np.count_nonzero(zeroframe == 9) == (0 if zero_frame else 255)


def test_miri_subarrays_are_skipped():
    with pytest.raises(SkipStep, match="subarrays of MIRI"):
        RefPixStep().check_applies(exposure(instrument="MIRI"))


def test_a_subarray_beyond_the_detector_is_skipped():
    with pytest.raises(SkipStep, match="does not lie on the detector"):
        process(exposure(corner=(2040, 1)))


def test_stripes_take_the_flagged_pixels_of_each_output():
    given = exposure(shape=(4, 16), corner=(505, 1))
    given.meta.subarray.multistripe_reads1 = 1
    given.meta.subarray.num_superstripe = 0
    given.pixeldq[0] = REFERENCE_PIXEL
    given.data[..., :8] = 3
    given.data[..., 8:] = 5
    given.data[..., 1:, :] += 1

    data = process(given, odd_even_columns=False).data

    assert (data[..., 0, :] == 0).all()
    assert (data[..., 1:, :] == 1).all()


@pytest.mark.parametrize(
    ("keyword", "message"), [("xstart", "SUBSTRT1"), ("ystart", "SUBSTRT2"), ("fastaxis", "FASTAXIS")]
)
def test_a_missing_keyword_is_named(keyword, message):
    given = exposure()
    setattr(given.meta.subarray, keyword, None)
    with pytest.raises(GpucalError, match=f"made_uncal.fits: .*{message}"):
        process(given)


def test_a_window_without_rows_is_refused():
    with pytest.raises(GpucalError, match="made_uncal.fits: side_smoothing_length=0"):
        process(exposure(noutputs=4), side_smoothing_length=0)


def test_sirs_falls_back_to_the_median_on_subarrays():
    given = exposure(noutputs=4)
    given.data[..., 8:, :] = 5

    assert (process(given, refpix_algorithm="sirs", side_smoothing_length=1).data == 0).all()
