"""Coordinates of a moving target: it stands still, also over right ascension 0; or nothing is done."""

import gwcs
import numpy as np
import pytest

from gpucal.steps.pointing.assign_mtwcs import AssignMTWcsStep
from tests.sky_exposures import SIZE, sky_image

# The target in each exposure: it moves by 0.4 arcsec to the east and north, and crosses right ascension 0.
PLACES = [(359.99995, -27.8), (0.00005, -27.7999), (0.00015, -27.7998)]


def exposures(places=PLACES):
    models = [sky_image(number, place=(10 * number, 0)) for number in range(len(places))]
    for model, place in zip(models, places, strict=True):
        model.meta.wcsinfo.mt_ra, model.meta.wcsinfo.mt_dec = place
    return models


def test_the_target_stands_still():
    given = exposures()
    result = AssignMTWcsStep.call(given, disable_crds_steppars=True)
    for model, before, place in zip(result, given, PLACES, strict=True):
        info = model.meta.wcsinfo
        assert (info.mt_avra, info.mt_avdec) == pytest.approx((0.00005, -27.7999), abs=1e-10)
        assert isinstance(model.meta.wcs, gwcs.WCS)
        assert model.meta.wcs.available_frames == [*before.meta.wcs.available_frames, "moving_target"]
        pixel = before.meta.wcs.invert(*place, with_bounding_box=False)
        ra, dec = model.meta.wcs(*pixel, with_bounding_box=False)
        # As near as the inverse of the distortion is exact: a hundredth of a pixel.
        assert ((ra + 180) % 360 - 180, dec) == pytest.approx((0.00005, -27.7999), abs=1.7e-7)
        assert model.meta.cal_step.assign_mtwcs == "COMPLETE"


def test_the_footprint_is_that_of_the_target():
    model = AssignMTWcsStep.call(exposures(), disable_crds_steppars=True)[2]
    words = model.meta.wcsinfo.s_region.split()
    assert words[:2] == ["POLYGON", "ICRS"]
    corners = np.array(words[2:], float).reshape(4, 2)
    edges = [-0.5, -0.5, SIZE - 0.5, SIZE - 0.5], [-0.5, SIZE - 0.5, SIZE - 0.5, -0.5]
    ra, dec = model.meta.wcs(*edges, with_bounding_box=False)
    np.testing.assert_allclose(corners, np.stack([ra % 360, dec], 1), atol=1e-9)
    assert ((corners[:, 0] >= 0) & (corners[:, 0] < 360)).all()


@pytest.mark.parametrize("place", [(None, -27.8), (0.1, None)])
def test_a_place_that_is_missing(place, caplog):
    given = exposures([PLACES[0], place])
    result = AssignMTWcsStep.call(given, disable_crds_steppars=True)
    for model in result:
        assert model.meta.wcs.output_frame.name == "world"
        assert model.meta.wcsinfo.mt_avra is None
        assert model.meta.cal_step.assign_mtwcs == "SKIPPED"
    assert f"MT_RA or MT_DEC is missing from {given[1].meta.filename}" in caplog.text


def test_products_are_named_after_exposures(tmp_path):
    AssignMTWcsStep.call(exposures(), save_results=True, output_dir=str(tmp_path), disable_crds_steppars=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"jw01234001001_02101_0000{number + 1}_nrcalong{number}_assign_mtwcs.fits" for number in range(3)]
