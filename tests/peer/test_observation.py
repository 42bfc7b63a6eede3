"""The cache of a simulated observation serves all that the steps of jwst for images ask for."""

import crds
import pytest
from stdatamodels.jwst import datamodels

from gpucal.simulate import Field, ImagingOptions, Plan, observe


@pytest.mark.parametrize(
    ("detector", "subarray"),
    [("NRCB4", "SUB160"), ("NIS", "SUB64"), ("MIRIMAGE", "SUB64"), ("GUIDER1", "SUB32CNTR")],
)
def test_every_type_is_found_or_does_not_apply(tmp_path, detector, subarray):
    from jwst.pipeline import Image2Pipeline, Image3Pipeline

    options = ImagingOptions(Field(stars=2, galaxies=0))
    observation = observe(tmp_path, Plan(exposures=1), (detector,), subarray=subarray, rates=True, options=options)
    steps = {**Image2Pipeline.step_defs, **Image3Pipeline.step_defs}
    types = {kind for step in steps.values() for kind in step.reference_file_types}
    types |= {step.get_config_reftype() for step in (*steps.values(), Image2Pipeline, Image3Pipeline)}
    with observation.crds(), datamodels.open(observation.exposures[0].path) as model:
        found = crds.getreferences(model.get_crds_parameters(), reftypes=sorted(types), observatory="jwst")
    assert set(found) == types and len(types) > 30
    served = {kind: path for kind, path in found.items() if not path.upper().startswith("NOT FOUND N/A")}
    assert served == {kind: str(path) for kind, path in observation.exposures[0].references.items()}
