"""The cache serves each exposure its references, with no server."""

from dataclasses import replace

import asdf
import crds
import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.simulate import Effects, ReferenceOptions, references, simulate

STAGE_1_TYPES = [
    "dark", "emicorr", "gain", "ipc", "linearity", "mask", "readnoise", "refpix", "reset", "rscd",
    "saturation", "sirskernel", "superbias", "flat", "pastasoss", "pictureframe",
]
PARAMETER_TYPES = [
    "pars-detector1pipeline", "pars-dqinitstep", "pars-saturationstep", "pars-ipcstep", "pars-superbiasstep",
    "pars-refpixstep", "pars-linearitystep", "pars-darkcurrentstep", "pars-chargemigrationstep",
    "pars-jumpstep", "pars-persistencestep", "pars-rampfitstep", "pars-gainscalestep", "pars-groupscalestep",
    "pars-pictureframestep", "pars-cleanflickernoisestep", "pars-firstframestep", "pars-lastframestep",
    "pars-resetstep", "pars-rscdstep", "pars-emicorrstep",
]


def best_references(simulation, types):
    """What crds chooses for a simulation, type -> path or "N/A"."""
    with simulation.crds(), datamodels.open(simulation.exposure) as model:
        found = crds.getreferences(model.get_crds_parameters(), reftypes=types, observatory="jwst")
    return {kind: "N/A" if path.upper().startswith("NOT FOUND N/A") else path for kind, path in found.items()}


@pytest.mark.parametrize(
    ("detector", "subarray"),
    [("NRCB1", "SUB64P"), ("NIS", "SUB80"), ("NIS", "SUBSTRIP96"), ("NRS1", "SUB32"), ("GUIDER1", "SUB32CNTR"),
     ("MIRIMAGE", "SUB64")],
)
def test_every_type_of_stage_1_is_found_or_does_not_apply(tmp_path, detector, subarray):
    simulation = simulate(tmp_path, detector=detector, subarray=subarray, ngroups=3)
    types = STAGE_1_TYPES + PARAMETER_TYPES
    expected = {kind: str(simulation.references.get(kind, "N/A")) for kind in types}
    assert best_references(simulation, types) == expected


def test_one_cache_serves_several_detectors(tmp_path):
    cache = tmp_path / "cache"
    settings = [("NRCB1", "SUB64P", 3), ("NRCB1", "SUB64P", 5), ("NRCA1", "SUB160", 3), ("NIS", "SUB64", 3)]
    simulations = [
        simulate(tmp_path, detector=detector, subarray=subarray, ngroups=ngroups, cache=cache)
        for detector, subarray, ngroups in settings
    ]
    for simulation in simulations:
        simulation = replace(simulation, context=simulations[-1].context)
        found = best_references(simulation, list(simulation.references))
        assert found == {kind: str(path) for kind, path in simulation.references.items()}


def test_an_earlier_context_keeps_its_references(tmp_path):
    cache = tmp_path / "cache"
    plain = simulate(tmp_path, detector="NRCB1", subarray="SUB64P", effects=Effects.none(), cache=cache)
    full = simulate(tmp_path, detector="NRCB1", subarray="SUB64P", cache=cache)
    again = simulate(tmp_path, detector="NRCB1", subarray="SUB64P", seed=9, cache=cache)
    assert plain.context != full.context == again.context
    assert plain.references["superbias"] != full.references["superbias"] == again.references["superbias"]
    for simulation in (plain, full, plain):
        found = best_references(simulation, ["superbias", "gain"])
        assert found["superbias"] == str(simulation.references["superbias"])


def test_cache_may_be_read_only_and_elsewhere(tmp_path):
    simulation = simulate(tmp_path / "a", detector="NRCB1", subarray="SUB64P", cache=tmp_path / "b" / "c")
    for path in simulation.cache.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    found = best_references(simulation, ["dark"])
    assert found["dark"] == str(simulation.references["dark"])
    assert simulation.cache == tmp_path / "b" / "c"


def test_parameter_references(tmp_path):
    step, pipeline = "jwst.jump.jump_step.JumpStep", "jwst.pipeline.calwebb_detector1.Detector1Pipeline"
    parameters = {
        step: {"rejection_threshold": 5.0},
        pipeline: {"save_calibrated_ramp": True, "steps": {"ipc": {"skip": True}}},
    }
    simulation = simulate(
        tmp_path, detector="NRCB1", subarray="SUB64P", references=ReferenceOptions(parameters=parameters)
    )
    found = best_references(simulation, ["pars-jumpstep", "pars-detector1pipeline"])
    with asdf.open(found["pars-jumpstep"]) as file:
        assert file["class"] == step and file["parameters"] == {"rejection_threshold": 5.0}
    with asdf.open(found["pars-detector1pipeline"]) as file:
        assert file["parameters"] == {"save_calibrated_ramp": True}
        assert file["steps"] == [{"class": "", "name": "ipc", "parameters": {"skip": True}}]


def test_full_frame_references_hold_the_subarray(tmp_path, monkeypatch):
    kinds = ("gain", "dark", "superbias")
    monkeypatch.setattr(references, "TYPES", {kind: references.TYPES[kind] for kind in kinds})
    options = dict(detector="NRCB1", subarray="SUB64P", ngroups=2)
    exact = simulate(tmp_path / "exact", **options)
    full = simulate(tmp_path / "full", references=ReferenceOptions(full_frame=True), **options)
    header = fits.getheader(exact.exposure)
    y, x = header["SUBSTRT2"] - 1, header["SUBSTRT1"] - 1
    whole, part = fits.getdata(full.references["gain"], "SCI"), fits.getdata(exact.references["gain"], "SCI")
    assert whole.shape == (2048, 2048) and fits.getheader(full.references["gain"])["SUBARRAY"] == "FULL"
    np.testing.assert_array_equal(whole[y : y + 64, x : x + 64], part)
    for kind in ("dark", "superbias"):
        assert fits.getheader(full.references[kind])["SUBARRAY"] == "SUB64P"


@pytest.mark.parametrize("averaged", [False, True])
def test_dark_covers_the_exposure(tmp_path, averaged):
    simulation = simulate(
        tmp_path, detector="NRCB1", subarray="SUB64P", readpatt="SHALLOW4", ngroups=3,
        references=ReferenceOptions(averaged_dark=averaged),
    )
    with datamodels.DarkModel(simulation.references["dark"]) as dark:
        exposure = dark.meta.exposure
        found = (exposure.nframes, exposure.groupgap, exposure.ngroups, dark.data.shape[0])
        assert found == ((4, 1, 3, 3) if averaged else (1, 0, 14, 14))
        frames = np.array([2.5, 7.5, 12.5]) if averaged else np.arange(1, 15)
        expected = dark.data[0] * (frames / frames[0])[:, None, None]
        np.testing.assert_allclose(dark.data, expected, rtol=1e-6)
