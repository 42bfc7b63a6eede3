"""Stage 3 of images: products and their names, memory, what stands alone, what is refused."""

import json

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from gpucal.data import InputError
from gpucal.pipelines import Image2Pipeline, Image3Pipeline
from gpucal.simulate import Field, ImagingOptions, Plan, PointingErrors, observe

OPTIONS = ImagingOptions(Field(stars=40, galaxies=3), PointingErrors(relative=0.05))


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """Calibrated exposures of a field, beside their association."""
    place = tmp_path_factory.mktemp("observed")
    made = observe(place, Plan(exposures=3), ("NRCALONG",), subarray="SUB160", rates=True, options=OPTIONS)
    with pytest.MonkeyPatch.context() as patch, made.crds():
        patch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
        Image2Pipeline.call(str(made.level2), output_dir=str(place), save_results=True)
    return made


@pytest.fixture(autouse=True)
def offline(observed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    with observed.crds():
        yield


def association(observed):
    return str(observed.level3[0])


def name_of(observed):
    return observed.level3[0].name.removesuffix("_image3_asn.json")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_products_are_named_after_the_product_and_its_members(observed, tmp_path):
    mosaic = Image3Pipeline.call(association(observed), output_dir="out", save_results=True)
    flagged = [one.product("o001_crf").name for one in observed.science]
    name = name_of(observed)
    assert names(tmp_path / "out") == sorted([*flagged, f"{name}_cat.ecsv", f"{name}_i2d.fits", f"{name}_segm.fits"])
    assert names(tmp_path) == ["out"]
    assert mosaic.meta.filename == f"{name}_i2d.fits"
    assert mosaic.meta.resample.pointings == 3
    assert {mosaic.meta.cal_step.tweakreg, mosaic.meta.cal_step.outlier_detection} == {"COMPLETE"}


def test_how_much_is_held_changes_no_bit(observed, tmp_path):
    for folder, in_memory in (("held", True), ("leased", False)):
        Image3Pipeline.call(association(observed), output_dir=folder, save_results=True, in_memory=in_memory)
    for name in names(tmp_path / "held"):
        if name.endswith(".fits"):
            with fits.open(tmp_path / "held" / name) as one, fits.open(tmp_path / "leased" / name) as other:
                for hdu in one[1:]:
                    if isinstance(hdu, fits.ImageHDU):
                        np.testing.assert_array_equal(hdu.data, other[hdu.name, hdu.ver].data, err_msg=name)
    assert names(tmp_path) == ["held", "leased"] and names(tmp_path / "held") == names(tmp_path / "leased")


def test_a_list_of_open_models_is_one_product_and_stays_as_it_is(observed):
    models = [datamodels.open(one.product("cal")) for one in observed.science[:2]]
    before = [model.dq.copy() for model in models]
    mosaic = Image3Pipeline.call(models, steps={"source_catalog": {"skip": True}})
    assert mosaic.meta.resample.pointings == 2
    assert mosaic.con.max() == 3
    for model, dq in zip(models, before, strict=True):
        np.testing.assert_array_equal(model.dq, dq)
        assert model.meta.cal_step.tweakreg is None


def test_one_exposure_is_a_mosaic_of_its_own(observed):
    mosaic = Image3Pipeline.call(str(observed.science[0].product("cal")), steps={"source_catalog": {"skip": True}})
    assert mosaic.meta.cal_step.resample == "COMPLETE"
    assert np.isfinite(mosaic.data).mean() > 0.5


def test_without_resampling_members_are_left(observed):
    left = Image3Pipeline.call(association(observed), steps={"resample": {"skip": True}})
    assert [model.meta.cal_step.outlier_detection for model in left] == ["COMPLETE"] * 3


def test_rates_are_refused(observed, capsys):
    raw = str(observed.science[0].path)
    with pytest.raises(InputError):
        Image3Pipeline.call(str(observed.level2.with_name("gone_asn.json")))
    assert main(["strun", "calwebb_image3", raw]) == 1
    words = capsys.readouterr()
    assert f"{raw}: has no world coordinates: stage 3 takes what stage 2 has calibrated (cal)" in words.err
    assert "Step tweakreg" not in words.out + words.err
    assert main(["strun", "calwebb_image3", str(level3_of_rates(observed))]) == 1
    assert "has no world coordinates, nor have 2 others: stage 3 takes" in capsys.readouterr().err


def level3_of_rates(observed):
    tree = json.loads(observed.level3[0].read_text())
    for member, exposure in zip(tree["products"][0]["members"], observed.science, strict=True):
        member["expname"] = exposure.path.name
    path = observed.level3[0].with_name("rates_asn.json")
    path.write_text(json.dumps(tree))
    return path


def test_single_mosaics_are_named_after_their_exposures(observed, tmp_path, caplog):
    caplog.set_level("INFO", "gpucal")
    made = Image3Pipeline.call(
        association(observed), output_dir="out", save_results=True, steps={"resample": {"single": True}}
    )
    single = [f"{one.product('cal').name.removesuffix('_cal.fits')}_i2d.fits" for one in observed.science]
    assert [model.meta.filename for model in made] == single
    assert [name for name in names(tmp_path / "out") if "_i2d" in name] == single
    assert len({model.data.shape for model in made}) == 1 and np.nanstd(made[0].data - made[1].data) > 0
    assert "there are 3 mosaics on one grid" in caplog.text
    assert "There is no catalog, as there is no mosaic of all exposures" in caplog.text


def test_a_missing_member_is_named_before_anything_is_done(observed, tmp_path, capsys):
    tree = json.loads(observed.level3[0].read_text())
    tree["products"][0]["members"][1]["expname"] = "gone_cal.fits"
    path = observed.level3[0].with_name("mine_asn.json")
    path.write_text(json.dumps(tree))
    assert main(["strun", "calwebb_image3", str(path), "--output_dir=out"]) == 1
    assert "gone_cal.fits" in capsys.readouterr().err
    assert names(tmp_path) == []


def changed(observed, place, **values):
    """A calibrated exposure with other metadata, as an open model."""
    model = datamodels.open(observed.science[place].product("cal"))
    for name, value in values.items():
        holder, last = model.meta, name
        if name == "instrument":
            holder, last = model.meta.instrument, "name"
        setattr(holder, last, value)
    return model


@pytest.mark.parametrize(
    ("values", "words"),
    [({"bunit_data": "DN/s"}, "BUNIT is DN/s, and MJy/sr in"), ({"instrument": "MIRI"}, "INSTRUME is MIRI")],
)
def test_exposures_that_cannot_be_combined_are_named(observed, values, words):
    with pytest.raises(InputError, match=words):
        Image3Pipeline.call([str(observed.science[0].product("cal")), changed(observed, 1, **values)])


def test_a_mosaic_in_another_unit_has_no_catalog(observed, tmp_path):
    models = [changed(observed, place, bunit_data="DN/s") for place in range(2)]
    Image3Pipeline.call(models, output_dir="out", save_results=True, steps={"tweakreg": {"skip": True}})
    assert {name.rpartition("_")[2] for name in names(tmp_path / "out")} == {"crf.fits", "i2d.fits"}


def test_names_of_associations_may_have_other_letters(observed, tmp_path):
    path = observed.level3[0].with_name("\u00fcn\u00ef_\u2603.json")
    path.write_text(observed.level3[0].read_text())
    mosaic = Image3Pipeline.call(str(path), steps={"source_catalog": {"skip": True}})
    assert mosaic.hdrtab["ASNTABLE"][0] == r"\xfcn\xef_\u2603.json"


def test_in_a_batch_a_lone_exposure_is_a_product(observed, tmp_path):
    path = str(observed.science[0].product("cal"))
    words = ["batch", "calwebb_image3", path, "--output-dir=out", "--steps.source_catalog.skip=true"]
    assert main(words) == 0
    assert observed.science[0].product("i2d").name in names(tmp_path / "out")
