"""Arrays of other types than the schema's, set on open models, are converted or refused when the model is opened."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import Step
from gpucal.data import InputError, open_exposure

SHAPE = (1, 3, 4, 5)


def ramp(**arrays):
    """A model that holds arrays as they are, past its schema."""
    model = datamodels.RampModel(SHAPE)
    model.meta.filename = "made.fits"
    model._instance.update(arrays)
    return model


@pytest.mark.parametrize(
    ("name", "given", "dtype"),
    [
        ("data", np.full(SHAPE, 1 + 1e-12), np.float32),
        ("data", np.full(SHAPE, 7, np.int16), np.float32),
        ("data", np.full(SHAPE, 7, np.uint16), np.float32),
        ("data", np.full(SHAPE, 7, ">f4"), np.float32),
        ("data", np.full(SHAPE, 7).tolist(), np.float32),
        ("groupdq", np.full(SHAPE, 255, np.int32), np.uint8),
        ("groupdq", np.ones(SHAPE, bool), np.uint8),
        ("pixeldq", np.full(SHAPE[2:], 2**31, np.int64), np.uint32),
        ("pixeldq", np.full(SHAPE[2:], 4.0), np.uint32),
    ],
)
def test_numbers_are_converted(name, given, dtype, backend):
    model = ramp(**{name: given})
    array = getattr(open_exposure(model), name)
    assert array.dtype == dtype
    np.testing.assert_array_equal(backend.asnumpy(array), np.asarray(given).astype(dtype))
    assert model._instance[name] is given  # the user's own model stays as it is


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("data", np.full(SHAPE, 1, object), "float32"),
        ("data", np.full(SHAPE, 1j), "float32"),
        ("data", np.full(SHAPE, "7"), "float32"),
        ("groupdq", np.full(SHAPE, 256, np.int32), "uint8"),
        ("groupdq", np.full(SHAPE, -1, np.int8), "uint8"),
        ("pixeldq", np.full(SHAPE[2:], 0.5), "uint32"),
        ("pixeldq", np.full(SHAPE[2:], np.nan), "uint32"),
    ],
)
def test_what_cannot_be_converted_is_refused(name, given, wanted):
    told = f"^made.fits: its array {name} is of type {given.dtype}; it has to be of type {wanted}$"
    with pytest.raises(InputError, match=told):
        open_exposure(ramp(**{name: given}))


def test_a_hook_is_held_to_the_same():
    class Nothing(Step):
        def process(self, exposure, references):
            return exposure

    def with_flags(flags):
        def hook(model):
            model._instance["groupdq"] = np.full(SHAPE, flags)

        return hook

    assert Nothing(pre_hooks=[with_flags(4)]).run(ramp()).groupdq.dtype == np.uint8
    with pytest.raises(InputError, match="its array groupdq is of type int64"):
        Nothing(pre_hooks=[with_flags(256)]).run(ramp())
