"""Types of sources are those of jwst."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.spectra.srctype import SourceTypeStep

SLITS = [
    {"name": "S200A1", "source_id": 1, "stellarity": 0.9, "source_xpos": 0.2, "source_ypos": 0.1, "is_extended": True},
    {"name": "S400A1", "source_id": 2, "stellarity": 0.1, "source_xpos": 0.2, "source_ypos": 0.1, "is_extended": False},
    {"name": "3", "source_id": 3, "stellarity": -1.0, "source_xpos": 0.2, "source_ypos": 0.1},
]
HEADERS = {
    "bare": {},
    "background": {"observation.bkgdtarg": True},
    "series": {"visit.tsovisit": True, "exposure.nints": 5},
    "point": {"target.source_type_apt": "POINT"},
    "extended": {"target.source_type_apt": "EXTENDED"},
    "nod": {"dither.primary_type": "3-POINT-NOD"},
    "optimized": {"dither.optimized_for": "POINT-SOURCE", "target.source_type_apt": "UNKNOWN"},
}
SINGLE = ("MIR_LRS-FIXEDSLIT", "MIR_LRS-SLITLESS", "MIR_MRS", "NIS_SOSS", "NRS_BRIGHTOBJ", "NRS_IFU", "NRS_LAMP")
MULTIPLE = ("NRS_FIXEDSLIT", "NRS_MSASPEC", "NIS_WFSS", "NRC_TSGRISM", "NRS_AUTOFLAT")


def model_of(kind, header):
    if kind in MULTIPLE:
        model = datamodels.MultiSlitModel()
        for values in SLITS:
            model.slits.append(datamodels.SlitModel((3, 4)).instance | {"data": np.ones((3, 4), np.float32)} | values)
    else:
        model = datamodels.SlitModel((3, 4)) if kind == "NRS_BRIGHTOBJ" else datamodels.ImageModel((3, 4))
    model.meta.exposure.type = kind
    model.meta.instrument.fixed_slit = "S400A1"
    model.meta.filename = "made_cal.fits"
    for place, value in HEADERS[header].items():
        model[f"meta.{place}"] = value
    return model


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("kind", SINGLE + MULTIPLE)
def test_sources_are_of_the_same_type(kind, header, peer_step):
    model = model_of(kind, header)
    compare(SourceTypeStep.call(model), peer_step("srctype", model)).assert_agrees()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", ["NRS_FIXEDSLIT", "MIR_LRS-FIXEDSLIT", "NRS_BRIGHTOBJ"])
def test_the_user_may_say_what_it_is(kind, peer_step):
    model = model_of(kind, "series")
    told = {"source_type": "EXTENDED"}
    compare(SourceTypeStep.call(model, **told), peer_step("srctype", model, **told)).assert_agrees()
