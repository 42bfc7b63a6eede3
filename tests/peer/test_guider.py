"""Guide star processing agrees with the peer's in all functions, in every extension and keyword."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from jwst.flatfield import FlatFieldStep as PeerFlatField
from jwst.pipeline import GuiderPipeline as PeerGuider
from stdatamodels.jwst import datamodels

from bench.agreement import compare_folders
from gpucal.pipelines.guider import GuiderPipeline
from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.guider import simulate_guide_star
from gpucal.simulate.guider_references import GuiderPixels, provide_references
from gpucal.steps.images.flat_field import FlatFieldStep

DATA = Path(__file__).parents[1] / "files"
FLIGHT_EXPOSURE = DATA / "exposures" / "jw01019001001_gs-acq1_2022117003102_uncal.fits"

FUNCTIONS = {
    "id-image": {"shape": (40, 24)},
    "id-stack": {"shape": (40, 24)},
    "acq1": {"shape": (20, 32)},
    "acq2": {},
    "track": {"nints": 7},
    "fineguide": {"nints": 30},
}
SAVED = {name: {"save_results": True} for name in ("dq_init", "guider_cds")}


@pytest.fixture
def both(tmp_path):
    """Run ours and theirs, each with a folder for its products; gives both folders."""

    def run(source, classes=(GuiderPipeline, PeerGuider), **parameters):
        folders = [tmp_path / "ours", tmp_path / "theirs"]
        for folder, its in zip(folders, classes, strict=True):
            its.call(source, output_dir=str(folder), save_results=True, **parameters)
        return folders

    return run


def assert_products_agree(folders, *suffixes):
    agreements = compare_folders(*folders)
    assert len(agreements) == len(suffixes)
    for name, agreement in agreements.items():
        assert name.endswith(tuple(f"_{suffix}.fits" for suffix in suffixes))
        agreement.assert_agrees()


@pytest.fixture
def simulated_guide_star(tmp_path, without_parameter_references):
    """Simulate an exposure of a guide star function."""

    def make(function, guider=1, **settings):
        template = DATA / "headers" / f"fgs_{function}_guider{guider}.fits"
        return simulate_guide_star(tmp_path, template, **FUNCTIONS[function] | settings)

    return make


@pytest.mark.parametrize("function", FUNCTIONS)
def test_all_functions(simulated_guide_star, both, function):
    simulation = simulated_guide_star(function, guider=1 + list(FUNCTIONS).index(function) % 2)
    with simulation.crds():
        folders = both(str(simulation.exposure), steps=SAVED)
    assert_products_agree(folders, "dq_init", "guider_cds", "cal")
    ours, theirs = (datamodels.open(next(folder.glob("*_cal.fits"))) for folder in folders)
    np.testing.assert_allclose(ours.var_flat, theirs.var_flat, rtol=1e-5)
    assert np.nanmax(theirs.data) > 1000


def test_a_flight_exposure(tmp_path, without_parameter_references, both):
    header = fits.getheader(FLIGHT_EXPOSURE)
    rng = np.random.default_rng(1)
    shape = (header["SUBSIZE2"], header["SUBSIZE1"])
    means = {"gain": 1.9, "read_noise": 8.0, "bias": 0.0, "flat": 1.0}
    pixels = GuiderPixels(**{name: mean * rng.normal(1, 0.05, shape) for name, mean in means.items()})
    cache = CrdsCache(tmp_path / "crds_cache")
    provide_references(cache, header, pixels, rng)
    with crds_environment(cache.environment()):
        folders = both(str(FLIGHT_EXPOSURE), steps=SAVED)
    assert_products_agree(folders, "dq_init", "guider_cds", "cal")
    names = {path.name for path in folders[1].iterdir()}
    assert "jw01019001001_gs-acq1_2022117003102_cal.fits" in names


@pytest.mark.parametrize("missing", ["mask", "gain", "readnoise", "flat"])
def test_a_missing_reference(simulated_guide_star, both, missing):
    step = {"mask": "dq_init", "flat": "flat_field"}.get(missing, "guider_cds")
    steps = {"flat_field": {"skip": step == "guider_cds"}}
    steps[step] = steps.get(step, {}) | {f"override_{missing}": "N/A"}
    simulation = simulated_guide_star("acq2")
    with simulation.crds():
        assert_products_agree(both(str(simulation.exposure), steps=steps), "cal")


def test_flags_of_the_user(simulated_guide_star, both, tmp_path):
    simulation = simulated_guide_star("acq2")
    flags = np.random.default_rng(3).choice([0, 1, 4], (32, 32)).astype(np.int16)
    fits.writeto(tmp_path / "mine.fits", flags)
    steps = {"dq_init": {"user_supplied_dq": str(tmp_path / "mine.fits")}}
    with simulation.crds():
        assert_products_agree(both(str(simulation.exposure), steps=steps), "cal")


@pytest.mark.parametrize(
    ("parameters", "saved"),
    [
        ({"inverse": True}, ("flatfieldstep",)),
        ({"save_interpolated_flat": True}, ("flatfieldstep", "interpolatedflat")),
        ({"user_supplied_flat": "mine.fits"}, ("flatfieldstep",)),
    ],
    ids=str,
)
def test_flat_field_by_itself(simulated_guide_star, both, tmp_path, monkeypatch, parameters, saved):
    monkeypatch.chdir(tmp_path)
    simulation = simulated_guide_star("acq1")
    Path("mine.fits").write_bytes(simulation.references["flat"].read_bytes())
    with simulation.crds():
        rates = GuiderPipeline.call(simulation.exposure, steps={"flat_field": {"skip": True}})
        rates.save("made_guider_cds.fits")
        folders = both("made_guider_cds.fits", (FlatFieldStep, PeerFlatField), **parameters)
    assert_products_agree(folders, *saved)
