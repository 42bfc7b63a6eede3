"""calwebb_ami3 on simulated observations: which products there are, that they are valid, and the binary in them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from bench.truth.interferometry.__main__ import closures_of
from gpucal.cli.main import main
from gpucal.core import GpucalError, Step
from gpucal.data import InputError, open_exposure
from gpucal.pipelines import Ami3Pipeline
from gpucal.steps import AmiAnalyzeStep, AmiAverageStep, AmiNormalizeStep
from gpucal.steps.parts.interferometry.companion_search import Grid, data_of, search
from tests.interferometry_cases import PLAN, calibrated
from tests.oifits_rules import faults_of


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    return calibrated(tmp_path_factory.mktemp("binary"))


@pytest.fixture(scope="module")
def products(observation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("products")
    words = [
        "calwebb_ami3",
        str(observation.level3),
        f"--output_dir={folder}",
        "--steps.ami_analyze.save_results=true",
    ]
    with observation.crds():
        Step.from_cmdline(words)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture
def served(observation, monkeypatch):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    with observation.crds():
        yield observation


def science(observation):
    return datamodels.CubeModel(observation.of_role("science")[0].product("calints"))


def test_products_have_the_names_of_exposures_and_of_the_product(products):
    assert sorted(products) == [
        "jw01000-o001_t001_niriss_f480m-nrm-sub80_aminorm-oi.fits",
        "jw01000001001_03102_00001_nis_o001_ami-oi.fits",
        "jw01000001001_03102_00001_nis_o001_amilg.fits",
        "jw01000001001_03102_00001_nis_o001_amimulti-oi.fits",
        "jw01000002001_03102_00001_nis_o001_psf-ami-oi.fits",
        "jw01000002001_03102_00001_nis_o001_psf-amilg.fits",
        "jw01000002001_03102_00001_nis_o001_psf-amimulti-oi.fits",
    ]
    assert {name: faults_of(path) for name, path in products.items() if name.endswith("-oi.fits")} == {
        name: [] for name in products if name.endswith("-oi.fits")
    }


def test_closure_phases_are_those_of_the_binary(products):
    with fits.open(next(path for name, path in products.items() if "aminorm" in name)) as hdus:
        table = hdus["OI_T3"].data
        expected = closures_of(table, hdus["OI_WAVELENGTH"].data["EFF_WAVE"][0], PLAN)
        pulls = (table["T3PHI"] - expected) / table["T3PHIERR"]
        assert np.abs(expected).max() > 3
        assert np.abs(table["T3PHI"] - expected).max() < 1.5
        assert 0.5 < np.sqrt(np.mean(pulls**2)) < 2.0
        quadrangles = hdus["OI_Q4"].data
        for axis in "UV":  # a quadrangle closes
            sides = np.sum([quadrangles[f"{axis}{number}COORD"] for number in (1, 2, 3, 4)], axis=0)
            np.testing.assert_allclose(sides, 0, atol=1e-12)
        assert hdus[0].header["CALIB"] == "SIMULATED-REFERENCE"
        assert hdus[0].header["S_AMINOR"] == "COMPLETE"


def test_phases_of_quadrangles_do_not_depend_on_the_mirror(products):
    """The mirror of the reference star is off by 40 nm, which moves the phases of baselines by degrees."""
    with fits.open(next(path for name, path in products.items() if "psf-ami-oi" in name)) as hdus:
        assert np.std(hdus["OI_VIS"].data["VISPHI"]) > 2
        assert np.std(hdus["OI_Q4"].data["Q4PHI"]) < 0.9
        assert np.std(hdus["OI_T3"].data["T3PHI"]) < 0.9


def test_integrations_are_rows_of_their_own(products):
    with fits.open(products["jw01000001001_03102_00001_nis_o001_amimulti-oi.fits"]) as hdus:
        assert len(hdus["OI_T3"].data) == 35 * PLAN.nints
        days = hdus["OI_T3"].data["MJD"].reshape(PLAN.nints, 35)
        assert (np.diff(days[:, 0]) > 0).all()
        assert (np.ptp(days, axis=1) == 0).all()
        assert hdus[0].header["EXPSTART"] < days[0, 0] < days[-1, 0] < hdus[0].header["EXPEND"]
        assert (hdus["OI_T3"].data["T3PHIERR"] > 0).all()
    with fits.open(products["jw01000001001_03102_00001_nis_o001_amilg.fits"]) as hdus:
        assert hdus["FIT"].data.shape == hdus["CTRD"].data.shape == (PLAN.nints, 71, 71)
        assert np.nanstd(hdus["N_RESID"].data) < 0.005
        np.testing.assert_array_equal(hdus["SOLNS"].data["coeffs"][:, 0], 1.0)


def test_the_companion_is_found(products):
    path = next(path for name, path in products.items() if "aminorm" in name)
    _, best = search(data_of(open_exposure(path), "phases"), Grid.of((40, 400, 20), 60, (1e-3, 0.5, 20)))
    assert abs(best.separation - 1000 * PLAN.separation) < 8
    assert abs(best.angle - PLAN.position_angle) < 2
    assert abs(best.contrast - PLAN.contrast) < 0.006
    assert best.significance > 20


def association(observation, folder, science, psf, name="pairs"):
    """An association of exposures of this observation, with copies of them where one is named twice."""
    members, copies = [], {"science": science, "psf": psf}
    for role, count in copies.items():
        for number in range(count):
            given = observation.of_role(role)[0].product("calints")
            path = folder / given.name.replace("_00001_", f"_{number + 1:05d}_")
            path.write_bytes(given.read_bytes())
            members.append({"expname": path.name, "exptype": role})
    table = {"asn_type": "ami3", "asn_id": "a3001", "products": [{"name": name, "members": members}]}
    path = folder / f"{name}_asn.json"
    path.write_text(json.dumps(table))
    return path


@pytest.mark.parametrize(
    ("counts", "pairs"),
    [
        ((2, 2), {"jw01000001001_03102_00001_nis_a3001", "jw01000001001_03102_00002_nis_a3001"}),
        (
            (1, 2),
            {
                "jw01000001001_03102_00001_nis_jw01000002001_03102_00001_nis_a3001",
                "jw01000001001_03102_00001_nis_jw01000002001_03102_00002_nis_a3001",
            },
        ),
    ],
)
def test_no_pair_overwrites_another(counts, pairs, served, tmp_path):
    path = association(served, tmp_path, *counts)
    Ami3Pipeline.call(path, output_dir=str(tmp_path / "out"), save_results=True, steps=QUICK)
    made = {one.name for one in (tmp_path / "out").glob("*_aminorm-oi.fits")}
    assert made == {"pairs_aminorm-oi.fits", *(f"{name}_aminorm-oi.fits" for name in pairs)}
    assert faults_of(tmp_path / "out" / "pairs_aminorm-oi.fits") == []
    with fits.open(tmp_path / "out" / "pairs_aminorm-oi.fits") as hdus:
        assert len(hdus["OI_T3"].data) == 70


QUICK = {"ami_analyze": {"oversample": 1, "firstfew": 2, "run_bpfix": False}}


def test_averages_come_before_normalization_if_they_are_asked_for(served, tmp_path):
    path = association(served, tmp_path, 2, 1)
    steps = QUICK | {"ami_average": {"skip": False}, "ami_normalize": {"suffix": "aminorm"}}
    steps["ami_analyze"] = steps["ami_analyze"] | {"suffix": "ami"}
    Ami3Pipeline.call(path, output_dir=str(tmp_path / "out"), save_results=True, steps=steps)
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "jw01000001001_03102_00001_nis_a3001_ami.fits",
        "jw01000001001_03102_00002_nis_a3001_ami.fits",
        "jw01000002001_03102_00001_nis_a3001_psf-ami.fits",
        "pairs_amiavg.fits",
        "pairs_aminorm.fits",
        "pairs_psf-amiavg.fits",
    ]
    assert faults_of(tmp_path / "out" / "pairs_amiavg.fits") == []


def test_without_a_reference_star_nothing_is_normalized(served, tmp_path):
    path = association(served, tmp_path, 1, 0)
    assert Ami3Pipeline.call(path, output_dir=str(tmp_path / "out"), save_results=True, steps=QUICK) is None
    assert [one.name for one in (tmp_path / "out").iterdir()] == [
        "jw01000001001_03102_00001_nis_a3001_ami-oi.fits"
    ]


def test_filters_that_are_mixed_are_not_paired(served, tmp_path, caplog):
    path = association(served, tmp_path, 1, 1)
    other = tmp_path / "jw01000002001_03102_00001_nis_calints.fits"
    fits.setval(other, "FILTER", value="F430M")
    steps = {
        "ami_analyze": QUICK["ami_analyze"] | {"override_throughput": str(served.references["throughput"])}
    }
    assert Ami3Pipeline.call(path, output_dir=str(tmp_path / "out"), save_results=True, steps=steps) is None
    assert "no reference star in filter F480M" in caplog.text


def analyzed(model, **parameters):
    return AmiAnalyzeStep.call(model, **{"oversample": 1, "run_bpfix": False} | parameters)


def test_one_integration_has_errors_from_its_pixels(served):
    model = science(served)
    one = analyzed(model, firstfew=1).mean
    several = analyzed(model).mean
    assert (one.t3["T3PHIERR"] > 0).all()
    ratio = np.median(one.t3["T3PHIERR"]) / np.median(several.t3["T3PHIERR"])
    assert 0.7 < ratio / np.sqrt(PLAN.nints) < 3
    image = datamodels.ImageModel(data=model.data[0], err=model.err[0], dq=model.dq[0])
    image.update(model)
    np.testing.assert_allclose(analyzed(image).mean.t3["T3PHI"], one.t3["T3PHI"], atol=1e-9)


def test_holes_can_be_chosen(served):
    made = analyzed(science(served), chooseholes="B4, C2, b6, B2").mean
    assert [len(made.vis), len(made.t3), len(made.q4), len(made.array)] == [6, 4, 1, 4]
    assert made.array["STA_INDEX"].tolist() == [1, 2, 6, 4]
    three = analyzed(science(served), chooseholes="['B4','C2','B6']").mean
    assert [len(three.vis), len(three.t3)] == [3, 1]
    for wrong in ("B4, B5, X1", "B4, B4, C2", "B4, B5"):
        with pytest.raises(GpucalError, match="chooseholes"):
            analyzed(science(served), chooseholes=wrong)


def test_nan_and_flags_do_not_reach_what_is_measured(served):
    model = science(served)
    clean = analyzed(model).mean
    model.data[:, 40, 44] = np.nan
    model.data[1, 30, 30] = np.nan
    model.dq[:, 45, 50] = 1
    model.data[:, 45, 50] = 1e6
    for parameters in ({}, {"usebp": False, "run_bpfix": True}):
        made = analyzed(model, **parameters).mean
        assert np.abs(made.t3["T3PHI"] - clean.t3["T3PHI"]).max() < 1.5


def test_a_plane_without_pixels_is_left_out(served):
    model = science(served)
    model.data[2] = np.nan
    made = analyzed(model)
    np.testing.assert_allclose(
        made.mean.t3["T3PHI"], analyzed(np_without(model, 2)).mean.t3["T3PHI"], atol=1e-6
    )
    flags = made.each.t3["FLAG"].reshape(PLAN.nints, 35)
    assert flags.all(1).tolist() == [number == 2 for number in range(PLAN.nints)]
    model.dq[:] = 1
    model.dq[:, 39:42, 38:42] = 0
    with pytest.raises(InputError, match="no integration has as many good pixels"):
        analyzed(model)
    model.dq[:] = 1
    with pytest.raises(InputError, match="holds no star"):
        analyzed(model)


def np_without(model, plane):
    kept = [number for number in range(PLAN.nints) if number != plane]
    other = datamodels.CubeModel(data=model.data[kept], err=model.err[kept], dq=model.dq[kept])
    other.update(model)
    return other


def test_a_spike_in_one_of_few_integrations_is_found(served):
    model = science(served)
    clean = analyzed(model, run_bpfix=False).mean
    model.data[1, 41, 42] += 3000
    spoilt = analyzed(model, run_bpfix=False).mean
    assert np.abs(spoilt.t3["T3PHI"] - clean.t3["T3PHI"]).max() < 0.3


def test_a_turn_is_found(served):
    made = analyzed(science(served), affine2d="None", rotation_search="-3 3 1.5")
    assert np.abs(made.mean.t3["T3PHI"]).max() < 30


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"oversample": 2}, "oversample has to be an odd number"),
        ({"firstfew": 0}, "firstfew has to be 1 at least"),
        ({"bandpass": "nowhere.asdf"}, "nowhere.asdf: no such file"),
        ({"affine2d": "nowhere.asdf"}, "nowhere.asdf: no such file"),
        ({"affine2d": "None", "rotation_search": "3"}, "rotation_search"),
        ({"affine2d": "None", "psf_offset": "x"}, "psf_offset"),
    ],
)
def test_parameters_that_will_not_do_are_told(served, parameters, message):
    with pytest.raises(GpucalError, match=message):
        analyzed(science(served), **parameters)


def test_without_throughput_the_step_is_told_to_lack_it(served, capsys):
    path = served.of_role("science")[0].product("calints")
    assert main(["strun", "ami_analyze", str(path), "--override_throughput=nowhere.fits"]) == 1
    assert "throughput reference nowhere.fits: no such file" in capsys.readouterr().err.replace(
        "/", ""
    ).replace("\n", " ")


def test_normalizing_by_itself_leaves_nothing(products):
    path = products["jw01000001001_03102_00001_nis_o001_ami-oi.fits"]
    made = AmiNormalizeStep.call(path, path)
    np.testing.assert_array_equal(made.t3["T3PHI"], 0)
    np.testing.assert_array_equal(made.vis2["VIS2DATA"], 1)
    np.testing.assert_array_equal(made.q4["Q4AMP"], 0)
    with fits.open(path) as hdus:
        relative = hdus["OI_VIS2"].data["VIS2ERR"] / hdus["OI_VIS2"].data["VIS2DATA"]
        np.testing.assert_allclose(made.vis2["VIS2ERR"], np.sqrt(2) * relative)
    with pytest.raises(GpucalError, match="takes two inputs"):
        AmiNormalizeStep.call([path])


def test_averages_are_weighted_and_phases_are_directions(products):
    path = products["jw01000001001_03102_00001_nis_o001_ami-oi.fits"]
    one, other = datamodels.AmiOIModel(path), datamodels.AmiOIModel(path)
    one.t3["T3PHI"][:], other.t3["T3PHI"][:] = 179.0, -179.0
    one.t3["T3PHIERR"][:], other.t3["T3PHIERR"][:] = 1.0, 1.0
    one.vis["VISAMP"][:], other.vis["VISAMP"][:] = 1.0, 4.0
    one.vis["VISAMPERR"][:], other.vis["VISAMPERR"][:] = 1.0, 2.0
    made = AmiAverageStep.call([one, other])
    np.testing.assert_allclose(np.abs(made.t3["T3PHI"]), 180.0)
    np.testing.assert_allclose(made.t3["T3PHIERR"], 1.0)
    np.testing.assert_allclose(made.vis["VISAMP"], 1.6)
    np.testing.assert_allclose(made.vis["VISAMPERR"], 1.2)  # the scatter, larger than 2 / sqrt(5)
    other.t3["T3PHIERR"][:] = np.nan
    np.testing.assert_allclose(np.abs(AmiAverageStep.call([one, other]).t3["T3PHI"]), 180.0)
    other.vis["UCOORD"][:] += 0.5
    with pytest.raises(InputError, match="only exposures at one roll"):
        AmiAverageStep.call([one, other])
    other.wavelength["EFF_WAVE"][:] = 3.8e-6
    with pytest.raises(InputError, match="different filters"):
        AmiAverageStep.call([one, other])


def test_ramps_are_simulated_too(tmp_path):
    from gpucal.simulate import observe_interferometer

    made = observe_interferometer(
        tmp_path, replace(PLAN, nints=1, references=0, contrast=0.0), rates=False, ngroups=3
    )
    with fits.open(made.exposures[0].path) as hdus:
        assert hdus[0].header["EXP_TYPE"] == "NIS_AMI"
        assert hdus["SCI"].data.shape == (1, 3, 80, 80)
