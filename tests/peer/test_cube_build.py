"""Our cube_build against that of jwst, on the same exposures and reference."""

import re

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps import CubeBuildStep
from tests.cube_exposures import cube_exposure, cubepar


@pytest.fixture(scope="module")
def case(request, tmp_path_factory):
    """Two exposures and the reference, as files."""
    folder = tmp_path_factory.mktemp(request.param)
    exposures = [cube_exposure(request.param, number) for number in (1, 2)]
    return request.param, exposures, cubepar(request.param).save(folder / "cubepar.fits")


# How many exposures, and parameters.
WAYS = [
    (1, {}),
    (1, {"weighting": "msm", "weight_power": 0.0, "roiw": 0.003, "wavemin": 2.92, "wavemax": 7.53, "scalew": 0.002}),
    (1, {"weighting": "emsm", "linear_wave": False}),
    (2, {"output_type": "multi", "weighting": "msm", "coord_system": "ifualign"}),
    (2, {"output_type": "multi", "coord_system": "world", "cube_pa": 40.0, "scalexy": 0.15}),
    (2, {"ra_center": 150.0001, "dec_center": -35.0001, "nspax_x": 20, "nspax_y": 15, "skip_dqflagging": True}),
]


CASES = [("MIRI", *way) for way in WAYS] + [("NIRSPEC", *way) for way in (WAYS[0], WAYS[2], WAYS[5])]


@pytest.mark.parametrize(("case", "count", "parameters"), CASES, indirect=["case"])
def test_cubes_are_those_of_jwst(case, offline, peer_step, monkeypatch, tmp_path, count, parameters):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    monkeypatch.chdir(tmp_path)
    _, exposures, reference = case
    given = [exposure.copy() for exposure in exposures[:count]]
    for exposure in given[: count - 1 and count]:
        exposure.meta.asn.exptype = "SCIENCE"  # as those of an association have it
    ours = CubeBuildStep.call(given if count > 1 else given[0], override_cubepar=reference, **parameters)
    theirs = peer_step("cube_build", contained(given), override_cubepar=reference, **parameters)
    ours = ours if isinstance(ours, list) else [ours]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert np.isfinite(other.data).any()
        assert count > 1 or one.meta.filename == other.meta.filename
        compare(one, other).assert_agrees()


def test_the_cube_of_the_slicer_is_that_of_jwst(offline, peer_step, monkeypatch, tmp_path):
    """But for S_REGION and the area of a spaxel, which jwst makes of metres, and wavelengths added up in float32."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    exposure, reference = cube_exposure("NIRSPEC"), cubepar("NIRSPEC").save(tmp_path / "cubepar.fits")
    parameters = {"coord_system": "internal_cal", "override_cubepar": reference, "skip_dqflagging": True}
    ours = CubeBuildStep.call(exposure, **parameters)
    (theirs,) = peer_step("cube_build", exposure, **parameters)
    free = re.compile(".*(S_REGION|s_region|PIXAR_.*|pixelarea_.*|CRVAL3|crval3)")
    compare(ours, theirs).apart_from(free).assert_agrees()


def contained(models):
    """One model, or a container of several with the name of their product."""
    from jwst.datamodels import ModelContainer

    if len(models) == 1:
        return models[0]
    container = ModelContainer(models)
    container.asn_table["products"] = [{"name": "product"}]
    return container
