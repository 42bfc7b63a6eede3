"""Stage 2 of images: products and their names, associations, what is left out."""

import json

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.associations import AssociationError
from gpucal.cli.main import main
from gpucal.pipelines import Image2Pipeline
from gpucal.simulate import Field, ImagingOptions, observe


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    place = tmp_path_factory.mktemp("observed")
    options = ImagingOptions(Field(stars=3, galaxies=0))
    return observe(place, "background", ("MIRIMAGE",), subarray="SUB64", rates=True, options=options)


@pytest.fixture(autouse=True)
def offline(observed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    with observed.crds():
        yield


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def association(observed, *products):
    """An association of products, each a name and the numbers of its science exposures."""
    path = observed.level2.with_name("mine_asn.json")
    files = [one.path.name for one in observed.science]
    listed = [
        {"name": name, "members": [{"expname": files[place], "exptype": "science"} for place in places]}
        for name, places in products
    ]
    path.write_text(json.dumps({"asn_rule": "DMSLevel2bBase", "asn_id": "a3001", "products": listed}))
    return path


def test_an_exposure_has_two_products_named_after_it(observed, tmp_path):
    first = observed.science[0]
    (calibrated,) = Image2Pipeline.call(str(first.path), output_dir="out", save_results=True)
    assert names(tmp_path / "out") == [first.product("cal").name, first.product("i2d").name]
    assert names(tmp_path) == ["out"]
    assert calibrated.meta.filename == first.product("cal").name
    assert calibrated.meta.cal_step.photom == "COMPLETE"
    assert calibrated.meta.cal_step.bkg_subtract is None
    assert calibrated.meta.bunit_data == "MJy/sr"
    assert calibrated.meta.asn.table_name == "singleton"


def test_a_product_of_an_association_is_named_by_it_and_loses_its_background(observed, tmp_path):
    skipped = {"resample": {"skip": True}}
    calibrated = Image2Pipeline.call(str(observed.level2), steps=skipped)
    assert [one.meta.cal_step.bkg_subtract for one in calibrated] == ["COMPLETE"] * len(observed.science)
    with_sky = Image2Pipeline.call(str(observed.level2), steps=skipped | {"bkg_subtract": {"skip": True}})
    taken = [np.nanmedian(before.data - after.data) for before, after in zip(with_sky, calibrated, strict=True)]
    sky = [one.sky for one in observed.exposures if one.role == "background"]
    np.testing.assert_allclose(taken, np.mean(sky), rtol=0.2)

    given = association(observed, ("star", [0]))
    Image2Pipeline.call(str(given), output_dir="out", save_results=True)
    assert names(tmp_path / "out") == ["star_cal.fits", "star_i2d.fits"]
    with datamodels.open(tmp_path / "out" / "star_cal.fits") as calibrated:
        assert calibrated.meta.asn.table_name == "mine_asn.json"


def test_a_bad_product_does_not_stop_the_others(observed, tmp_path):
    given = association(observed, ("first", [0]), ("second", [1]))
    tree = json.loads(given.read_text())
    tree["products"][0]["members"][0]["expname"] = "gone_rate.fits"
    given.write_text(json.dumps(tree))
    with pytest.raises(AssociationError, match="1 of 2 products could not be made, as told above: first"):
        Image2Pipeline.call(str(given), output_dir="out", save_results=True)
    assert names(tmp_path / "out") == ["second_cal.fits", "second_i2d.fits"]


def test_an_association_of_stage_3_is_refused(observed, capsys):
    assert main(["strun", "calwebb_image2", str(observed.level3[0])]) == 1
    assert "is an association for stage 3, and calwebb_image2 is stage 2" in capsys.readouterr().err


def test_what_is_subtracted_can_be_saved(observed, tmp_path):
    Image2Pipeline.call(str(observed.level2), output_dir="out", save_bsub=True)
    assert names(tmp_path / "out") == sorted(one.product("bsub").name for one in observed.science)


def test_what_is_calibrated_already_is_refused(observed, capsys):
    Image2Pipeline.call(str(observed.science[0].path), output_dir="out", save_results=True)
    given = f"out/{observed.science[0].product('cal').name}"
    assert main(["strun", "calwebb_image2", given]) == 1
    assert "is calibrated already (flat_field and photom are COMPLETE)" in capsys.readouterr().err
