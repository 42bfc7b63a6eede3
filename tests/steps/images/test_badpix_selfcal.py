"""What badpix_selfcal tells and refuses, and that backgrounds are subtracted with its flags."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import InputError, open_exposure
from gpucal.kernels.flags.dqflags import OTHER_BAD_PIXEL
from gpucal.steps.images.badpix_selfcal import BadpixSelfcalStep
from gpucal.steps.images.bkg_subtract import BackgroundStep


def rates(seed=1, shape=(40, 50)):
    rng = np.random.default_rng(seed)
    model = datamodels.IFUImageModel(data=rng.normal(3, 1, shape).astype(np.float32))
    model.err, model.dq = np.ones(shape, np.float32), np.zeros(shape, np.uint32)
    model.data[10, 10], model.data[20, 30] = 100, -100
    model.meta.filename = f"field{seed}_rate.fits"
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", "NRS1"
    model.meta.instrument.gwa_xtilt = model.meta.instrument.gwa_ytilt = 0.1
    model.meta.subarray.xstart = model.meta.subarray.ystart = 1
    model.meta.subarray.ysize, model.meta.subarray.xsize = shape
    model.meta.exposure.type, model.meta.wcsinfo.dispersion_direction = "NRS_IFU", 1
    return model


def test_shares_are_told(caplog):
    with caplog.at_level(logging.INFO, "gpucal"):
        flagged = BadpixSelfcalStep(skip=False).run(rates(), [rates(2)])
    assert flagged.dq[10, 10] & OTHER_BAD_PIXEL and flagged.dq[20, 30] & OTHER_BAD_PIXEL
    (line,) = [line for line in caplog.messages if "are flagged" in line]
    assert line.startswith("field1_rate.fits: 4 pixels (0.2%) are flagged: those below the median about them by more")


def test_backgrounds_are_subtracted_with_their_flags():
    exposure = open_exposure(rates())
    exposure.membership = replace(exposure.membership, others={"background": [open_exposure(rates(2))]})
    step = BadpixSelfcalStep(skip=False, flagfrac_lower=0.01)
    flagged = step.process(exposure, {})
    (background,) = flagged.membership.of_role("background")
    np.testing.assert_array_equal(background.dq, flagged.dq)
    subtracted = BackgroundStep().process(flagged, {})
    assert subtracted.dq[20, 30] & OTHER_BAD_PIXEL and np.isnan(subtracted.data[20, 30])


def test_an_even_window_is_refused():
    with pytest.raises(GpucalError, match="kernel_size is 4; a window about a pixel has an odd number of them"):
        BadpixSelfcalStep.call(rates(), skip=False, force_single=True, kernel_size=4)


def test_another_shape_is_refused():
    with pytest.raises(InputError, match=r"field2_rate.fits: has shape \(40, 51\), and field1_rate.fits, which it"):
        BadpixSelfcalStep(skip=False).run(rates(), [rates(2, (40, 51))])
