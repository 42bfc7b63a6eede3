"""The tweakreg step: what becomes of each image, where sources come from and go to, what is told."""

import json
import subprocess
import sys

import numpy as np
import pytest
from astropy.table import Table

from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure, Members, open_exposure, write_model
from gpucal.data.membership import Membership
from gpucal.steps.pointing.tweakreg import TweakRegStep, year_of
from tests.star_fields import DITHERS, Dither, field, model_of, models_of, with_object


@pytest.fixture
def members(tmp_path):
    """Four images whose headers name catalogues; of those in ``few`` nine stars are left."""

    def make(few=(), dithers=DITHERS, membership=None):
        made = field(dithers, noise=0.0)
        for place in few:
            image = made.images[place]
            made.images[place] = image._replace(x=image.x[:9], y=image.y[:9])
        models = models_of(made, tmp_path)
        Table({"RA": made.ra, "DEC": made.dec}).write(tmp_path / "truth.ecsv", overwrite=True)
        return Members([Exposure(model) for model in models], membership)

    return make


def run(given, **parameters):
    """What the step tells of each image, by place; those that it tells nothing of are complete."""
    TweakRegStep(use_custom_catalogs=True, **parameters).process(given, None)
    return given.take_statuses()


def frames(given):
    return ["v2v3corr" in exposure.get_wcs().frame_names for exposure in given]


def sky(exposure, x=1000.0, y=700.0):
    return exposure.get_wcs().program().at(x, y)


def test_images_are_aligned(members):
    given = members()
    assert run(given) == {}
    assert frames(given) == [False, True, True, True]
    assert not any(exposure.arrays for exposure in given)  # their pixels were not asked for


def test_keywords_follow(members):
    given = members()
    before = [exposure.meta.wcsinfo.s_region for exposure in given]
    run(given)
    for exposure, earlier in list(zip(given, before, strict=True))[1:]:
        told = exposure.meta.wcsinfo.instance
        assert told["s_region"].startswith("POLYGON ICRS  ") and told["s_region"] != earlier
        corner = np.array(told["s_region"].split()[2:4], float)
        np.testing.assert_allclose(corner, sky(exposure, -0.5, -0.5), rtol=0, atol=1e-9)
        assert told["ctype1"] == "RA---TAN-SIP"
    assert run(given := members(), sip_approx=False) == {}
    assert "ctype1" not in given[1].meta.wcsinfo.instance and "s_region" in given[1].meta.wcsinfo.instance


def test_one_bad_image_is_told_and_the_others_are_aligned(members, caplog):
    given = members(few=[2])
    assert run(given) == {2: "FAILED"}
    assert frames(given) == [False, True, False, True]
    assert "00003_nrcalong_cal.fits is not aligned: 8 of its sources match, and 15 are asked for" in caplog.text


def test_an_image_alone_is_skipped(members):
    given = members(dithers=DITHERS[:1])
    with pytest.raises(SkipStep, match="at least two exposures"):
        run(given)
    with pytest.raises(SkipStep, match="no image is aligned"):
        run(members(dithers=DITHERS[:1]), save_catalogs=True)


def test_parameters_that_let_stars_be_confused_are_told(members, caplog):
    with pytest.raises(SkipStep, match="no image is aligned"):
        run(members(), separation=0.9, tolerance=0.7)
    assert "separation has to be larger than tolerance by the square root of two" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("searchrad", 1e4), ("abs_searchrad", np.inf), ("tolerance", 0.0), ("separation", np.nan), ("xoffset", np.nan),
     ("minobj", 0), ("abs_minobj", -3)],
)
def test_parameters_out_of_their_limits(members, name, value):
    with pytest.raises(GpucalError, match=f"{name} is {value}; it has to be from"):
        run(members(), **{name: value})


def test_images_are_aligned_to_a_catalogue(members, tmp_path):
    given = members()
    assert run(given, abs_refcat=str(tmp_path / "truth.ecsv")) == {}
    assert frames(given) == [True] * 4
    assert {exposure.get_wcs().name for exposure in given} == {f"FIT-LVL3-{tmp_path / 'truth.ecsv'}"}


def test_one_image_is_aligned_to_a_catalogue(members, tmp_path):
    given = members(dithers=[Dither(error_east=0.5)])
    assert run(given, abs_refcat=str(tmp_path / "truth.ecsv")) == {}
    assert frames(given) == [True]


def test_those_that_failed_move_along_with_the_others_and_say_so(members, tmp_path):
    dithers = [dither._replace(error_east=0.5, error_north=0.0, error_roll=0.0) for dither in DITHERS]
    given = members(few=[3], dithers=dithers)
    before = sky(given[3])
    assert run(given, abs_refcat=str(tmp_path / "truth.ecsv")) == {3: "FAILED"}
    moved = (before - sky(given[3])) * 3600 * [np.cos(np.deg2rad(27.8)), 1]
    np.testing.assert_allclose(moved, [0.5, 0.0], atol=1e-3)
    assert given[3].get_wcs().name == "" and given[0].get_wcs().name.startswith("FIT-LVL3-")


@pytest.mark.parametrize(("as_peer", "corrected"), [("0", [False, True, True, True]), ("1", [False] * 4)])
def test_without_a_network_images_are_aligned_to_each_other(members, monkeypatch, caplog, as_peer, corrected):
    monkeypatch.setenv("ASTROMETRIC_CATALOG_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GPUCAL_AS_PEER", as_peer)
    given = members()
    assert run(given, abs_refcat="gaiadr3") == {}
    assert frames(given) == corrected
    assert "The images are not aligned to gaiadr3: GAIADR3: no catalogue from http://127.0.0.1:9" in caplog.text


def test_a_catalogue_that_is_not_there_is_told_before_the_work(members, tmp_path):
    with pytest.raises(GpucalError, match="abs_refcat: GAIADR9 is no file, and none of GAIAREFCAT, GAIADR3"):
        run(members(), abs_refcat="GAIADR9")
    Table({"a": [1.0]}).write(tmp_path / "odd.ecsv")
    with pytest.raises(GpucalError, match=r"odd\.ecsv: has neither columns RA and DEC"):
        run(members(), abs_refcat=str(tmp_path / "odd.ecsv"))


def test_catalogues_come_from_a_list_an_association_or_the_header(members, tmp_path, caplog):
    caplog.set_level("INFO")
    names = [exposure.meta.filename for exposure in members()]
    few = tmp_path / "few.ecsv"
    Table({"xcentroid": [5.0, 900.0], "ycentroid": [7.0, 800.0]}).write(few)

    assert run(members(membership=Membership(catalogs={names[1]: few}))) == {1: "FAILED"}

    (tmp_path / "list.txt").write_text("".join(f"{name} stars_{place}.ecsv\n" for place, name in enumerate(names, 1)))
    assert run(members(), catfile=str(tmp_path / "list.txt")) == {}
    (tmp_path / "list.txt").write_text(f"{names[2]} few.ecsv\n")
    given = members()
    assert run(given, catfile=str(tmp_path / "list.txt")) == {2: "FAILED"}
    assert given[2].meta.tweakreg_catalog == str(few)
    assert f"The sources of {names[2]} are those of {few}" in caplog.text


def test_a_list_without_catalogues_is_told_and_sources_are_looked_for(members, tmp_path, caplog):
    (tmp_path / "list.txt").write_text("# nothing\n")
    with pytest.raises(SkipStep, match="no image is aligned"):  # images of eight pixels have no stars
        run(members(dithers=DITHERS[:2]), catfile=str(tmp_path / "list.txt"))
    assert "list.txt lists no catalogues: sources are looked for in all images" in caplog.text


def test_a_catalogue_named_in_a_header_is_looked_for_beside_the_image(members, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    given = members()
    for exposure in given:
        exposure.meta.tweakreg_catalog = exposure.meta.tweakreg_catalog.rpartition("/")[2]
        exposure.origin = tmp_path / exposure.meta.filename
    assert run(given) == {}
    given[1].meta.tweakreg_catalog = "none.ecsv"
    with pytest.raises(GpucalError, match=r"none\.ecsv: there is no such catalogue"):
        run(given)


def test_an_image_without_coordinates_is_told(members):
    given = members()
    del given[1].model._instance["meta"]["wcs"]
    with pytest.raises(GpucalError, match="has no world coordinates; run assign_wcs on it first"):
        run(given)


def stars(place, error):
    """An image with fifty round stars, and its model."""
    rng = np.random.default_rng(3)
    (image,) = field([Dither(error_east=error)], nstars=6000, seed=5).images
    model = model_of(image, place, (256, 256))
    y, x = np.mgrid[:256, :256]
    data = np.random.default_rng(place).normal(0.0, 0.02, (256, 256))
    for center_x, center_y in zip(image.x, image.y, strict=True):
        if center_x < 256 and center_y < 256:
            data += rng.uniform(5, 50) * np.exp(-((x - center_x) ** 2 + (y - center_y) ** 2) / 2 / 1.2**2)
    model.data, model.err = data.astype(np.float32), np.full(data.shape, 0.02, np.float32)
    model.dq = np.zeros(data.shape, np.uint32)
    return model


@pytest.mark.parametrize("ending", ["ecsv", "fits"])
def test_sources_are_found_one_image_at_a_time_and_written_with_the_products(tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)
    files = []
    for place, error in ((1, 0.0), (2, 0.3)):
        model = with_object(stars(place, error))
        files.append(tmp_path / model.meta.filename)
        write_model(model, files[-1])
    given = Members([open_exposure(path) for path in files], nbytes=0)
    step = TweakRegStep(save_catalogs=True, catalog_format=ending, output_dir=str(tmp_path / "out"), bkg_boxsize=100)
    step.process(given, None)
    assert given.take_statuses() == {} and frames(given) == [False, True]
    assert not any(exposure.arrays for exposure in given)
    assert sorted(path.name for path in tmp_path.iterdir()) == [*(path.name for path in files), "out"]
    for exposure in given:
        name = exposure.meta.tweakreg_catalog
        assert name == exposure.meta.filename.replace(".fits", f"_cat.{ending}")
        written = Table.read(tmp_path / "out" / name)
        assert written.colnames == ["id", "x", "y", "flux"] and len(written) > 30
    with pytest.raises(GpucalError, match="catalog_format is 'csv'; it has to be ecsv or fits"):
        TweakRegStep(save_catalogs=True, catalog_format="csv").process(given, None)


PROGRAM = """
import sys
from gpucal.cli.main import main
code = main(["strun", "tweakreg", sys.argv[1], "--output_dir", sys.argv[2], "--use_custom_catalogs=true"])
unwanted = {"gwcs", "photutils", "tweakwcs", "astropy.modeling.core", "spherical_geometry", "shapely"}
print(code, sorted(unwanted & {name for name, module in sys.modules.items() if type(module).__name__ == "module"}))
"""


def test_the_command_does_without_large_packages(tmp_path, monkeypatch):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    listed = []
    for model in models_of(field(DITHERS[:2]), tmp_path):
        write_model(with_object(model), tmp_path / model.meta.filename)
        listed.append({"expname": model.meta.filename, "exptype": "science"})
    (tmp_path / "asn.json").write_text(
        json.dumps({"asn_id": "a3001", "asn_rule": "Asn_Lv3Image", "products": [{"name": "field", "members": listed}]})
    )
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "asn.json", tmp_path / "out"], capture_output=True, text=True
    )
    assert made.stdout.splitlines()[-1:] == ["0 []"], made.stderr[-2000:]
    second = sorted((tmp_path / "out").iterdir())[1]
    exposure = open_exposure(second)
    assert exposure.get_wcs().frame_names[3] == "v2v3corr"
    assert exposure.meta.cal_step.tweakreg == "COMPLETE"


def test_the_year_has_its_fraction(members):
    exposure = members(dithers=DITHERS[:1])[0]
    exposure.meta.observation.date = "2024-07-02"  # the middle of a leap year
    assert year_of(exposure) == 2024.5
    exposure.meta.observation.date = None
    with pytest.raises(GpucalError, match="the header lacks DATE-OBS"):
        year_of(exposure)
