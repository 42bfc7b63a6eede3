"""Shutters that are stuck open: which they are, and what is refused."""

import json

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.reference import Reference, ReferenceFileError
from gpucal.simulate.spectra.shutter_operability import msaoper
from gpucal.steps.images.msa_flagging import MSAFlagOpenStep
from gpucal.steps.parts.calibration.stuck_shutters import stuck_open


def reference(folder, content):
    (folder / "msaoper.json").write_text(json.dumps(content))
    return folder / "msaoper.json"


def test_each_is_a_slit_of_its_own(tmp_path):
    rows = [
        {"Q": 3, "x": 66, "y": 101, "Internal state": "normal", "TA state": "open", "state": "normal"},
        {"Q": 1, "x": 7, "y": 8, "Internal state": "closed", "TA state": "closed", "state": "closed"},
        {"Q": 4, "x": 2, "y": 1, "Internal state": "open", "TA state": "normal", "state": "normal"},
    ]
    first, second = stuck_open(Reference("msaoper", reference(tmp_path, {"msaoper": rows})))
    assert (first.name, first.slit_id, first.quadrant, first.xcen, first.ycen) == (1, 1, 3, 66, 101)
    assert first.shutter_id == 66 + 100 * 365 and (first.ymin, first.ymax) == (-0.5, 0.5)
    assert (second.slit_id, second.quadrant, second.shutter_id) == (2, 4, 2)


@pytest.mark.parametrize("content", [{}, {"msaoper": [{"Q": 3, "x": 66, "y": 101}]}, {"msaoper": 7}])
def test_another_list_is_refused(content, tmp_path):
    with pytest.raises(ReferenceFileError, match="is no list of shutters with their states"):
        stuck_open(Reference("msaoper", reference(tmp_path, content)))


def rates():
    model = datamodels.ImageModel((16, 16))
    model.dq = np.zeros((16, 16), np.uint32)
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", "NRS1"
    model.meta.exposure.type = "NRS_MSASPEC"
    return model


def test_the_references_of_the_coordinates_have_to_be_known(tmp_path):
    path = reference(tmp_path, msaoper(failed_open=[(3, 66, 101)]))
    with pytest.raises(GpucalError, match="does not name the references .* of its WCS; run assign_wcs first"):
        MSAFlagOpenStep.call(rates(), override_msaoper=str(path))


def test_no_shutter_no_flag(tmp_path):
    flagged = MSAFlagOpenStep.call(rates(), override_msaoper=str(reference(tmp_path, msaoper())))
    assert flagged.meta.cal_step.msa_flagging == "COMPLETE" and not flagged.dq.any()
