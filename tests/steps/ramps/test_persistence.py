"""The persistence step: when groups end, and the windows that go from one exposure to the next in a file."""

import asdf
import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure, InputError, OutputError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, PERSISTENCE, SATURATED
from gpucal.steps.ramps.persistence import PersistenceStep, end_of_groups
from tests.transfer import on_host

MJD = 59800.0
EPOCH = (MJD - 40587) * 86400


def ramp(start=MJD, detector="NRCA1"):
    model = datamodels.RampModel((2, 3, 3, 4))
    model.meta.instrument.detector = detector
    model.meta.filename = "old_uncal.fits"
    model.meta.exposure.start_time = start
    model.meta.exposure.integration_time = 40.0
    model.meta.exposure.group_time = 10.0
    return Exposure(model, "there/made_uncal.fits")


def saturated(**settings):
    exposure = ramp(**settings)
    exposure.groupdq[1, 2, 1, 1] = SATURATED
    return exposure


def process(exposure, **parameters):
    return PersistenceStep(**{"persistence_time": 100, **parameters}).process(exposure, {})


@pytest.mark.parametrize("duration", [None, 0, -5])
def test_without_a_length_of_window_it_is_skipped(duration):
    with pytest.raises(SkipStep, match="persistence_time"):
        process(saturated(), persistence_time=duration)


def test_groups_end_by_keywords():
    np.testing.assert_allclose(end_of_groups(ramp()) - EPOCH, [[10, 20, 30], [50, 60, 70]], rtol=0, atol=1e-5)


def test_groups_end_by_the_table_of_integrations():
    exposure = ramp()
    table = np.zeros(1, exposure.model.get_dtype("int_times"))
    table["int_start_MJD_UTC"] = MJD + 1
    exposure.model.int_times = table
    ends = end_of_groups(exposure) - EPOCH
    np.testing.assert_allclose(ends, [[86410, 86420, 86430], [50, 60, 70]], rtol=0, atol=1e-5)


def test_a_missing_keyword_is_named():
    exposure = ramp()
    exposure.meta.exposure.integration_time = None
    with pytest.raises(InputError, match="integration_time"):
        process(exposure)


def test_windows_go_on_in_the_next_exposure(tmp_path):
    first = process(saturated(), save_persistence=str(tmp_path / "windows.asdf"))
    np.testing.assert_array_equal(np.argwhere(on_host(first.groupdq) & PERSISTENCE), [[1, 2, 1, 1]])
    later = ramp(start=MJD + 80 / 86400)
    second = process(later, persistence_array_file=str(tmp_path / "windows.asdf"), persistence_dnu=True)
    # the window ends 170 s after the start of the first exposure, 90 s after that of the second
    flags = PERSISTENCE | DO_NOT_USE
    np.testing.assert_array_equal(on_host(second.groupdq)[:, :, 1, 1], np.full((2, 3), flags))
    assert np.count_nonzero(second.groupdq) == 6


def test_the_threshold_is_read():
    exposure = ramp()
    exposure.data[0, 1, 2, 3] = 900
    assert process(exposure, dn_threshold=800).groupdq[0, 1:, 2, 3].tolist() == [PERSISTENCE] * 2


def test_each_detector_has_its_windows_in_a_file(tmp_path):
    for detector in ("NRCA1", "NRCA2"):
        process(saturated(detector=detector), save_persistence=str(tmp_path / "windows.dat"))
    with asdf.open(tmp_path / "windows.asdf") as tree:
        for detector in ("NRCA1", "NRCA2"):
            windows = tree[detector]
            assert (windows["pers_time"], windows["filename"]) == (100, "made_uncal.fits")
            assert (list(windows["rows"]), list(windows["cols"])) == ([1], [1])
            np.testing.assert_allclose(windows["vals"], EPOCH + 170, rtol=0, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["windows.asdf"]


@pytest.mark.parametrize(
    "use", [{"persistence_time": 99}, {"detector": "NRCA2"}, {"persistence_array_file": "nothing.asdf"}]
)
def test_windows_of_no_use_are_left_out(tmp_path, use):
    path = str(tmp_path / "windows.asdf")
    process(saturated(), save_persistence=path)
    exposure = ramp(detector=use.pop("detector", "NRCA1"))
    assert not process(exposure, **{"persistence_array_file": path, **use}).groupdq.any()


def test_a_file_that_is_no_asdf_is_refused(tmp_path):
    (tmp_path / "windows.asdf").write_text("no windows")
    with pytest.raises(InputError, match="windows.asdf"):
        process(ramp(), persistence_array_file=str(tmp_path / "windows.asdf"))
    with pytest.raises(OutputError, match="windows.asdf"):
        process(ramp(), save_persistence=str(tmp_path / "windows.asdf"))
    assert (tmp_path / "windows.asdf").read_text() == "no windows"


def test_windows_of_a_larger_exposure_are_refused(tmp_path):
    path = str(tmp_path / "windows.asdf")
    process(saturated(), save_persistence=path)
    small = ramp()
    small.data = small.data[..., :1, :1].copy()
    with pytest.raises(InputError, match="no persistence windows for this exposure"):
        process(small, persistence_array_file=path)
