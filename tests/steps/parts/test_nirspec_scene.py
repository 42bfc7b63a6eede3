"""The pixels of NIRSpec on which light falls."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import current_backend
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, MSA_FAILED_OPEN
from gpucal.steps.parts.flicker.nirspec_scene import lit_pixels, steps_of_scene
from gpucal.wcs.modes.nirspec import open_slits as open_slits_module
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit
from gpucal.wcs.slices import Slices
from gpucal.wcs.world import Wcs
from tests.transfer import on_host

BOXES = [((-0.5, 9.5), (3.0, 6.0)), ((20.2, 31.5), (930.6, 940.5))]


def exposure(kind, shape=(1200, 32)):
    model = datamodels.ImageModel(shape) if len(shape) == 2 else datamodels.CubeModel(shape)
    model.meta.exposure.type, model.meta.instrument.name = kind, "NIRSPEC"
    model.dq = np.zeros(shape, np.uint32)
    model.dq[..., 700, 5], model.dq[..., 701, 5] = MSA_FAILED_OPEN | DO_NOT_USE, DO_NOT_USE
    return Exposure(model, "made_rate.fits")


@pytest.fixture
def slits(monkeypatch):
    """Make these the open slits: ``slits(quadrants)``."""

    def make(*quadrants):
        found = [OpenSlit(quadrant=one, bounding_box=box) for one, box in zip(quadrants, BOXES, strict=True)]
        monkeypatch.setattr(open_slits_module, "open_slits", lambda _wcs: found)
        monkeypatch.setattr(Exposure, "get_wcs", lambda _self: None)

    return make


@pytest.mark.parametrize(
    ("kind", "quadrants", "masks_fixed_slits"),
    [("NRS_FIXEDSLIT", (5, 5), False), ("NRS_MSASPEC", (1, 2), True), ("NRS_MSASPEC", (1, 5), False)],
)
@pytest.mark.parametrize("shape", [(1200, 32), (2, 1200, 32)])
def test_boxes_and_stuck_shutters(kind, quadrants, masks_fixed_slits, shape, slits):
    slits(*quadrants)
    rates = exposure(kind, shape)
    expected = np.zeros((1200, 32), bool)
    expected[3:6, :10] = expected[931:941, 20:32] = expected[700, 5] = True
    if masks_fixed_slits:
        expected[922:1116] = True
    np.testing.assert_array_equal(on_host(lit_pixels(rates, None, ())), expected)
    assert not (on_host(rates.dq)[..., 3, 3]).any()


def test_slices_and_the_place_of_fixed_slits(monkeypatch):
    labels = np.zeros((1200, 32), np.int32)
    labels[40:44, 3:30], labels[50:54, 3:30] = 1, 2
    slices = Slices(current_backend().asarray(labels), lambda number: Wcs((), ()))
    monkeypatch.setattr(Exposure, "ifu_slices", slices)
    expected = labels > 0
    expected[922:1116] = expected[700, 5] = True
    np.testing.assert_array_equal(on_host(lit_pixels(exposure("NRS_IFU"), None, ())), expected)


def test_steps_that_find_slits():
    def names(kind, always_flags):
        return [type(step).__name__ for step in steps_of_scene(exposure(kind), always_flags)]

    assert names("NRS_FIXEDSLIT", False) == ["AssignWcsStep"]
    assert names("NRS_FIXEDSLIT", True) == names("NRS_MSASPEC", False) == ["AssignWcsStep", "MSAFlagOpenStep"]
    assert names("NRS_IFU", False) == names("NRS_IFU", True) == names("NRS_MSASPEC", False)
    assert names("MIR_IMAGE", True) == []
    placed = exposure("NRS_MSASPEC")
    placed.model._instance["meta"]["wcs"] = object()
    assert [type(step).__name__ for step in steps_of_scene(placed, False)] == ["MSAFlagOpenStep"]
