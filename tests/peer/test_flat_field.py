"""The flat field of images and integrations agrees with jwst."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD
from gpucal.steps.images.flat_field import FlatFieldStep

SHAPE = (40, 50)


def described(model):
    model.meta.instrument.name, model.meta.instrument.detector = "NIRCAM", "NRCALONG"
    model.meta.instrument.filter, model.meta.instrument.pupil = "F444W", "CLEAR"
    model.meta.exposure.type = "NRC_IMAGE"
    subarray = model.meta.subarray
    subarray.name, subarray.xstart, subarray.ystart = "SUB", 1, 1
    subarray.ysize, subarray.xsize = SHAPE
    return model


def flat(folder):
    rng = np.random.default_rng(5)
    model = described(datamodels.FlatModel(data=rng.normal(1, 0.1, SHAPE).astype(np.float32)))
    model.err = rng.uniform(0, 0.1, SHAPE).astype(np.float32)
    model.dq = rng.choice([0, 0, 0, 4, DO_NOT_USE, NO_FLAT_FIELD], SHAPE).astype(np.uint32)
    model.data[7, 7], model.data[8, 8], model.err[9, 9] = 0, np.nan, np.nan
    meta = model.meta
    meta.description, meta.reftype, meta.author, meta.pedigree = "made", "flat", "made", "DUMMY"
    meta.useafter = "2022-01-01T00:00:00"
    model.save(folder / "flat.fits")
    return str(folder / "flat.fits")


def rates(shape):
    rng = np.random.default_rng(6)
    model_class = datamodels.ImageModel if len(shape) == 2 else datamodels.CubeModel
    model = described(model_class(data=rng.normal(5, 30, shape).astype(np.float32)))
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(model, name, rng.uniform(0.1, 3, shape).astype(np.float32))
    model.dq = rng.choice([0, 0, 0, 4, DO_NOT_USE], shape).astype(np.uint32)
    model.data[..., 3, 3] = np.nan
    model.meta.filename = "made_rate.fits"
    return model


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("shape", [SHAPE, (3, *SHAPE)])
def test_rates_are_divided_as_jwst_does(shape, inverse, tmp_path, peer_step):
    kinds = {"override_flat": flat(tmp_path)} | dict.fromkeys(
        ("override_fflat", "override_sflat", "override_dflat"), "N/A"
    )
    model = rates(shape)
    theirs = peer_step("flat_field", model, inverse=inverse, **kinds)
    compare(FlatFieldStep.call(model, inverse=inverse, **kinds), theirs).assert_agrees()
