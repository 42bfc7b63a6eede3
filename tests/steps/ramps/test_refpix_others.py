"""The refpix step on full frames of MIRI, and with SIRS: what applies, and bad input."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.reference import Reference
from gpucal.steps.ramps.refpix import RefPixStep
from tests.transfer import on_host

NROWS = 16


def exposure(instrument="NIRCAM", detector="NRCA1", shape=(NROWS, 64), name="FULL"):
    """Zeros, read through four outputs, the first of which shows a drift in the eighth row."""
    model = datamodels.RampModel((1, 2, *shape))
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    model.meta.exposure.noutputs = 4
    subarray = model.meta.subarray
    subarray.name, subarray.xstart, subarray.ystart = name, 1, 1
    subarray.ysize, subarray.xsize = shape
    subarray.fastaxis, subarray.slowaxis = 1, 2
    return Exposure(model, "made_uncal.fits")


def sirskernel(detector, nfrequencies=NROWS + 1):
    """Kernels that take the row itself: all of the left edge, nothing of the right one."""
    model = datamodels.SIRSKernelModel()
    one = np.ones((4, nfrequencies), np.complex64)
    model._instance[detector] = {"gamma": one, "zeta": 0.5 * one}
    return Reference("sirskernel", model)


def process(given, kernels=None, **parameters):
    return RefPixStep(**parameters).process(given, {"refpix": None, "sirskernel": kernels})


SIRS = {"refpix_algorithm": "sirs", "halfwidth": 3, "gaussmooth": 1e-3, "sigreject": 1e9}


def drifting():
    given = exposure(shape=(NROWS, 2048))
    given.data[..., 8, :] = 6
    given.data[..., ::2, :4] += 1
    given.data[..., ::2, -4:] += 1
    return given


def test_sirs_takes_the_place_of_the_median():
    """Both edges tell 7 DN in the eighth row, of which the kernels take 1 and 0.5."""
    data = on_host(process(drifting(), sirskernel("nrca1"), **SIRS).data)
    assert data[0, 1, 8, 1000] == pytest.approx(6 - 1.5 * 7)
    median = on_host(process(drifting(), sirskernel("nrca1"), side_smoothing_length=1).data)
    assert median[0, 1, 8, 1000] == pytest.approx(6 - 7)


@pytest.mark.parametrize(
    ("kernels", "name", "words"),
    [
        (None, "FULL", "no sirskernel reference for nrca1"),
        ("nis", "FULL", "no sirskernel reference for nrca1"),
        ("nrca1", "SUBGRISM64", "SIRS needs a full frame"),
    ],
)
def test_without_its_kernels_or_a_full_frame_the_median_serves(caplog, kernels, name, words):
    given = drifting()
    given.meta.subarray.name = name
    reference = sirskernel(kernels) if kernels else None
    with caplog.at_level(logging.WARNING):
        data = process(given, reference, refpix_algorithm="sirs", side_smoothing_length=1).data
    assert words in caplog.text
    assert on_host(data)[0, 1, 8, 1000] == pytest.approx(6 - 7)


def test_without_side_pixels_there_is_no_sirs():
    data = process(drifting(), sirskernel("nrca1"), use_side_ref_pixels=False, **SIRS).data
    assert data[0, 1, 8, 1000] == 6


def test_kernels_that_reach_too_far_are_refused():
    with pytest.raises(
        GpucalError, match=f"made_uncal.fits: .*halfwidth=30 is not between 0 and {NROWS - 1}"
    ):
        process(drifting(), sirskernel("nrca1"), refpix_algorithm="sirs", halfwidth=30)


def miri():
    given = exposure("MIRI", "MIRIMAGE", (1024, 1032))
    given.data[:, 1] = 5
    given.data[:, 1, 1::2] = 8
    return given


def test_miri_is_corrected_since_the_first_group():
    given = miri()
    given.data[...] += 100
    assert (process(given).data == 100).all()


def test_rows_of_miri_are_pooled_when_asked_for():
    data = process(miri(), odd_even_rows=False).data
    np.testing.assert_array_equal(on_host(data)[0, 1, :2, 500], [-1.5, 1.5])


def test_miri_without_good_pixels_in_a_section_stays(caplog):
    given = miri()
    given.pixeldq[::2, 1029] = DO_NOT_USE
    before = on_host(given.data.copy())
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(on_host(process(given).data), before)
    assert "no good reference pixels" in caplog.text


def test_nan_among_the_pixels_of_miri_spoils_its_output_and_parity():
    given = miri()
    given.data[0, 1, 11, 2] = np.nan
    wrong = np.isnan(on_host(process(given).data)[0, 1])
    expected = np.zeros(wrong.shape, bool)
    expected[1::2, 2::4] = True
    np.testing.assert_array_equal(wrong, expected)
