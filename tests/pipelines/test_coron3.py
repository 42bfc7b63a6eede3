"""Stage 3 of coronagraphs on simulated exposures: products, companions where they are, and what will not do."""

import json

import numpy as np
import pytest
from astropy.io import fits

from gpucal.cli.main import main
from gpucal.data import open_exposure
from gpucal.pictures import draw
from gpucal.pipelines.coron3 import Coron3Pipeline
from gpucal.pipelines.image2 import Image2Pipeline
from gpucal.simulate import CoronagraphyPlan, observe_coronagraph
from gpucal.steps.parts.starlight.places import Place, pixels_at
from gpucal.steps.parts.starlight.subtraction import Star

REFERENCES, NINTS = 4, 2


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    """Two rolls of MIRI, calibrated, and four exposures of a reference star."""
    plan = CoronagraphyPlan("4QPM_1550", references=REFERENCES, nints=NINTS, reference_nints=1)
    made = observe_coronagraph(tmp_path_factory.mktemp("coron"), plan)
    folder = made.level2.parent
    with made.crds():
        Image2Pipeline(save_results=True, output_dir=str(folder)).make_products(made.level2)
    return made


@pytest.fixture(autouse=True)
def served(observation):
    """Within a test, CRDS serves its references."""
    with observation.crds():
        yield


def association(observation, path, change=lambda members: members):
    """The association of stage 3 with other members, beside the exposures."""
    tree = json.loads(observation.level3.read_text())
    tree["products"][0]["members"] = change(tree["products"][0]["members"])
    path = observation.level3.parent / path
    path.write_text(json.dumps(tree))
    return path


def run(observation, folder, path=None, **parameters):
    return Coron3Pipeline.call(
        path or observation.level3, output_dir=str(folder), disable_crds_steppars=True, **parameters
    )


@pytest.fixture(scope="module")
def products(observation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("products")
    with observation.crds():
        run(observation, folder, save_results=True)
    return folder


def test_products_and_their_names(observation, products, tmp_path):
    name = observation.level3.name.removesuffix("_coron3_asn.json")
    exposures = [one.product("calints").name.removesuffix("_calints.fits") for one in observation.exposures]
    expected = {f"{name}_{suffix}.fits" for suffix in ("psfstack", "i2d")}
    expected |= {f"{one}_o001_crfints.fits" for one in exposures}
    expected |= {f"{one}_o001_{suffix}.fits" for one in exposures[:2] for suffix in ("psfalign", "psfsub")}
    assert {path.name for path in products.iterdir()} == expected
    header = fits.getheader(products / f"{name}_i2d.fits")
    assert [header[key] for key in ("S_KLIP", "S_RESAMP")] == ["COMPLETE", "COMPLETE"]
    assert fits.getheader(products / f"{name}_psfstack.fits")["S_PSFSTK"] == "COMPLETE"
    assert fits.getdata(products / f"{name}_psfstack.fits").shape[0] == REFERENCES
    psfsub = products / f"{exposures[0]}_o001_psfsub.fits"
    assert draw(psfsub, tmp_path / "left.png").stat().st_size > 50_000


def test_companions_are_where_they_are(observation, products):
    image, star = fits.getdata(next(products.glob("*_i2d.fits"))), observation.target
    from astropy.wcs import WCS

    wcs = WCS(fits.getheader(next(products.glob("*_i2d.fits")), "SCI"))
    for companion in observation.companions:
        angle = np.deg2rad(companion.position_angle)
        north, east = companion.separation * np.cos(angle) / 3600, companion.separation * np.sin(angle) / 3600
        x, y = wcs.all_world2pix(star[0] + east / np.cos(np.deg2rad(star[1] + north)), star[1] + north, 0)
        rows, columns = np.indices(image.shape)
        near = np.hypot(columns - x, rows - y) < 3
        light = np.where(near, image, 0)
        centre = (light * columns).sum() / light.sum() - x, (light * rows).sum() / light.sum() - y
        assert np.hypot(*centre) < 0.3
        assert image[near].max() > 20 * np.nanstd(image[:40])


def test_errors_of_what_is_left_tell_its_scatter_beside_companions_that_no_fit_sees(observation, tmp_path):
    excluded = [Place(one.separation, one.position_angle, 1.2) for one in observation.companions]
    words = "; ".join(" ".join(map(str, place)) for place in excluded)
    run(observation, tmp_path, steps={"klip": {"exclude": words}, "resample": {"skip": True}}, save_results=True)
    for path in sorted(tmp_path.glob("*_psfsub.fits")):
        exposure = open_exposure(path)
        star = Star.of(exposure, None)
        seen = ~np.any([pixels_at(place, exposure, star) for place in excluded], axis=0)
        assert 600 < (~seen).sum() < 900
        distance = star.distances(exposure)
        pulls = exposure.data / exposure.err
        for inner, outer in ((6, 20), (20, 40), (40, 110)):
            ring = pulls[:, seen & (distance >= inner) & (distance < outer)]
            assert 0.75 < 1.4826 * np.median(abs(ring - np.median(ring))) < 1.25


def test_other_rolls_as_references(observation, tmp_path):
    """Rolls alone: the stack has the integrations of the other roll, and the companions are there."""
    alone = association(observation, "rolls_asn.json", lambda members: members[:2])
    unflagged = {"outlier_detection": {"skip": True}}
    made = run(observation, tmp_path, alone, adi=True, steps=unflagged, save_results=True)
    assert fits.getdata(next(tmp_path.glob("*001001*_psfalign.fits"))).shape[0] == NINTS
    assert not list(tmp_path.glob("*_psfstack.fits"))
    assert np.nanmax(made.data) > 30 * np.nanstd(made.data[:40])
    run(observation, tmp_path, adi=True, steps=unflagged | {"resample": {"skip": True}}, save_results=True)
    assert fits.getdata(next(tmp_path.glob("*001001*_psfalign.fits"))).shape[0] == REFERENCES + NINTS


def test_without_a_psfmask_references_are_subtracted_where_they_are(observation, tmp_path, caplog):
    steps = {"align_refs": {"override_psfmask": "N/A"}, "outlier_detection": {"skip": True}, "resample": {"skip": True}}
    assert run(observation, tmp_path, steps=steps, save_results=True) is None
    assert "references stay where they are" in caplog.text
    assert sorted({path.stem.rpartition("_")[2] for path in tmp_path.iterdir()}) == ["psfstack", "psfsub"]
    for path in tmp_path.glob("*_psfsub.fits"):
        header = fits.getheader(path)
        assert (header["S_PSFALI"], header["S_KLIP"]) == ("SKIPPED", "COMPLETE")
        assert np.isfinite(fits.getdata(path)).all()


def test_steps_by_themselves_from_the_command_line(observation, products, tmp_path):
    calints = observation.exposures[0].product("calints")
    stack = next(products.glob("*_psfstack.fits"))
    assert main(["strun", "align_refs", str(calints), str(stack), f"--output_dir={tmp_path}"]) == 0
    (aligned,) = tmp_path.iterdir()
    assert aligned.name == calints.name.replace("calints", "alignrefsstep")
    assert main(["strun", "klip", str(calints), str(aligned), f"--output_dir={tmp_path}", "--truncate=2"]) == 0
    assert (tmp_path / calints.name.replace("calints", "klipstep")).is_file()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("no_psf", lambda members: members[:2], "has no reference stars, members of the exptype psf"),
        ("no_science", lambda members: members[2:], "names no science member"),
    ],
)
def test_missing_members_end_with_exit_code_1(observation, tmp_path, capsys, name, change, words):
    path = association(observation, f"{name}_asn.json", change)
    assert main(["strun", "calwebb_coron3", str(path), f"--output_dir={tmp_path}"]) == 1
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_exposure_by_itself_is_told_to_need_an_association(observation, tmp_path, capsys):
    calints = observation.exposures[0].product("calints")
    assert main(["strun", "calwebb_coron3", str(calints), f"--output_dir={tmp_path}"]) == 1
    assert "calwebb_coron3 takes an association" in capsys.readouterr().err


def test_members_of_other_filters_are_refused(observation, tmp_path, capsys):
    changed = observation.level3.parent / "other_calints.fits"
    with fits.open(observation.exposures[-1].product("calints")) as hdus:
        hdus[0].header["FILTER"] = "F1140C"
        hdus.writeto(changed, overwrite=True)
    path = association(
        observation, "mixed_asn.json", lambda members: [*members, {"expname": changed.name, "exptype": "psf"}]
    )
    assert main(["strun", "calwebb_coron3", str(path), f"--output_dir={tmp_path}"]) == 1
    assert "other_calints.fits: FILTER is F1140C, and F1550C in" in capsys.readouterr().err


def test_rates_are_refused(observation, tmp_path, capsys):
    rate = observation.exposures[0].path
    path = association(
        observation, "rates_asn.json", lambda members: [{"expname": rate.name, "exptype": "science"}, *members[2:]]
    )
    assert main(["strun", "calwebb_coron3", str(path), f"--output_dir={tmp_path}"]) == 1
    assert "has no world coordinates" in capsys.readouterr().err
