"""Estimated pixels of integral fields are those of jwst."""

import gwcs
import numpy as np
import pytest
from astropy.modeling import models
from gwcs.coordinate_frames import Frame2D
from gwcs.selector import LabelMapperArray, RegionsSelector
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE
from gpucal.steps.spectra.pixel_replace import PixelReplaceStep

SHAPE = NY, NX = 40, 50


def slices():
    """Three slices that lean, one of them touching its neighbour."""
    y, x = np.indices(SHAPE)
    place = x - y // 8
    labels = np.zeros(SHAPE, int)
    for number, first, last in ((103, 4, 14), (101, 17, 28), (205, 28, 40)):
        labels[(place >= first) & (place < last)] = number
    return labels


def field():
    """Bright profiles across slices, with bad pixels, NaN, and a row without a good pixel."""
    rng = np.random.default_rng(8)
    y, x = np.indices(SHAPE)
    profile = sum(np.exp(-0.5 * ((x - y / 8 - middle) / 2) ** 2) for middle in (9, 22, 34))
    model = datamodels.IFUImageModel(data=(100 * profile * (1 + y / 50) + rng.normal(5, 0.3, SHAPE)).astype(np.float32))
    model.err = np.full(SHAPE, 0.5, np.float32)
    model.var_poisson, model.var_rnoise = (rng.uniform(0.1, 0.2, SHAPE).astype(np.float32) for _ in range(2))
    bad = rng.random(SHAPE) < 0.08
    bad[20] |= slices()[20] == 101
    model.dq = np.where(bad, DO_NOT_USE, 0).astype(np.uint32)
    model.dq[slices() == 0] |= DO_NOT_USE | NON_SCIENCE
    model.dq[bad & (x == 10)] |= NON_SCIENCE
    for plane in (model.data, model.err, model.var_poisson, model.var_rnoise):
        plane[model.dq & DO_NOT_USE > 0] = np.nan
    transform = models.Mapping((0, 1, 1)) | models.Identity(3)
    selector = RegionsSelector(
        ("x", "y"), ("a", "b", "lam"), dict.fromkeys((103, 101, 205), transform), LabelMapperArray(slices())
    )
    model.meta.wcs = gwcs.WCS([(Frame2D(name="detector"), selector), (Frame2D(name="alpha_beta"), None)])
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIFUSHORT"
    model.meta.exposure.type, model.meta.wcsinfo.dispersion_direction = "MIR_MRS", 2
    return model


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "parameters", [{}, {"algorithm": "fit_profile"}, {"algorithm": "fit_profile", "n_adjacent_cols": 1}]
)
def test_all_slices(parameters, peer_step):
    ours = PixelReplaceStep.call(field(), skip=False, **parameters)
    theirs = peer_step("pixel_replace", field(), skip=False, **parameters)
    compare(ours, theirs).assert_agrees()
    estimated = ours.dq & FLUX_ESTIMATED > 0
    assert estimated.sum() > 60 and not estimated[slices() == 0].all()


@pytest.mark.usefixtures("offline")
def test_a_model_of_the_traces_that_is_there(peer_step):
    def modelled():
        model = field()
        model.trace_model = np.where(slices() == 103, np.float32(9), np.float32(np.nan))
        model.meta.cal_step.adaptive_trace_model = "COMPLETE"
        return model

    ours = PixelReplaceStep.call(modelled(), skip=False, algorithm="trace_model")
    compare(ours, peer_step("pixel_replace", modelled(), skip=False, algorithm="trace_model")).assert_agrees()
    assert (ours.data == 9).sum() > 10


@pytest.mark.usefixtures("offline")
def test_a_slice_does_not_depend_on_its_neighbours():
    whole, alone = field(), field()
    alone.data[slices() == 205] = 7e3
    results = [PixelReplaceStep.call(model, skip=False, algorithm="fit_profile") for model in (whole, alone)]
    chosen = slices() == 101
    np.testing.assert_array_equal(*(model.data[chosen] for model in results))
