"""Coordinates of a moving target: it stands still, also over right ascension 0; or nothing is done."""

import gwcs
import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.steps.pointing.assign_mtwcs import AssignMTWcsStep
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from tests.lrs_exposures import exposure, overrides, specwcs
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


def spectrum_on_the_sky(tmp_path, number):
    settings = overrides(specwcs(tmp_path))
    model = AssignWcsStep.call(exposure("MIR_LRS-FIXEDSLIT"), disable_crds_steppars=True, **settings)
    model.meta.filename = f"a{number}_cal.fits"
    return model


@pytest.mark.parametrize("in_slits", [False, True])
def test_wavelengths_stay(tmp_path, in_slits):
    models = [spectrum_on_the_sky(tmp_path, number) for number in range(2)]
    for model, place in zip(models, PLACES[:2], strict=True):
        model.meta.wcsinfo.mt_ra, model.meta.wcsinfo.mt_dec = place
    given = [with_slits(model) for model in models] if in_slits else models
    result = AssignMTWcsStep.call(given, disable_crds_steppars=True)
    at = [320, 325, 330], [20, 200, 380]
    for model, before, place in zip(result, models, PLACES[:2], strict=True):
        for one in model.slits if in_slits else [model]:
            ra, dec, wavelength = before.meta.wcs(*at)
            moved = one.meta.wcs(*at)
            assert np.isfinite(wavelength).all() and one.meta.wcs.output_frame.name == "moving_target"
            np.testing.assert_allclose((moved[0] - ra + 180) % 360 - 180, (0.0 - place[0] + 180) % 360 - 180, atol=1e-9)
            np.testing.assert_allclose(moved[1] - dec, -27.79995 - place[1], atol=1e-9)
            np.testing.assert_array_equal(moved[2], wavelength)
            assert one.meta.wcsinfo.mt_avdec == pytest.approx(-27.79995, abs=1e-10)


def with_slits(model):
    """The same image in two slits."""
    made = datamodels.MultiSlitModel()
    made.update(model)
    for _ in range(2):
        slit = datamodels.SlitModel(model.data[:400])
        slit.meta.wcs, slit.meta.wcsinfo = model.meta.wcs, model.meta.wcsinfo
        made.slits.append(slit)
    made.meta.filename = model.meta.filename
    return made
