"""An exposure owns its arrays, and gives a complete model back."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure


@pytest.fixture
def ramp():
    model = datamodels.RampModel()
    model.data = np.arange(36, dtype=np.float32).reshape(1, 4, 3, 3)
    model.meta.filename = "jw1_uncal.fits"
    return model


def test_arrays_move_once_and_the_host_copy_is_released(ramp, backend):
    exposure = Exposure(ramp)
    first = exposure.data
    assert exposure.data is first
    assert "data" not in ramp._instance
    assert exposure.nbytes == 36 * 4


def test_flags_that_are_not_there_are_zeros_of_the_right_shape(ramp, backend):
    exposure = Exposure(ramp)
    assert not exposure.has("groupdq")
    assert exposure.groupdq.shape == (1, 4, 3, 3) and exposure.groupdq.dtype == np.uint8
    assert exposure.pixeldq.shape == (3, 3) and exposure.pixeldq.dtype == np.uint32
    assert exposure.has("groupdq")


def test_the_model_comes_back_complete(ramp, backend):
    exposure = Exposure(ramp)
    exposure.data += 1
    exposure.groupdq[0, 2, 1, 1] = 4
    model = exposure.to_model()
    assert model is ramp
    np.testing.assert_array_equal(model.data.ravel(), np.arange(36) + 1)
    assert model.groupdq.sum() == 4


def test_a_snapshot_is_not_changed_by_later_edits_of_flags(ramp, backend):
    exposure = Exposure(ramp)
    exposure.pixeldq[1, 1] = 1
    snapshot = exposure.snapshot()
    exposure.pixeldq[1, 1] = 7
    exposure.meta.exposure.type = "NRC_IMAGE"
    assert snapshot.pixeldq[1, 1] == 1
    assert snapshot.meta.exposure.type is None


def test_another_type_takes_the_metadata_and_no_arrays(ramp, backend):
    ramp.meta.exposure.ngroups = 4
    rate = Exposure(ramp).blank("ImageModel", data=backend.xp.ones((3, 3), np.float32))
    assert rate.model_type == "ImageModel" and rate.source == "jw1_uncal.fits"
    model = rate.to_model()
    assert model.meta.exposure.ngroups == 4 and model.data.shape == (3, 3)


def test_an_array_that_is_not_there_is_an_attribute_error(ramp, backend):
    with pytest.raises(AttributeError, match="zeroframe"):
        Exposure(ramp).zeroframe  # noqa: B018
