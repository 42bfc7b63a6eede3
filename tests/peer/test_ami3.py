"""Fringes agree with jwst: as it measures them, table by table."""

from dataclasses import replace

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.as_peer import VARIABLE
from gpucal.steps import AmiAnalyzeStep, AmiNormalizeStep
from tests.interferometry_cases import PLAN, calibrated

# Weights of wavelengths differ by 1e-4 of themselves, since jwst integrates steep edges of a filter in steps.
DEGREES, RELATIVE = 2e-4, 1e-4

PHASES = {"PISTONS", "PIST_ERR", "PISTON_T", "PISTON_C", "T3PHI", "VISPHI", "Q4PHI"}
TABLES = ("array", "target", "t3", "vis", "vis2", "q4", "wavelength")


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    return calibrated(tmp_path_factory.mktemp("observed"), replace(PLAN, nints=3))


def assert_same_tables(ours, theirs):
    for name in TABLES:
        mine, its = getattr(ours, name), getattr(theirs, name)
        assert mine.dtype.names == its.dtype.names
        for column in its.dtype.names:
            if its[column].dtype.kind in "SUb" or column == "FLAG":
                assert list(mine[column]) == list(its[column]), column
                continue
            assert mine[column].shape == its[column].shape, column
            is_angle = column.removesuffix("ERR") in PHASES
            bounds = {"atol": DEGREES if is_angle else 1e-9, "rtol": RELATIVE}
            np.testing.assert_allclose(mine[column], its[column], err_msg=f"{name} {column}", **bounds)


@pytest.mark.usefixtures("without_parameter_references")
def test_integrations_and_their_mean_are_as_jwst_measures_them(observation, peer_step, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    path = str(observation.of_role("science")[0].product("calints"))
    with observation.crds():
        theirs, ours = peer_step("ami_analyze", path), AmiAnalyzeStep.call(path)
    for mine, its in zip(ours[:2], theirs[:2], strict=True):
        assert_same_tables(mine, its)
        assert mine.meta.cal_step.ami_analyze == its.meta.cal_step.ami_analyze == "COMPLETE"
    for name in ("centered_image", "fit_image", "resid_image"):
        peak = np.nanmax(theirs[2].centered_image)
        mine, its = getattr(ours[2], name), getattr(theirs[2], name)
        assert (np.isnan(mine) == np.isnan(its)).all()
        np.testing.assert_allclose(mine, its, atol=1e-6 * peak, rtol=1e-5)
    np.testing.assert_allclose(
        ours[2].solns_table["coeffs"], theirs[2].solns_table["coeffs"], atol=2e-6, rtol=1e-4
    )
    normalized = [peer_step("ami_normalize", theirs[0], theirs[0]), AmiNormalizeStep.call(ours[0], ours[0])]
    assert_same_tables(normalized[1], normalized[0])


@pytest.mark.usefixtures("without_parameter_references")
def test_a_rate_image_and_the_search_for_a_turn_are_as_in_jwst(observation, peer_step, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    cube = datamodels.CubeModel(observation.of_role("science")[0].product("calints"))
    image = datamodels.ImageModel(data=cube.data[0], err=cube.err[0], dq=cube.dq[0])
    image.update(cube)
    changes = {"oversample": 1, "affine2d": "None", "rotation_search": "-2 2 2", "usebp": False}
    with observation.crds():
        theirs, ours = peer_step("ami_analyze", image, **changes), AmiAnalyzeStep.call(image, **changes)
    assert_same_tables(ours[0], theirs[0])
