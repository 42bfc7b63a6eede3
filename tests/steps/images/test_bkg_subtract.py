"""The bkg_subtract step: where backgrounds come from, and what it says of those that will not do."""

import json

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import InputError, write_model
from gpucal.steps.images.bkg_subtract import BackgroundStep

SHAPE = (8, 10)


@pytest.fixture(autouse=True)
def no_parameter_references(monkeypatch):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")


def rate(path, level, dq=0, start=(1, 1), **instrument):
    model = datamodels.ImageModel(data=np.full(SHAPE, level, np.float32))
    model.err, model.dq = np.full(SHAPE, 0.5, np.float32), np.full(SHAPE, dq, np.uint32)
    meta = model.meta
    meta.instrument.name, meta.instrument.detector = "MIRI", "MIRIMAGE"
    for name, value in instrument.items():
        setattr(meta.instrument, name, value)
    meta.exposure.type = "MIR_IMAGE"
    meta.subarray.xstart, meta.subarray.ystart = start
    meta.subarray.ysize, meta.subarray.xsize = SHAPE
    write_model(model, path)
    return str(path)


def association(folder, *members):
    listed = [{"expname": name, "exptype": role} for name, role in members]
    path = folder / "asn.json"
    path.write_text(json.dumps({"products": [{"name": "star", "members": listed}]}))
    return path


def test_backgrounds_of_the_association_are_subtracted(tmp_path, monkeypatch):
    rate(tmp_path / "a_rate.fits", 10, dq=2)
    rate(tmp_path / "sky1_rate.fits", 3, dq=4)
    rate(tmp_path / "sky2_rate.fits", 4, dq=8)
    monkeypatch.chdir(tmp_path.parent)  # members are beside the association, not in the working directory
    given = association(
        tmp_path, ("a_rate.fits", "science"), ("sky1_rate.fits", "background"), ("sky2_rate.fits", "background")
    )
    result = BackgroundStep.call(str(given))
    np.testing.assert_array_equal(result.data, np.full(SHAPE, 6.5))
    np.testing.assert_array_equal(result.err, np.full(SHAPE, 0.5))
    assert (result.dq == 14).all()
    assert result.meta.cal_step.bkg_subtract == "COMPLETE"
    assert result.meta.asn.table_name == "asn.json"


def test_without_backgrounds_it_is_skipped(tmp_path):
    result = BackgroundStep.call(rate(tmp_path / "a_rate.fits", 10))
    assert (result.data == 10).all()
    assert result.meta.cal_step.bkg_subtract == "SKIPPED"


@pytest.mark.parametrize("opened", [False, True])
def test_backgrounds_may_be_given_beside_the_exposure(tmp_path, opened):
    paths = [rate(tmp_path / f"{name}_rate.fits", level) for name, level in (("a", 10), ("sky1", 3), ("sky2", 4))]
    science, *skies = [datamodels.open(path) for path in paths] if opened else paths
    step = BackgroundStep()
    for result in (BackgroundStep.call(science, skies), step.run(science, skies), step.run(science, bkg_list=skies)):
        np.testing.assert_array_equal(result.data, np.full(SHAPE, 6.5))
    np.testing.assert_array_equal(BackgroundStep.call(science, skies[0]).data, np.full(SHAPE, 7.0))
    if not opened:
        listed = BackgroundStep.call(science, ",".join(map(str, skies)))
        np.testing.assert_array_equal(listed.data, np.full(SHAPE, 6.5))
    assert step.run(science).meta.cal_step.bkg_subtract == "SKIPPED"
    if opened:
        assert (science.data == 10).all() and (skies[0].data == 3).all()


def test_where_a_background_has_no_pixel_nothing_is_subtracted(tmp_path):
    shifted = rate(tmp_path / "sky_rate.fits", 3, dq=4, start=(4, 6))
    result = BackgroundStep.call(rate(tmp_path / "a_rate.fits", 10), bkg_list=[shifted])
    expected = np.full(SHAPE, 10.0)
    expected[5:, 3:] = 7
    np.testing.assert_array_equal(result.data, expected)
    np.testing.assert_array_equal(result.dq, np.where(expected == 7, 4, 0))


def test_a_grating_that_stood_otherwise_is_told(tmp_path):
    tilts = {"name": "NIRSPEC", "detector": "NRS1", "gwa_xtilt": 0.1, "gwa_ytilt": 0.2}
    sky = rate(tmp_path / "sky_rate.fits", 3, **(tilts | {"gwa_ytilt": 0.2001}))
    result = BackgroundStep.call(rate(tmp_path / "a_rate.fits", 10, **tilts), bkg_list=[sky])
    assert (result.data == 10).all()
    assert result.meta.cal_step.bkg_subtract == "SKIPPED"


def test_integrations_are_no_background_of_an_image(tmp_path):
    cube = datamodels.CubeModel(data=np.zeros((2, *SHAPE), np.float32))
    write_model(cube, tmp_path / "sky_rateints.fits")
    with pytest.raises(InputError, match="sky_rateints.fits: is of type CubeModel"):
        BackgroundStep.call(rate(tmp_path / "a_rate.fits", 10), bkg_list=[str(tmp_path / "sky_rateints.fits")])


def test_what_is_no_background_of_the_exposure_is_refused(tmp_path):
    science = rate(tmp_path / "a_rate.fits", 10)
    other = rate(tmp_path / "other_rate.fits", 1, detector="MIRIFULONG")
    turned = rate(tmp_path / "turned_rate.fits", 1, grating="G140H")
    refused = {science: "is the exposure itself", other: "is of detector MIRIFULONG", turned: "is of grating G140H"}
    for sky, words in refused.items():
        with pytest.raises(InputError, match=words):
            BackgroundStep.call(science, bkg_list=[sky])


def test_other_filters_and_pixels_are_told(tmp_path, caplog):
    science = rate(tmp_path / "a_rate.fits", 10, filter="F770W")
    sky = rate(tmp_path / "sky_rate.fits", 3, filter="F1000W", start=(4, 6))
    BackgroundStep.call(science, bkg_list=[sky])
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert any("filter F1000W" in line for line in told) and any("lacks pixels" in line for line in told)
