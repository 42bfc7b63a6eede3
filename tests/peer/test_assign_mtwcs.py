"""Coordinates of moving targets agree with jwst."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps.pointing.assign_mtwcs import AssignMTWcsStep
from tests.sky_exposures import sky_image

PLACES = [(0.00105, -27.8), (0.00115, -27.79995), (0.0013, -27.7998)]


@pytest.mark.usefixtures("without_parameter_references")
@pytest.mark.parametrize("known", [True, False])
def test_exposures_get_the_coordinates_of_jwst(known, peer_step):
    models = [sky_image(number, place=(12 * number, 3)) for number in range(len(PLACES))]
    for model, place in zip(models, PLACES, strict=True):
        model.meta.wcsinfo.mt_ra, model.meta.wcsinfo.mt_dec = place
    if not known:
        models[1].meta.wcsinfo.mt_dec = None
    library = peer_step("assign_mtwcs", models)
    ours = AssignMTWcsStep.call(models)
    with library:
        for place, our in enumerate(ours):
            their = library.borrow(place)
            if not known:
                assert our.meta.cal_step.assign_mtwcs == "SKIPPED"
                our.meta.cal_step.assign_mtwcs = "COMPLETE"  # as jwst says, though it did nothing
            compare(our, their).assert_agrees()
            assert our.meta.wcs.available_frames == their.meta.wcs.available_frames
            np.testing.assert_allclose(our.meta.wcs(10, 20), their.meta.wcs(10, 20), rtol=0, atol=1e-12)
            library.shelve(their, place, modify=False)
