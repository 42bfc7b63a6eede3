"""The ipc step: which pixels are corrected, with which kernels."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure
from gpucal.reference import Reference
from gpucal.steps.ramps.ipc import IPCStep, science_pixels
from tests.transfer import on_host


def described(model, xstart, ystart, xsize, ysize, instrument="NIRCAM"):
    model.meta.instrument.name = instrument
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


@pytest.mark.parametrize(
    ("instrument", "window", "rows", "columns"),
    [
        ("NIRCAM", (1, 1, 2048, 2048), (4, 2044), (4, 2044)),
        ("NIRCAM", (3, 100, 64, 32), (0, 32), (2, 64)),
        ("NIRISS", (1985, 2040, 64, 9), (0, 5), (0, 60)),
        ("NIRSPEC", (1, 2046, 2048, 3), (0, -1), (4, 2044)),
        ("MIRI", (1, 1, 1032, 1024), (0, 1024), (4, 1028)),
        ("MIRI", (457, 51, 256, 256), (0, 256), (0, 256)),
    ],
)
def test_the_border_of_the_detector_is_not_corrected(instrument, window, rows, columns):
    meta = described(datamodels.RampModel(), *window, instrument).meta

    assert science_pixels(meta) == (range(*rows), range(*columns))


def exposure():
    """Ones in a subarray whose first two columns are reference pixels."""
    model = described(datamodels.RampModel((1, 1, 4, 5)), 3, 10, 5, 4)
    model.data[:] = 1
    return Exposure(model, "made_uncal.fits")


def kernel_model(data):
    model = datamodels.IPCModel()
    model.data = data.astype(np.float32)
    return model


def process(exposure, kernel):
    return IPCStep().process(exposure, {"ipc": Reference("ipc", kernel_model(kernel))})


def test_one_kernel_serves_all_pixels():
    result = process(exposure(), np.full((3, 3), 0.5))

    neighbours_and_itself = [[4, 6, 4], [6, 9, 6], [6, 9, 6], [4, 6, 4]]
    np.testing.assert_array_equal(on_host(result.data)[0, 0, :, 2:], 0.5 * np.array(neighbours_and_itself))
    assert (result.data[0, 0, :, :2] == 1).all()


def test_kernels_of_pixels_are_cut_to_the_subarray():
    y, x = np.indices((20, 20))
    kernel = np.zeros((3, 3, 20, 20))
    kernel[1, 1] = 100 * y + x

    result = process(exposure(), kernel)

    np.testing.assert_array_equal(on_host(result.data)[0, 0, :, 2:], (100 * y + x)[9:13, 4:7])


def test_a_kernel_without_a_centre_is_named():
    with pytest.raises(GpucalError, match=r"made_uncal.fits: .*central"):
        process(exposure(), np.ones((2, 2)))


def test_a_subarray_that_is_placed_beyond_the_last_row_is_skipped():
    given = exposure()
    given.meta.subarray.xstart = 2048
    with pytest.raises(SkipStep, match="no pixel of the subarray sees light"):
        IPCStep().check_applies(given)


def test_a_header_that_does_not_tell_the_place_of_the_subarray_is_refused():
    model = datamodels.RampModel((1, 2, 8, 8))
    model.meta.instrument.name, model.meta.filename = "NIRCAM", "made_ramp.fits"
    with pytest.raises(GpucalError, match="made_ramp.fits: ipc needs the keywords SUBSTRT1, "):
        IPCStep().check_applies(Exposure(model))
