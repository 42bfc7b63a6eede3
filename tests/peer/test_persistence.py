"""The persistence step agrees with the peer, in its flags and in its files."""

import asdf
import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import JUMP_DET, PERSISTENCE, SATURATED
from gpucal.steps.ramps.persistence import PersistenceStep


@pytest.fixture
def ramp(offline):
    """Three integrations with saturation and bright groups at random; times of two are in the table."""
    rng = np.random.default_rng(6)
    shape = (3, 6, 16, 17)
    model = datamodels.RampModel(shape)
    model.data = rng.uniform(0, 1000, shape).astype(np.float32)
    model.groupdq = rng.choice([0, SATURATED, JUMP_DET], shape, p=[0.9, 0.05, 0.05]).astype(np.uint8)
    model.meta.instrument.name = "NIRISS"
    model.meta.instrument.detector = "NIS"
    model.meta.filename = "made_uncal.fits"
    model.meta.exposure.start_time = 59800.3
    model.meta.exposure.integration_time = 77.5
    model.meta.exposure.group_time = 12.9
    table = np.zeros(2, model.get_dtype("int_times"))
    table["int_start_MJD_UTC"] = 59800.3, 59800.3 + 77.5 / 86400
    model.int_times = table
    return model


SETTINGS = [
    {"persistence_time": 20},
    {"persistence_time": 60, "persistence_dnu": True},
    {"persistence_time": 45, "dn_threshold": 900.7},
    {"persistence_time": 1000, "dn_threshold": 990.0},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("with_table", [True, False])
def test_flags(ramp, peer_step, settings, with_table):
    if not with_table:
        ramp.int_times = None
    theirs = peer_step("persistence", ramp, skip=False, **settings)
    compare(PersistenceStep.call(ramp, **settings), theirs).assert_agrees()
    assert 0 < (theirs.groupdq & PERSISTENCE > 0).mean() < 1


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("days_later", [0.002, -0.01])
def test_files(ramp, peer_step, tmp_path, monkeypatch, settings, days_later):
    """Each takes up the other's windows, and both write the same."""
    monkeypatch.chdir(tmp_path)
    PersistenceStep.call(ramp, save_persistence="ours.asdf", **settings)
    peer_step("persistence", ramp, save_persistence="theirs.asdf", **settings)
    assert_same_windows("ours.asdf", "theirs.asdf")

    ramp.int_times = None
    ramp.meta.exposure.start_time += days_later
    ours = PersistenceStep.call(
        ramp, persistence_array_file="theirs.asdf", save_persistence="ours_again.x", **settings
    )
    theirs = peer_step(
        "persistence", ramp, persistence_array_file="ours.asdf", save_persistence="theirs_again.x", **settings
    )
    compare(ours, theirs).assert_agrees()
    assert_same_windows("ours_again.asdf", "theirs_again.asdf")


def assert_same_windows(ours, theirs):
    with asdf.open(ours) as our_tree, asdf.open(theirs) as their_tree:
        our_windows, their_windows = our_tree["NIS"], their_tree["NIS"]
        assert set(our_windows) == set(their_windows)
        for name, value in their_windows.items():
            np.testing.assert_array_equal(our_windows[name], value)
        assert len(their_windows["vals"]) > 0


def test_a_file_of_two_detectors(ramp, peer_step, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for detector in ("NIS", "GUIDER1"):
        ramp.meta.instrument.detector = detector
        PersistenceStep.call(ramp, persistence_time=50, save_persistence="ours.asdf")
        peer_step("persistence", ramp, persistence_time=50, save_persistence="theirs.asdf")
    assert_same_windows("ours.asdf", "theirs.asdf")
    with asdf.open("ours.asdf") as ours:
        assert {"NIS", "GUIDER1"} <= set(ours.tree)


@pytest.mark.parametrize("settings", [{}, {"persistence_time": 0}])
def test_without_a_length_of_window_the_step_fails(ramp, peer_step, settings):
    theirs = peer_step("persistence", ramp, **settings)
    assert theirs.meta.cal_step.persistence == "FAILED"
    compare(PersistenceStep.call(ramp, **settings), theirs).assert_agrees()
