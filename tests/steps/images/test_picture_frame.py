"""The picture_frame step: what it removes, and what it is not for."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.steps.images.picture_frame import PictureFrameStep

SIZE = 2048


@pytest.fixture(scope="module")
def pattern():
    """A pattern that grows towards the edges."""
    distance = np.linspace(-1, 1, SIZE) ** 6
    model = datamodels.PictureFrameModel(data=(0.1 * np.maximum.outer(distance, distance)).astype(np.float32))
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", "NRS1"
    return model


def exposure(model, instrument="NIRSPEC", detector="NRS1", subarray="FULL"):
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    model.meta.subarray.name = subarray
    model.meta.exposure.type = "NRS_MSASPEC"
    return model


def subtract(model, pattern, **parameters):
    return PictureFrameStep.call(
        model,
        override_pictureframe=pattern,
        disable_crds_steppars=True,
        **{"mask_science_regions": False, **parameters},
    )


def test_the_pattern_is_removed_from_a_rate(pattern, tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.01, (SIZE, SIZE))
    model = exposure(datamodels.ImageModel(data=(0.5 + 3 * pattern.data + noise).astype(np.float32)))
    model.save(tmp_path / "old_rate.fits")
    (tmp_path / "old_rate.fits").rename(tmp_path / "made_rate.fits")  # the FILENAME keyword stays the old one
    saved = {"save_mask": True, "save_correction": True, "output_dir": str(tmp_path)}
    cleaned = subtract(str(tmp_path / "made_rate.fits"), pattern, n_sigma=9.0, **saved)
    assert cleaned.meta.cal_step.picture_frame == "COMPLETE"
    np.testing.assert_allclose(cleaned.data, noise, atol=2e-3)
    with datamodels.open(tmp_path / "made_pctfrm_correction.fits") as removed:
        np.testing.assert_array_equal(removed.data, cleaned.data - model.data)
    with datamodels.open(tmp_path / "made_pctfrm_mask.fits") as mask:
        assert set(np.unique(mask.data)) <= {0, 1} and mask.data.mean() > 0.9


@pytest.mark.parametrize(
    "model",
    [
        exposure(datamodels.ImageModel((32, 32)), subarray="SUB32"),
        exposure(datamodels.ImageModel((32, 32)), instrument="NIRCAM", detector="NRCA1"),
        exposure(datamodels.RampModel((1, 1, 32, 32))),
    ],
    ids=["subarray", "other instrument", "one group"],
)
def test_what_it_is_not_for_is_skipped(pattern, model):
    reference = pattern.copy()
    reference.meta.instrument.name = model.meta.instrument.name
    reference.meta.instrument.detector = model.meta.instrument.detector
    assert subtract(model, reference).meta.cal_step.picture_frame == "SKIPPED"


def test_no_background_no_correction(pattern):
    model = exposure(datamodels.ImageModel(data=np.zeros((SIZE, SIZE), np.float32)))
    assert subtract(model, pattern).meta.cal_step.picture_frame == "SKIPPED"
