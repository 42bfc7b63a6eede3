"""Outliers of integral fields: what is told and refused, and members that are read one by one."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.kernels.flags.dqflags import OUTLIER
from gpucal.steps.mosaics.outlier_detection import OutlierDetectionStep
from gpucal.steps.parts.outliers.ifu import window_of


def field(seed, shape=(30, 40), detector="MIRIFUSHORT"):
    rng = np.random.default_rng(seed)
    model = datamodels.IFUImageModel(data=rng.gamma(2, 5, shape).astype(np.float32))
    model.err = np.ones(shape, np.float32)
    model.dq = np.zeros(shape, np.uint32)
    model.data[10, 10] = 500
    model.meta.filename = f"field{seed}_cal.fits"
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", detector
    model.meta.exposure.type = "MIR_MRS"
    return model


def test_the_share_is_told(caplog):
    with caplog.at_level(logging.INFO, "gpucal"):
        flagged = OutlierDetectionStep.call([field(1), field(2)], threshold_percent=99, ifu_second_check=True)
    assert all(model.dq[10, 10] & OUTLIER and np.isnan(model.data[10, 10]) for model in flagged)
    found = int((flagged[0].dq & OUTLIER > 0).sum())
    (line,) = [line for line in caplog.messages if "stand out" in line]
    assert line.startswith(f"MIRIFUSHORT: {found} pixels ({100 * found / 1200:.2f}%) stand out by more than")
    assert "which is the percentile 99 of all" in line


def test_members_are_read_one_by_one(tmp_path):
    paths = []
    for seed in range(4):
        field(seed).save(tmp_path / f"field{seed}_cal.fits")
        paths.append(str(tmp_path / f"field{seed}_cal.fits"))
    kept, read = (OutlierDetectionStep.call(paths, in_memory=in_memory) for in_memory in (True, False))
    for one, other in zip(kept, read, strict=True):
        np.testing.assert_array_equal(one.dq, other.dq)
        np.testing.assert_array_equal(one.data, other.data)


def test_shapes_of_a_detector_are_the_same():
    with pytest.raises(GpucalError, match=r"field2_cal.fits has shape \(30, 41\), and field1_cal.fits of the same det"):
        OutlierDetectionStep.call([field(1), field(2, (30, 41))])
    assert len(OutlierDetectionStep.call([field(1), field(2, (30, 41), "MIRIFULONG")])) == 2


@pytest.mark.parametrize("text", ["7", "7 7 7", "a b", "0 7", "7 7.5"])
def test_a_window_is_two_whole_numbers(text):
    with pytest.raises(GpucalError, match="kernel_size is two whole numbers from 1 on, such as '7 7', not"):
        OutlierDetectionStep.call([field(1), field(2)], kernel_size=text)


def test_sides_become_odd(caplog):
    with caplog.at_level(logging.WARNING, "gpucal"):
        assert window_of("4 9") == (5, 9)
    assert "so 5 and 9 are used" in caplog.text


def test_a_percentile_is_one():
    with pytest.raises(GpucalError, match="threshold_percent is 101.0; it has to be from 0 to 100"):
        OutlierDetectionStep.call([field(1), field(2)], threshold_percent=101)
