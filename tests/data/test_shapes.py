"""Arrays that do not fit the main array are refused when an exposure is opened, in files and open models."""

import re

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.data import InputError, open_exposure
from gpucal.data.shapes import ANY, AXES

NINTS, NGROUPS, NY, NX = 2, 5, 6, 8
LENGTHS = {"nints": NINTS, "ngroups": NGROUPS, "ny": NY, "nx": NX, "any": 3, "nstripes": 3}


def complete(model_type, **shapes):
    """A model with all arrays of its type, of ones; the shapes of some may be told."""
    model = getattr(datamodels, model_type)()
    for name, axes in AXES[model_type].items():
        shape = shapes.get(name, tuple(LENGTHS[axis] for axis in axes))
        model._instance[name] = np.ones(shape, np.uint8 if name.endswith("dq") else np.float32)
    model.meta.filename = "made.fits"
    if "nstripes" in AXES[model_type].get("pixeldq", ()):
        model.meta.subarray.num_superstripe = LENGTHS["nstripes"]
    return model


def companions_cut():
    """Every array but the main ones, with the shape that it has along with one that is shorter along an axis."""
    for model_type, arrays in AXES.items():
        for name, axes in arrays.items():
            shape = [LENGTHS[axis] for axis in axes]
            for axis in range(len(shape) if name != "data" else 0):
                if axes[axis] == ANY:
                    continue
                short = shape.copy()
                short[axis] -= 1
                wanted = tuple(LENGTHS[each] if each != ANY else ANY for each in axes)
                yield model_type, name, tuple(short), wanted


@pytest.mark.parametrize("model_type", AXES)
def test_arrays_that_fit_are_taken(model_type):
    exposure = open_exposure(complete(model_type))
    for name, axes in AXES[model_type].items():
        assert exposure.shape_of(name) == tuple(LENGTHS[axis] for axis in axes)


@pytest.mark.parametrize(("model_type", "name", "shape", "wanted"), list(companions_cut()))
def test_an_array_that_is_shorter_along_one_axis_is_refused(model_type, name, shape, wanted):
    told = re.escape(f"made.fits: its array {name} has shape {shape}; beside data of shape")
    with pytest.raises(InputError, match=f"{told}.*{re.escape(f'has to have {wanted}')}"):
        open_exposure(complete(model_type, **{name: shape}))


@pytest.mark.parametrize("model_type", AXES)
@pytest.mark.parametrize("more", [-1, 1])
def test_a_main_array_with_another_number_of_axes_is_refused(model_type, more):
    shape = (3, NINTS, NGROUPS, NY, NX)[-len(AXES[model_type]["data"]) - more :]
    told = rf"made.fits: its array data has shape {re.escape(str(shape))}; in a model of type {model_type} it has"
    with pytest.raises(InputError, match=told):
        open_exposure(complete(model_type, data=shape))


def saved(path, model_type="RampModel", **shapes):
    hdus = {"data": "SCI", "groupdq": "GROUPDQ", "pixeldq": "PIXELDQ", "zeroframe": "ZEROFRAME", "err": "ERR"}
    images = [fits.ImageHDU(np.ones(shape, np.uint8), name=hdus[name]) for name, shape in shapes.items()]
    header = fits.Header({"DATAMODL": model_type, "TELESCOP": "JWST"})
    fits.HDUList([fits.PrimaryHDU(header=header), *images]).writeto(path)
    return path


@pytest.mark.parametrize("model_type", ["RampModel", "Level1bModel"])
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("data", (NGROUPS, NY, NX)),
        ("data", (1, NINTS, NGROUPS, NY, NX)),
        ("groupdq", (NINTS, NGROUPS, NY)),
        ("groupdq", (NINTS - 1, NGROUPS, NY, NX)),
        ("groupdq", (NINTS, NGROUPS - 1, NY, NX)),
        ("pixeldq", (NY - 1, NX)),
        ("zeroframe", (NINTS - 1, NY, NX)),
        ("zeroframe", (NINTS, NY, NX - 1)),
        ("err", (NINTS, NGROUPS, NY - 1, NX)),
    ],
)
def test_files_are_refused_alike(tmp_path, model_type, name, shape):
    path = saved(tmp_path / "jw1_ramp.fits", model_type, **{"data": (NINTS, NGROUPS, NY, NX), name: shape})
    told = re.escape(f"jw1_ramp.fits: its array {name} has shape {shape}; ")
    with pytest.raises(InputError, match=told) as caught:
        open_exposure(path)
    assert "\n" not in str(caught.value)
