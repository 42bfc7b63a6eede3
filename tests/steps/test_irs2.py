"""IRS2 exposures in the steps: what the peer comparison does not cover, bad input above all."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.ramps.ipc import IPCStep
from gpucal.steps.ramps.refpix import RefPixStep
from gpucal.steps.ramps.saturation import SaturationStep
from gpucal.steps.ramps.superbias import SuperBiasStep
from tests.irs2_exposures import SHAPE, described, weights_reference
from tests.transfer import on_host


@pytest.fixture
def exposure():
    return Exposure(described(datamodels.RampModel((1, 1, *SHAPE)), "NRS1"), "made_uncal.fits")


def refpix(exposure, reference, **parameters):
    return RefPixStep(**parameters).process(exposure, {"refpix": reference, "sirskernel": None})


def unused():
    """A refpix reference that a test does not come to read."""
    return Reference("refpix", datamodels.IRS2Model())


def test_weights_are_asked_for_and_kernels_are_not(exposure):
    assert RefPixStep(refpix_algorithm="sirs").uses(exposure) == ("refpix",)


def test_refpix_with_another_number_of_weights_is_skipped(exposure, tmp_path):
    reference = Reference("refpix", weights_reference(tmp_path / "short.fits", seed=1, rows=200))
    with pytest.raises(SkipStep, match=r"short.fits has 200 rows of weights, not 2916352"):
        refpix(exposure, reference)


def test_flags_that_the_exposure_lacks_lose_the_interleaved_pixels_too(exposure, tmp_path):
    """A raw exposure has none: they are made when they are first asked for."""
    reference = Reference("refpix", weights_reference(tmp_path / "weights.fits", seed=1))
    result = refpix(exposure, reference)
    assert result.groupdq.shape == result.data.shape == (1, 1, 2048, 2048)
    assert result.pixeldq.shape == (2048, 2048)


def test_another_shape_is_refused():
    model = described(datamodels.RampModel((1, 1, 3200, 2000)), "NRS1")
    with pytest.raises(GpucalError, match="made_uncal.fits: IRS2 needs 2048 columns, not 2000"):
        refpix(Exposure(model, "made_uncal.fits"), unused())


def test_another_number_of_rows_is_refused():
    model = described(datamodels.RampModel((1, 1, 3000, 8)), "NRS1")
    references = {"saturation": None, "superbias": None}
    with pytest.raises(GpucalError, match="made_uncal.fits: images have 3000 rows, those of IRS2 3200"):
        SaturationStep(use_readpatt=False).process(Exposure(model, "made_uncal.fits"), references)


@pytest.mark.parametrize(("keyword", "name"), [("nrs_normal", "NRS_NORM"), ("nrs_reference", "NRS_REF")])
def test_another_readout_is_refused(exposure, keyword, name):
    setattr(exposure.meta.exposure, keyword, 8)
    with pytest.raises(GpucalError, match=f"made_uncal.fits: {name} is 8"):
        refpix(exposure, unused())


def test_another_detector_is_refused(exposure):
    exposure.meta.instrument.detector = "NRCA1"
    with pytest.raises(GpucalError, match="NRCA1 has no IRS2 readout"):
        refpix(exposure, unused())


def test_missing_keywords_of_the_readout_are_taken_as_usual(exposure, caplog):
    exposure.meta.exposure.nrs_normal = exposure.meta.exposure.nrs_reference = None
    with caplog.at_level(logging.WARNING), pytest.raises(SkipStep, match="no rows of weights"):
        refpix(exposure, unused())
    assert "NRS_NORM is missing; it is taken to be 16" in caplog.text
    assert "NRS_REF is missing; it is taken to be 4" in caplog.text


def full_frame_model(model):
    model.meta.instrument.name = "NIRSPEC"
    model.meta.subarray.instance.update(xstart=1, ystart=1, xsize=2048, ysize=2048)
    return model


def test_a_superbias_without_interleaved_pixels_is_refused(exposure):
    superbias = full_frame_model(datamodels.SuperBiasModel((2048, 2048)))
    with pytest.raises(ReferenceFileError, match="does not match the exposure.*rows 1 to 3200"):
        SuperBiasStep().process(exposure, {"superbias": Reference("superbias", superbias)})


def test_keywords_that_do_not_count_interleaved_rows_need_no_warning(exposure, caplog):
    superbias = full_frame_model(datamodels.SuperBiasModel((3200, 2048)))
    superbias.data[:] = 1
    before = on_host(exposure.data.copy())
    with caplog.at_level(logging.WARNING):
        SuperBiasStep().process(exposure, {"superbias": Reference("superbias", superbias)})
    assert not caplog.records
    np.testing.assert_array_equal(on_host(exposure.data), before - 1)


def test_a_saturation_reference_with_interleaved_pixels_is_refused(exposure):
    saturation = full_frame_model(datamodels.SaturationModel((3200, 2048)))
    saturation.data[:] = 60000
    references = {"saturation": Reference("saturation", saturation), "superbias": None}
    with pytest.raises(GpucalError, match=r"data has shape \(3200, 2048\), IRS2 needs .2048, 2048."):
        SaturationStep(use_readpatt=False).process(exposure, references)


def test_ipc_kernels_for_another_shape_are_refused(exposure):
    kernel = datamodels.IPCModel(data=np.zeros((3, 3, 4, 4), np.float32))
    kernel.data[1, 1] = 1
    with pytest.raises(GpucalError, match="made_uncal.fits: .*do not fit an image"):
        IPCStep().process(exposure, {"ipc": Reference("ipc", kernel)})
